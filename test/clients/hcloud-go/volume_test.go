package hcloudgo

import (
	"context"
	"errors"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func TestVolume(t *testing.T) {
	server := aServer(t, "go-disk", nil)
	result, _, err := client.Volume.Create(t.Context(), hcloud.VolumeCreateOpts{
		Name: "go-volume", Size: 10, Server: server, Labels: labels, Format: hcloud.Ptr("xfs"), Automount: hcloud.Ptr(false),
	})
	if err := wait(t.Context(), err, append(result.NextActions, result.Action)...); err != nil {
		t.Fatal(err)
	}
	volume := result.Volume
	finds(t, lookups[hcloud.Volume]{
		get: client.Volume.Get, byID: client.Volume.GetByID, byName: client.Volume.GetByName, all: client.Volume.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Volume, *hcloud.Response, error) {
			return client.Volume.List(ctx, hcloud.VolumeListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Volume) int64 { return row.ID },
	}, volume.ID, "go-volume")
	does(t, "is attached and available", func(ctx context.Context) error {
		row, _, err := client.Volume.GetByID(ctx, volume.ID)
		if err != nil || row.Server == nil {
			return errors.Join(err, errors.New("has no server"))
		}
		return errors.Join(same("server", row.Server.ID, server.ID), same("status", row.Status, hcloud.VolumeStatusAvailable))
	})
	does(t, "grow", func(ctx context.Context) error {
		action, _, err := client.Volume.Resize(ctx, volume, 20)
		return wait(ctx, err, action)
	})
	does(t, "refuse to shrink", func(ctx context.Context) error {
		_, _, err := client.Volume.Resize(ctx, volume, 10)
		return refused(err, hcloud.ErrorCodeInvalidInput)
	})
	does(t, "detach", func(ctx context.Context) error {
		action, _, err := client.Volume.Detach(ctx, volume)
		return wait(ctx, err, action)
	})
	does(t, "attach", func(ctx context.Context) error {
		action, _, err := client.Volume.AttachWithOpts(ctx, volume, hcloud.VolumeAttachOpts{Server: server, Automount: hcloud.Ptr(false)})
		return wait(ctx, err, action)
	})
	does(t, "refuse to attach twice", func(ctx context.Context) error {
		_, _, err := client.Volume.Attach(ctx, volume, server)
		return refused(err, hcloud.ErrorCodeVolumeAlreadyAttached)
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Volume.Update(ctx, volume, hcloud.VolumeUpdateOpts{Name: "go-volume-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-volume-2")
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.Volume.ChangeProtection(ctx, volume, hcloud.VolumeChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.Volume.Delete(ctx, volume)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.Volume.ChangeProtection(ctx, volume, hcloud.VolumeChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		action, _, err = client.Volume.Detach(ctx, volume)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.Volume.Delete(ctx, volume)
		return err
	})
}

func TestSSHKey(t *testing.T) {
	key, _, err := client.SSHKey.Create(t.Context(), hcloud.SSHKeyCreateOpts{Name: "go-key", PublicKey: publicKey, Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	finds(t, lookups[hcloud.SSHKey]{
		get: client.SSHKey.Get, byID: client.SSHKey.GetByID, byName: client.SSHKey.GetByName, all: client.SSHKey.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.SSHKey, *hcloud.Response, error) {
			return client.SSHKey.List(ctx, hcloud.SSHKeyListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.SSHKey) int64 { return row.ID },
	}, key.ID, "go-key")
	does(t, "get by fingerprint", func(ctx context.Context) error {
		row, _, err := client.SSHKey.GetByFingerprint(ctx, key.Fingerprint)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		return same("id", row.ID, key.ID)
	})
	does(t, "refuse the same key twice", func(ctx context.Context) error {
		_, _, err := client.SSHKey.Create(ctx, hcloud.SSHKeyCreateOpts{Name: "go-key-2", PublicKey: publicKey})
		return refused(err, hcloud.ErrorCodeUniquenessError)
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.SSHKey.Update(ctx, key, hcloud.SSHKeyUpdateOpts{Name: "go-key-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-key-2")
	})
	does(t, "delete", func(ctx context.Context) error {
		_, err := client.SSHKey.Delete(ctx, key)
		return err
	})
}

func TestPlacementGroup(t *testing.T) {
	result, _, err := client.PlacementGroup.Create(t.Context(), hcloud.PlacementGroupCreateOpts{
		Name: "go-group", Type: hcloud.PlacementGroupTypeSpread, Labels: labels,
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	group := result.PlacementGroup
	finds(t, lookups[hcloud.PlacementGroup]{
		get: client.PlacementGroup.Get, byID: client.PlacementGroup.GetByID, byName: client.PlacementGroup.GetByName,
		all: client.PlacementGroup.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.PlacementGroup, *hcloud.Response, error) {
			return client.PlacementGroup.List(ctx, hcloud.PlacementGroupListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.PlacementGroup) int64 { return row.ID },
	}, group.ID, "go-group")
	server := aServer(t, "go-grouped", func(opts *hcloud.ServerCreateOpts) { opts.StartAfterCreate = hcloud.Ptr(false) })
	members := func(ctx context.Context, wanted int) error {
		row, _, err := client.PlacementGroup.GetByID(ctx, group.ID)
		if err != nil {
			return err
		}
		return same("members", len(row.Servers), wanted)
	}
	does(t, "add a server", func(ctx context.Context) error {
		action, _, err := client.Server.AddToPlacementGroup(ctx, server, group)
		return errors.Join(wait(ctx, err, action), members(ctx, 1))
	})
	does(t, "remove a server", func(ctx context.Context) error {
		action, _, err := client.Server.RemoveFromPlacementGroup(ctx, server)
		return errors.Join(wait(ctx, err, action), members(ctx, 0))
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.PlacementGroup.Update(ctx, group, hcloud.PlacementGroupUpdateOpts{Name: "go-group-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-group-2")
	})
	does(t, "delete", func(ctx context.Context) error {
		_, err := client.PlacementGroup.Delete(ctx, group)
		return err
	})
}
