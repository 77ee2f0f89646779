package hcloudgo

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func TestLoadBalancer(t *testing.T) {
	needs(t, "POST /load_balancers")
	network := aNetwork(t, "go-balanced", "10.40.0.0/16", cloudSubnet("10.40.1.0/24"))
	server := aServer(t, "go-target", func(opts *hcloud.ServerCreateOpts) { opts.Networks = []*hcloud.Network{network} })
	result, _, err := client.LoadBalancer.Create(t.Context(), hcloud.LoadBalancerCreateOpts{
		Name: "go-balancer", LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb11"}, Location: fsn1, Labels: labels,
		Algorithm: &hcloud.LoadBalancerAlgorithm{Type: hcloud.LoadBalancerAlgorithmTypeRoundRobin},
		Targets: []hcloud.LoadBalancerCreateOptsTarget{
			{Type: hcloud.LoadBalancerTargetTypeServer, Server: hcloud.LoadBalancerCreateOptsTargetServer{Server: server}},
		},
		Services: []hcloud.LoadBalancerCreateOptsService{
			{Protocol: hcloud.LoadBalancerServiceProtocolTCP, ListenPort: hcloud.Ptr(22), DestinationPort: hcloud.Ptr(22)},
		},
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	balancer := result.LoadBalancer
	finds(t, lookups[hcloud.LoadBalancer]{
		get: client.LoadBalancer.Get, byID: client.LoadBalancer.GetByID, byName: client.LoadBalancer.GetByName,
		all: client.LoadBalancer.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.LoadBalancer, *hcloud.Response, error) {
			return client.LoadBalancer.List(ctx, hcloud.LoadBalancerListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.LoadBalancer) int64 { return row.ID },
	}, balancer.ID, "go-balancer")
	is := func(ctx context.Context, check func(*hcloud.LoadBalancer) error) error {
		row, _, err := client.LoadBalancer.GetByID(ctx, balancer.ID)
		if err != nil {
			return err
		}
		return check(row)
	}
	does(t, "has its parts", func(ctx context.Context) error {
		return is(ctx, func(row *hcloud.LoadBalancer) error {
			return errors.Join(
				same("services", len(row.Services), 1), same("targets", len(row.Targets), 1),
				same("is public", row.PublicNet.IPv4.IP.IsGlobalUnicast(), true),
			)
		})
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.LoadBalancer.Update(ctx, balancer, hcloud.LoadBalancerUpdateOpts{Name: "go-balancer-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-balancer-2")
	})
	does(t, "add a service with a check", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
			Protocol: hcloud.LoadBalancerServiceProtocolHTTP, ListenPort: hcloud.Ptr(80), DestinationPort: hcloud.Ptr(8080),
			HTTP: &hcloud.LoadBalancerAddServiceOptsHTTP{StickySessions: hcloud.Ptr(true), CookieName: hcloud.Ptr("GO")},
			HealthCheck: &hcloud.LoadBalancerAddServiceOptsHealthCheck{
				Protocol: hcloud.LoadBalancerServiceProtocolHTTP, Port: hcloud.Ptr(8080),
				Interval: hcloud.Ptr(15 * time.Second), Timeout: hcloud.Ptr(10 * time.Second), Retries: hcloud.Ptr(3),
				HTTP: &hcloud.LoadBalancerAddServiceOptsHealthCheckHTTP{Path: hcloud.Ptr("/"), StatusCodes: []string{"2??"}},
			},
		})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.LoadBalancer) error {
			return same("services", len(row.Services), 2)
		}))
	})
	does(t, "add a service with the least that is needed", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
			Protocol: hcloud.LoadBalancerServiceProtocolHTTP, ListenPort: hcloud.Ptr(8081),
		})
		return wait(ctx, err, action)
	})
	does(t, "refuse a port that is taken", func(ctx context.Context) error {
		_, _, err := client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
			Protocol: hcloud.LoadBalancerServiceProtocolTCP, ListenPort: hcloud.Ptr(80), DestinationPort: hcloud.Ptr(80),
		})
		return refused(err, "source_port_already_used")
	})
	does(t, "add an encrypted service", func(ctx context.Context) error {
		certificate := aCertificate(t, "go-tls")
		action, _, err := client.LoadBalancer.AddService(ctx, balancer, hcloud.LoadBalancerAddServiceOpts{
			Protocol: hcloud.LoadBalancerServiceProtocolHTTPS, ListenPort: hcloud.Ptr(443), DestinationPort: hcloud.Ptr(8080),
			HTTP: &hcloud.LoadBalancerAddServiceOptsHTTP{Certificates: []*hcloud.Certificate{certificate}},
		})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.LoadBalancer.DeleteService(ctx, balancer, 443)
		return wait(ctx, err, action)
	}, "POST /certificates")
	does(t, "update a service", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.UpdateService(ctx, balancer, 80, hcloud.LoadBalancerUpdateServiceOpts{
			DestinationPort: hcloud.Ptr(9090),
		})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.LoadBalancer) error {
			for _, service := range row.Services {
				if service.ListenPort == 80 {
					return same("port", service.DestinationPort, 9090)
				}
			}
			return errors.New("the service is gone")
		}))
	})
	does(t, "delete a service", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.DeleteService(ctx, balancer, 80)
		return wait(ctx, err, action)
	})
	does(t, "attach to a network", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.AttachToNetwork(ctx, balancer, hcloud.LoadBalancerAttachToNetworkOpts{Network: network})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.LoadBalancer) error {
			return same("networks", len(row.PrivateNet), 1)
		}))
	})
	does(t, "refuse a target twice", func(ctx context.Context) error {
		_, _, err := client.LoadBalancer.AddServerTarget(ctx, balancer, hcloud.LoadBalancerAddServerTargetOpts{Server: server})
		return refused(err, hcloud.ErrorCodeTargetAlreadyDefined)
	})
	does(t, "exchange the target for its private address", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.RemoveServerTarget(ctx, balancer, server)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.LoadBalancer.AddServerTarget(ctx, balancer, hcloud.LoadBalancerAddServerTargetOpts{
			Server: server, UsePrivateIP: hcloud.Ptr(true),
		})
		return wait(ctx, err, action)
	})
	does(t, "targets by label", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.AddLabelSelectorTarget(ctx, balancer, hcloud.LoadBalancerAddLabelSelectorTargetOpts{
			Selector: "client=go,balanced", UsePrivateIP: hcloud.Ptr(true),
		})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.LoadBalancer.RemoveLabelSelectorTarget(ctx, balancer, "client=go,balanced")
		return wait(ctx, err, action)
	})
	does(t, "change the algorithm", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.ChangeAlgorithm(ctx, balancer, hcloud.LoadBalancerChangeAlgorithmOpts{
			Type: hcloud.LoadBalancerAlgorithmTypeLeastConnections,
		})
		return wait(ctx, err, action)
	})
	does(t, "change the type", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.ChangeType(ctx, balancer, hcloud.LoadBalancerChangeTypeOpts{
			LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb21"},
		})
		return wait(ctx, err, action)
	})
	does(t, "disable and enable the public interface", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.DisablePublicInterface(ctx, balancer)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.LoadBalancer.EnablePublicInterface(ctx, balancer)
		return wait(ctx, err, action)
	})
	does(t, "reverse DNS", func(ctx context.Context) error {
		address := balancer.PublicNet.IPv4.IP.String()
		action, _, err := client.LoadBalancer.ChangeDNSPtr(ctx, balancer, address, hcloud.Ptr("go.example.com"))
		return wait(ctx, err, action)
	})
	does(t, "metrics", func(ctx context.Context) error {
		metrics, _, err := client.LoadBalancer.GetMetrics(ctx, balancer, hcloud.LoadBalancerGetMetricsOpts{
			Types: []hcloud.LoadBalancerMetricType{hcloud.LoadBalancerMetricOpenConnections},
			Start: time.Now().Add(-time.Hour), End: time.Now(), Step: 60,
		})
		if err != nil {
			return err
		}
		return same("has a series", metrics.TimeSeries["open_connections"] != nil, true)
	}, "GET /load_balancers/{id}/metrics")
	does(t, "create with a primary IP, which stays", func(ctx context.Context) error {
		made, _, err := client.PrimaryIP.Create(ctx, hcloud.PrimaryIPCreateOpts{
			Name: "go-kept", Type: hcloud.PrimaryIPTypeIPv4, Location: "fsn1", AutoDelete: hcloud.Ptr(false),
		})
		if err != nil {
			return err
		}
		kept := made.PrimaryIP
		result, _, err := client.LoadBalancer.Create(ctx, hcloud.LoadBalancerCreateOpts{
			Name: "go-kept", LoadBalancerType: &hcloud.LoadBalancerType{Name: "lb11"}, Location: fsn1,
			PublicNet: &hcloud.LoadBalancerCreateOptsPublicNet{IPv4: kept},
		})
		if err := wait(ctx, err, result.Action); err != nil {
			return err
		}
		ipv4 := result.LoadBalancer.PublicNet.IPv4
		deleted, _, err := client.LoadBalancer.DeleteWithResult(ctx, result.LoadBalancer)
		if err := wait(ctx, err, deleted.Action); err != nil {
			return err
		}
		free, _, err := client.PrimaryIP.GetByID(ctx, kept.ID)
		if err != nil {
			return err
		}
		_, err = client.PrimaryIP.Delete(ctx, kept)
		return errors.Join(
			err, same("id", ipv4.ID, kept.ID), same("address", ipv4.IP.String(), kept.IP.String()),
			same("assignee", free.AssigneeID, 0),
		)
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.ChangeProtection(ctx, balancer, hcloud.LoadBalancerChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.LoadBalancer.Delete(ctx, balancer)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "detach from the network", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.RemoveServerTarget(ctx, balancer, server)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.LoadBalancer.DetachFromNetwork(ctx, balancer, hcloud.LoadBalancerDetachFromNetworkOpts{Network: network})
		return wait(ctx, err, action)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.LoadBalancer.ChangeProtection(ctx, balancer, hcloud.LoadBalancerChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.LoadBalancer.Delete(ctx, balancer)
		return err
	})
}
