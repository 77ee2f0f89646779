// Package shim exposes the upstream provider, which lives in an internal package: the module path
// of this package lies below upstream's, so it may import it.
package shim

import (
	"context"

	"github.com/hashicorp/terraform-plugin-sdk/v2/diag"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	upstream "github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New returns the upstream provider with a configuration step that asks no Docker daemon: reading
// a digest from a registry needs none, and the operator's machine may not have one. A resource
// that needs the daemon reports its absence when it is used.
func New(version string) *schema.Provider {
	provider := upstream.New(version)()
	provider.ConfigureContextFunc = configure
	// Newer releases of the npm package send this option; here it is always on.
	provider.Schema["disable_docker_daemon_check"] = &schema.Schema{
		Type:        schema.TypeBool,
		Optional:    true,
		Description: "Accepted for newer programs: the daemon is never asked before it is needed.",
	}
	return provider
}

func configure(_ context.Context, data *schema.ResourceData) (any, diag.Diagnostics) {
	config := upstream.Config{
		Host:     data.Get("host").(string),
		Ca:       data.Get("ca_material").(string),
		Cert:     data.Get("cert_material").(string),
		Key:      data.Get("key_material").(string),
		CertPath: data.Get("cert_path").(string),
	}
	for _, option := range data.Get("ssh_opts").([]any) {
		config.SSHOpts = append(config.SSHOpts, option.(string))
	}
	client, err := config.NewClient()
	if err != nil {
		return nil, diag.Errorf("Docker client for host %q: %s", config.Host, err)
	}
	auth, err := registryAuth(data.Get("registry_auth").(*schema.Set).List())
	if err != nil {
		return nil, diag.FromErr(err)
	}
	return &upstream.ProviderConfig{DockerClient: client, AuthConfigs: auth}, nil
}
