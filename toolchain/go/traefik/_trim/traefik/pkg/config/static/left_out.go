package static

import "fmt"

// LeftOut takes the settings of a provider that was left out of this build, whatever they are.
type LeftOut map[string]any

// validateLeftOut refuses what this build lacks: see toolchain/README.md.
func (c *Configuration) validateLeftOut() error {
	if p := c.Providers; p != nil {
		for name, settings := range map[string]LeftOut{
			"docker": p.Docker, "swarm": p.Swarm, "ecs": p.Ecs, "nomad": p.Nomad,
			"kubernetesIngress": p.KubernetesIngress, "kubernetesIngressNGINX": p.KubernetesIngressNGINX,
			"kubernetesCRD": p.KubernetesCRD, "kubernetesGateway": p.KubernetesGateway, "knative": p.Knative,
			"consul": p.Consul, "consulCatalog": p.ConsulCatalog, "etcd": p.Etcd, "zooKeeper": p.ZooKeeper,
			"redis": p.Redis,
		} {
			if settings != nil {
				return leftOut("providers." + name)
			}
		}
	}
	for name, resolver := range c.CertificatesResolvers {
		if resolver.ACME != nil && resolver.ACME.DNSChallenge != nil {
			return leftOut("certificatesResolvers." + name + ".acme.dnsChallenge")
		}
	}
	if c.Metrics != nil && c.Metrics.InfluxDB2 != nil {
		return leftOut("metrics.influxDB2")
	}
	if c.Experimental != nil && len(c.Experimental.Plugins)+len(c.Experimental.LocalPlugins) > 0 {
		return leftOut("experimental.plugins and experimental.localPlugins")
	}
	return nil
}

func leftOut(setting string) error {
	return fmt.Errorf("%s: left out of this build of Traefik, which was compiled from its published sources "+
		"(toolchain/README.md of hetzner-platform says what it lacks). "+
		"The official image of the same version has it: https://hub.docker.com/_/traefik", setting)
}
