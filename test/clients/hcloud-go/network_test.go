package hcloudgo

import (
	"context"
	"errors"
	"net"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func ipRange(text string) *net.IPNet {
	_, network, err := net.ParseCIDR(text)
	if err != nil {
		panic(err)
	}
	return network
}

func cloudSubnet(text string) hcloud.NetworkSubnet {
	return hcloud.NetworkSubnet{
		Type: hcloud.NetworkSubnetTypeCloud, NetworkZone: hcloud.NetworkZoneEUCentral, IPRange: ipRange(text),
	}
}

func aNetwork(t *testing.T, name, whole string, subnets ...hcloud.NetworkSubnet) *hcloud.Network {
	t.Helper()
	network, _, err := client.Network.Create(t.Context(), hcloud.NetworkCreateOpts{
		Name: name, IPRange: ipRange(whole), Labels: labels, Subnets: subnets,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := client.Network.Delete(context.Background(), network)
		if err != nil && !hcloud.IsError(err, hcloud.ErrorCodeNotFound) {
			t.Error(err)
		}
	})
	return network
}

func TestNetwork(t *testing.T) {
	network := aNetwork(t, "go-network", "10.0.0.0/16", cloudSubnet("10.0.1.0/24"))
	finds(t, lookups[hcloud.Network]{
		get: client.Network.Get, byID: client.Network.GetByID, byName: client.Network.GetByName, all: client.Network.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Network, *hcloud.Response, error) {
			return client.Network.List(ctx, hcloud.NetworkListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Network) int64 { return row.ID },
	}, network.ID, "go-network")
	is := func(ctx context.Context, check func(*hcloud.Network) error) error {
		row, _, err := client.Network.GetByID(ctx, network.ID)
		if err != nil {
			return err
		}
		return check(row)
	}
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Network.Update(ctx, network, hcloud.NetworkUpdateOpts{
			Name: "go-network-2", ExposeRoutesToVSwitch: hcloud.Ptr(true),
		})
		if err != nil {
			return err
		}
		return errors.Join(same("name", row.Name, "go-network-2"), same("expose", row.ExposeRoutesToVSwitch, true))
	})
	does(t, "add a subnet", func(ctx context.Context) error {
		action, _, err := client.Network.AddSubnet(ctx, network, hcloud.NetworkAddSubnetOpts{Subnet: cloudSubnet("10.0.2.0/24")})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Network) error {
			return errors.Join(same("subnets", len(row.Subnets), 2), same("gateway", row.Subnets[1].Gateway.String(), "10.0.0.1"))
		}))
	})
	does(t, "delete a subnet", func(ctx context.Context) error {
		action, _, err := client.Network.DeleteSubnet(ctx, network, hcloud.NetworkDeleteSubnetOpts{Subnet: cloudSubnet("10.0.2.0/24")})
		return wait(ctx, err, action)
	})
	route := hcloud.NetworkRoute{Destination: ipRange("192.168.0.0/24"), Gateway: net.ParseIP("10.0.1.9")}
	does(t, "add a route", func(ctx context.Context) error {
		action, _, err := client.Network.AddRoute(ctx, network, hcloud.NetworkAddRouteOpts{Route: route})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Network) error {
			return same("routes", len(row.Routes), 1)
		}))
	})
	does(t, "delete a route", func(ctx context.Context) error {
		action, _, err := client.Network.DeleteRoute(ctx, network, hcloud.NetworkDeleteRouteOpts{Route: route})
		return wait(ctx, err, action)
	})
	does(t, "change the range", func(ctx context.Context) error {
		action, _, err := client.Network.ChangeIPRange(ctx, network, hcloud.NetworkChangeIPRangeOpts{IPRange: ipRange("10.0.0.0/12")})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Network) error {
			return same("range", row.IPRange.String(), "10.0.0.0/12")
		}))
	})
	server := aServer(t, "go-member", nil)
	attached := func(ctx context.Context, check func([]hcloud.ServerPrivateNet) error) error {
		row, _, err := client.Server.GetByID(ctx, server.ID)
		if err != nil {
			return err
		}
		return check(row.PrivateNet)
	}
	does(t, "attach a server", func(ctx context.Context) error {
		action, _, err := client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{
			Network: network, IP: net.ParseIP("10.0.1.5"), AliasIPs: []net.IP{net.ParseIP("10.0.1.6")},
		})
		return errors.Join(wait(ctx, err, action), attached(ctx, func(nets []hcloud.ServerPrivateNet) error {
			return errors.Join(same("networks", len(nets), 1), same("address", nets[0].IP.String(), "10.0.1.5"))
		}))
	})
	does(t, "refuse to attach twice", func(ctx context.Context) error {
		_, _, err := client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{Network: network})
		return refused(err, hcloud.ErrorCodeServerAlreadyAttached)
	})
	does(t, "list the servers of a network", func(ctx context.Context) error {
		return is(ctx, func(row *hcloud.Network) error {
			return errors.Join(same("servers", len(row.Servers), 1), same("server", row.Servers[0].ID, server.ID))
		})
	})
	does(t, "change aliases", func(ctx context.Context) error {
		action, _, err := client.Server.ChangeAliasIPs(ctx, server, hcloud.ServerChangeAliasIPsOpts{Network: network})
		return errors.Join(wait(ctx, err, action), attached(ctx, func(nets []hcloud.ServerPrivateNet) error {
			return same("aliases", len(nets[0].Aliases), 0)
		}))
	})
	does(t, "detach the server", func(ctx context.Context) error {
		action, _, err := client.Server.DetachFromNetwork(ctx, server, hcloud.ServerDetachFromNetworkOpts{Network: network})
		return wait(ctx, err, action)
	})
	does(t, "attach it in a range", func(ctx context.Context) error {
		action, _, err := client.Server.AttachToNetwork(ctx, server, hcloud.ServerAttachToNetworkOpts{
			Network: network, IPRange: ipRange("10.0.1.0/24"),
		})
		return wait(ctx, err, action)
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.Network.ChangeProtection(ctx, network, hcloud.NetworkChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.Network.Delete(ctx, network)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "lift the protection", func(ctx context.Context) error {
		action, _, err := client.Network.ChangeProtection(ctx, network, hcloud.NetworkChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		return wait(ctx, err, action)
	})
	does(t, "delete with a server in it", func(ctx context.Context) error {
		_, err := client.Network.Delete(ctx, network)
		return errors.Join(err, attached(ctx, func(nets []hcloud.ServerPrivateNet) error {
			return same("networks", len(nets), 0)
		}))
	})
}

func TestFirewall(t *testing.T) {
	rule := hcloud.FirewallRule{
		Direction: hcloud.FirewallRuleDirectionIn, Protocol: hcloud.FirewallRuleProtocolTCP, Port: hcloud.Ptr("80-85"),
		SourceIPs: []net.IPNet{*ipRange("0.0.0.0/0"), *ipRange("::/0")}, Description: hcloud.Ptr("web"),
	}
	server := aServer(t, "go-walled", nil)
	bySelector := hcloud.FirewallResource{
		Type: hcloud.FirewallResourceTypeLabelSelector, LabelSelector: &hcloud.FirewallResourceLabelSelector{Selector: "wall=yes"},
	}
	result, _, err := client.Firewall.Create(t.Context(), hcloud.FirewallCreateOpts{
		Name: "go-firewall", Labels: labels, Rules: []hcloud.FirewallRule{rule}, ApplyTo: []hcloud.FirewallResource{bySelector},
	})
	if err := wait(t.Context(), err, result.Actions...); err != nil {
		t.Fatal(err)
	}
	firewall := result.Firewall
	finds(t, lookups[hcloud.Firewall]{
		get: client.Firewall.Get, byID: client.Firewall.GetByID, byName: client.Firewall.GetByName, all: client.Firewall.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Firewall, *hcloud.Response, error) {
			return client.Firewall.List(ctx, hcloud.FirewallListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Firewall) int64 { return row.ID },
	}, firewall.ID, "go-firewall")
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Firewall.Update(ctx, firewall, hcloud.FirewallUpdateOpts{Name: "go-firewall-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-firewall-2")
	})
	does(t, "set rules", func(ctx context.Context) error {
		outgoing := hcloud.FirewallRule{
			Direction: hcloud.FirewallRuleDirectionOut, Protocol: hcloud.FirewallRuleProtocolICMP,
			DestinationIPs: []net.IPNet{*ipRange("198.51.100.7/32")},
		}
		actions, _, err := client.Firewall.SetRules(ctx, firewall, hcloud.FirewallSetRulesOpts{Rules: []hcloud.FirewallRule{rule, outgoing}})
		if err := wait(ctx, err, actions...); err != nil {
			return err
		}
		row, _, err := client.Firewall.GetByID(ctx, firewall.ID)
		return errors.Join(err, same("rules", len(row.Rules), 2))
	})
	resource := hcloud.FirewallResource{
		Type: hcloud.FirewallResourceTypeServer, Server: &hcloud.FirewallResourceServer{ID: server.ID},
	}
	does(t, "apply to a server", func(ctx context.Context) error {
		actions, _, err := client.Firewall.ApplyResources(ctx, firewall, []hcloud.FirewallResource{resource})
		if err := wait(ctx, err, actions...); err != nil {
			return err
		}
		row, _, err := client.Server.GetByID(ctx, server.ID)
		if err != nil {
			return err
		}
		return errors.Join(
			same("firewalls", len(row.PublicNet.Firewalls), 1),
			same("status", row.PublicNet.Firewalls[0].Status, hcloud.FirewallStatusApplied),
		)
	})
	does(t, "refuse to apply twice", func(ctx context.Context) error {
		_, _, err := client.Firewall.ApplyResources(ctx, firewall, []hcloud.FirewallResource{resource})
		return refused(err, hcloud.ErrorCodeFirewallAlreadyApplied)
	})
	does(t, "refuse to delete while it is applied", func(ctx context.Context) error {
		_, err := client.Firewall.Delete(ctx, firewall)
		return refused(err, hcloud.ErrorCodeResourceInUse)
	})
	does(t, "remove from a server and a selector", func(ctx context.Context) error {
		actions, _, err := client.Firewall.RemoveResources(ctx, firewall, []hcloud.FirewallResource{resource, bySelector})
		return wait(ctx, err, actions...)
	})
	does(t, "list its actions", func(ctx context.Context) error {
		actions, err := client.Firewall.Action.All(ctx, hcloud.ActionListOpts{Status: []hcloud.ActionStatus{hcloud.ActionStatusSuccess}})
		if err != nil {
			return err
		}
		return same("has some", len(actions) > 3, true)
	})
	does(t, "delete", func(ctx context.Context) error {
		_, err := client.Firewall.Delete(ctx, firewall)
		return err
	})
}
