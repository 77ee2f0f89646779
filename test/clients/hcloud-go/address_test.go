package hcloudgo

import (
	"context"
	"errors"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func TestFloatingIP(t *testing.T) {
	server := aServer(t, "go-floating", nil)
	result, _, err := client.FloatingIP.Create(t.Context(), hcloud.FloatingIPCreateOpts{
		Type: hcloud.FloatingIPTypeIPv4, Server: server, Name: hcloud.Ptr("go-floating"),
		Description: hcloud.Ptr("moves"), Labels: labels,
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	address := result.FloatingIP
	finds(t, lookups[hcloud.FloatingIP]{
		get: client.FloatingIP.Get, byID: client.FloatingIP.GetByID, byName: client.FloatingIP.GetByName, all: client.FloatingIP.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.FloatingIP, *hcloud.Response, error) {
			return client.FloatingIP.List(ctx, hcloud.FloatingIPListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.FloatingIP) int64 { return row.ID },
	}, address.ID, "go-floating")
	assignee := func(ctx context.Context, wanted *hcloud.Server) error {
		row, _, err := client.FloatingIP.GetByID(ctx, address.ID)
		if err != nil {
			return err
		}
		if wanted == nil {
			return same("is free", row.Server == nil, true)
		}
		return same("server", row.Server.ID, wanted.ID)
	}
	does(t, "is assigned at once", func(ctx context.Context) error { return assignee(ctx, server) })
	does(t, "unassign", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.Unassign(ctx, address)
		return errors.Join(wait(ctx, err, action), assignee(ctx, nil))
	})
	does(t, "assign", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.Assign(ctx, address, server)
		return errors.Join(wait(ctx, err, action), assignee(ctx, server))
	})
	does(t, "refuse to delete while it is assigned", func(ctx context.Context) error {
		_, err := client.FloatingIP.Delete(ctx, address)
		return refused(err, "must_be_unassigned")
	})
	does(t, "reverse DNS", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.ChangeDNSPtr(ctx, address, address.IP.String(), hcloud.Ptr("go.example.com"))
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		row, _, err := client.FloatingIP.GetByID(ctx, address.ID)
		return errors.Join(err, same("name", row.DNSPtr[address.IP.String()], "go.example.com"))
	})
	does(t, "reset reverse DNS", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.ChangeDNSPtr(ctx, address, address.IP.String(), nil)
		return wait(ctx, err, action)
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.FloatingIP.Update(ctx, address, hcloud.FloatingIPUpdateOpts{Description: "stays", Name: "go-floating-2"})
		if err != nil {
			return err
		}
		return errors.Join(same("name", row.Name, "go-floating-2"), same("description", row.Description, "stays"))
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.ChangeProtection(ctx, address, hcloud.FloatingIPChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.FloatingIP.Delete(ctx, address)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.FloatingIP.ChangeProtection(ctx, address, hcloud.FloatingIPChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.FloatingIP.Unassign(ctx, address)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.FloatingIP.Delete(ctx, address)
		return err
	})
}

func TestPrimaryIP(t *testing.T) {
	result, _, err := client.PrimaryIP.Create(t.Context(), hcloud.PrimaryIPCreateOpts{
		Name: "go-primary", Type: hcloud.PrimaryIPTypeIPv4, Location: "fsn1", AssigneeType: "server",
		AutoDelete: hcloud.Ptr(false), Labels: labels,
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	address := result.PrimaryIP
	finds(t, lookups[hcloud.PrimaryIP]{
		get: client.PrimaryIP.Get, byID: client.PrimaryIP.GetByID, byName: client.PrimaryIP.GetByName, all: client.PrimaryIP.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.PrimaryIP, *hcloud.Response, error) {
			return client.PrimaryIP.List(ctx, hcloud.PrimaryIPListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.PrimaryIP) int64 { return row.ID },
	}, address.ID, "go-primary")
	does(t, "get by address", func(ctx context.Context) error {
		row, _, err := client.PrimaryIP.GetByIP(ctx, address.IP.String())
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		return same("id", row.ID, address.ID)
	})
	server := aServer(t, "go-addressed", func(opts *hcloud.ServerCreateOpts) {
		opts.StartAfterCreate = hcloud.Ptr(false)
		opts.PublicNet = &hcloud.ServerCreatePublicNet{EnableIPv6: true}
	})
	does(t, "assign", func(ctx context.Context) error {
		action, _, err := client.PrimaryIP.Assign(ctx, hcloud.PrimaryIPAssignOpts{ID: address.ID, AssigneeID: server.ID, AssigneeType: "server"})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		row, _, err := client.Server.GetByID(ctx, server.ID)
		return errors.Join(err, same("address", row.PublicNet.IPv4.IP.String(), address.IP.String()))
	})
	does(t, "reverse DNS", func(ctx context.Context) error {
		action, _, err := client.PrimaryIP.ChangeDNSPtr(ctx, hcloud.PrimaryIPChangeDNSPtrOpts{
			ID: address.ID, IP: address.IP.String(), DNSPtr: "go.example.com",
		})
		return wait(ctx, err, action)
	})
	does(t, "unassign", func(ctx context.Context) error {
		action, _, err := client.PrimaryIP.Unassign(ctx, address.ID)
		return wait(ctx, err, action)
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.PrimaryIP.Update(ctx, address, hcloud.PrimaryIPUpdateOpts{Name: "go-primary-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-primary-2")
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.PrimaryIP.ChangeProtection(ctx, hcloud.PrimaryIPChangeProtectionOpts{ID: address.ID, Delete: true})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.PrimaryIP.Delete(ctx, address)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.PrimaryIP.ChangeProtection(ctx, hcloud.PrimaryIPChangeProtectionOpts{ID: address.ID, Delete: false})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.PrimaryIP.Delete(ctx, address)
		return err
	})
}
