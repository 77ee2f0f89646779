package hcloudgo

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

var (
	fsn1   = &hcloud.Location{Name: "fsn1"}
	debian = &hcloud.Image{Name: "debian-13"}
	small  = &hcloud.ServerType{Name: "cx23"}
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJxrWOUzX2RhfVQ0OPmXsFqYcOo6r1IqAHkKHPYhw9gY go"

// aServer makes a server that is removed after the test.
func aServer(t *testing.T, name string, change func(*hcloud.ServerCreateOpts)) *hcloud.Server {
	t.Helper()
	opts := hcloud.ServerCreateOpts{Name: name, ServerType: small, Image: debian, Location: fsn1, Labels: labels}
	if change != nil {
		change(&opts)
	}
	result, _, err := client.Server.Create(t.Context(), opts)
	if err := wait(t.Context(), err, append(result.NextActions, result.Action)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx := context.Background()
		deleted, _, err := client.Server.DeleteWithResult(ctx, result.Server)
		if hcloud.IsError(err, hcloud.ErrorCodeNotFound) {
			return
		}
		if err := wait(ctx, err, deleted.Action); err != nil {
			t.Error(err)
		}
	})
	return result.Server
}

func TestServer(t *testing.T) {
	key, _, err := client.SSHKey.Create(t.Context(), hcloud.SSHKeyCreateOpts{Name: "server", PublicKey: publicKey})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.SSHKey.Delete(context.Background(), key) })
	server := aServer(t, "go-server", func(opts *hcloud.ServerCreateOpts) {
		opts.SSHKeys = []*hcloud.SSHKey{key}
		opts.UserData = "#cloud-config\n"
		opts.PublicNet = &hcloud.ServerCreatePublicNet{EnableIPv4: true, EnableIPv6: true}
	})
	finds(t, lookups[hcloud.Server]{
		get: client.Server.Get, byID: client.Server.GetByID, byName: client.Server.GetByName, all: client.Server.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Server, *hcloud.Response, error) {
			return client.Server.List(ctx, hcloud.ServerListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Server) int64 { return row.ID },
	}, server.ID, "go-server")

	// is reads the server again and compares.
	is := func(ctx context.Context, check func(*hcloud.Server) error) error {
		row, _, err := client.Server.GetByID(ctx, server.ID)
		if err != nil {
			return err
		}
		return check(row)
	}
	status := func(ctx context.Context, wanted hcloud.ServerStatus) error {
		return is(ctx, func(row *hcloud.Server) error { return same("status", row.Status, wanted) })
	}
	does(t, "list by status", func(ctx context.Context) error {
		rows, _, err := client.Server.List(ctx, hcloud.ServerListOpts{
			Name: "go-server", Status: []hcloud.ServerStatus{hcloud.ServerStatusRunning}, Sort: []string{"created:desc"},
		})
		return errors.Join(err, same("rows", len(rows), 1))
	})
	does(t, "addresses", func(ctx context.Context) error {
		return is(ctx, func(row *hcloud.Server) error {
			return errors.Join(
				same("IPv4 is public", row.PublicNet.IPv4.IP.IsGlobalUnicast(), true),
				same("IPv6 has a network", row.PublicNet.IPv6.Network.Mask.String(), "ffffffffffffffff0000000000000000"),
				same("location", row.Location.Name, "fsn1"),
			)
		})
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Server.Update(ctx, server, hcloud.ServerUpdateOpts{
			Name: "go-server-2", Labels: map[string]string{"client": "go", "more": ""},
		})
		if err != nil {
			return err
		}
		return errors.Join(same("name", row.Name, "go-server-2"), same("labels", len(row.Labels), 2))
	})
	does(t, "power off", func(ctx context.Context) error {
		action, _, err := client.Server.Poweroff(ctx, server)
		return errors.Join(wait(ctx, err, action), status(ctx, hcloud.ServerStatusOff))
	})
	does(t, "power on", func(ctx context.Context) error {
		action, _, err := client.Server.Poweron(ctx, server)
		return errors.Join(wait(ctx, err, action), status(ctx, hcloud.ServerStatusRunning))
	})
	does(t, "reboot", func(ctx context.Context) error {
		action, _, err := client.Server.Reboot(ctx, server)
		return wait(ctx, err, action)
	})
	does(t, "reset", func(ctx context.Context) error {
		action, _, err := client.Server.Reset(ctx, server)
		return wait(ctx, err, action)
	})
	does(t, "refuse to change the type while it runs", func(ctx context.Context) error {
		_, _, err := client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{ServerType: &hcloud.ServerType{Name: "cx33"}})
		return refused(err, hcloud.ErrorCodeServerNotStopped)
	})
	does(t, "shut down", func(ctx context.Context) error {
		action, _, err := client.Server.Shutdown(ctx, server)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		for range 200 {
			if status(ctx, hcloud.ServerStatusOff) == nil {
				return nil
			}
			time.Sleep(5 * time.Millisecond)
		}
		return status(ctx, hcloud.ServerStatusOff)
	})
	does(t, "change the type", func(ctx context.Context) error {
		action, _, err := client.Server.ChangeType(ctx, server, hcloud.ServerChangeTypeOpts{
			ServerType: &hcloud.ServerType{Name: "cx33"}, UpgradeDisk: false,
		})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Server) error {
			return same("type", row.ServerType.Name, "cx33")
		}))
	})
	does(t, "rebuild", func(ctx context.Context) error {
		result, _, err := client.Server.RebuildWithResult(ctx, server, hcloud.ServerRebuildOpts{Image: debian})
		return wait(ctx, err, result.Action)
	})
	does(t, "reset the password", func(ctx context.Context) error {
		result, _, err := client.Server.ResetPassword(ctx, server)
		return errors.Join(wait(ctx, err, result.Action), same("has a password", result.RootPassword != "", true))
	}, "POST /servers/{id}/actions/reset_password")
	does(t, "enable the rescue system", func(ctx context.Context) error {
		result, _, err := client.Server.EnableRescue(ctx, server, hcloud.ServerEnableRescueOpts{
			Type: hcloud.ServerRescueTypeLinux64, SSHKeys: []*hcloud.SSHKey{key},
		})
		return errors.Join(wait(ctx, err, result.Action), is(ctx, func(row *hcloud.Server) error {
			return same("rescue", row.RescueEnabled, true)
		}))
	}, "POST /servers/{id}/actions/enable_rescue")
	does(t, "disable the rescue system", func(ctx context.Context) error {
		action, _, err := client.Server.DisableRescue(ctx, server)
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Server) error {
			return same("rescue", row.RescueEnabled, false)
		}))
	})
	does(t, "attach an ISO", func(ctx context.Context) error {
		isos, err := client.ISO.All(ctx)
		if err != nil {
			return err
		}
		action, _, err := client.Server.AttachISO(ctx, server, isos[0])
		return wait(ctx, err, action)
	}, "POST /servers/{id}/actions/attach_iso")
	does(t, "detach the ISO", func(ctx context.Context) error {
		action, _, err := client.Server.DetachISO(ctx, server)
		return wait(ctx, err, action)
	})
	does(t, "enable backups", func(ctx context.Context) error {
		action, _, err := client.Server.EnableBackup(ctx, server, "")
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Server) error {
			return same("has a window", row.BackupWindow != "", true)
		}))
	})
	does(t, "disable backups", func(ctx context.Context) error {
		action, _, err := client.Server.DisableBackup(ctx, server)
		return wait(ctx, err, action)
	})
	does(t, "reverse DNS", func(ctx context.Context) error {
		row, _, err := client.Server.GetByID(ctx, server.ID)
		if err != nil {
			return err
		}
		action, _, err := client.Server.ChangeDNSPtr(ctx, row, row.PublicNet.IPv4.IP.String(), hcloud.Ptr("go.example.com"))
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.Server) error {
			return same("name", row.PublicNet.IPv4.DNSPtr, "go.example.com")
		}))
	})
	does(t, "request a console", func(ctx context.Context) error {
		result, _, err := client.Server.RequestConsole(ctx, server)
		return errors.Join(wait(ctx, err, result.Action), same("has a URL", result.WSSURL != "", true))
	}, "POST /servers/{id}/actions/request_console")
	does(t, "metrics", func(ctx context.Context) error {
		metrics, _, err := client.Server.GetMetrics(ctx, server, hcloud.ServerGetMetricsOpts{
			Types: []hcloud.ServerMetricType{hcloud.ServerMetricCPU, hcloud.ServerMetricNetwork},
			Start: time.Now().Add(-time.Hour), End: time.Now(), Step: 60,
		})
		if err != nil {
			return err
		}
		return same("has a series of the processor", metrics.TimeSeries["cpu"] != nil, true)
	}, "GET /servers/{id}/metrics")
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.Server.ChangeProtection(ctx, server, hcloud.ServerChangeProtectionOpts{
			Delete: hcloud.Ptr(true), Rebuild: hcloud.Ptr(true),
		})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, _, err = client.Server.DeleteWithResult(ctx, server)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "lift the protection", func(ctx context.Context) error {
		action, _, err := client.Server.ChangeProtection(ctx, server, hcloud.ServerChangeProtectionOpts{
			Delete: hcloud.Ptr(false), Rebuild: hcloud.Ptr(false),
		})
		return wait(ctx, err, action)
	})
	does(t, "list the actions of one server", func(ctx context.Context) error {
		actions, err := client.Server.Action.All(ctx, hcloud.ActionListOpts{Sort: []string{"id:desc"}})
		if err != nil {
			return err
		}
		return same("has many", len(actions) > 10, true)
	})
	does(t, "delete", func(ctx context.Context) error {
		result, _, err := client.Server.DeleteWithResult(ctx, server)
		if err := wait(ctx, err, result.Action); err != nil {
			return err
		}
		row, _, err := client.Server.GetByID(ctx, server.ID)
		return errors.Join(err, same("is gone", row == nil, true))
	})
}

func TestImage(t *testing.T) {
	server := aServer(t, "go-image", nil)
	var image *hcloud.Image
	does(t, "create a snapshot", func(ctx context.Context) error {
		result, _, err := client.Server.CreateImage(ctx, server, &hcloud.ServerCreateImageOpts{
			Type: hcloud.ImageTypeSnapshot, Description: hcloud.Ptr("before"), Labels: labels,
		})
		image = result.Image
		return wait(ctx, err, result.Action)
	})
	does(t, "create one without a word", func(ctx context.Context) error {
		result, _, err := client.Server.CreateImage(ctx, server, nil)
		if err := wait(ctx, err, result.Action); err != nil {
			return err
		}
		_, err = client.Image.Delete(ctx, result.Image)
		return err
	})
	finds(t, lookups[hcloud.Image]{
		get: func(ctx context.Context, idOrName string) (*hcloud.Image, *hcloud.Response, error) {
			return client.Image.GetForArchitecture(ctx, idOrName, hcloud.ArchitectureX86)
		},
		byID: client.Image.GetByID, all: client.Image.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Image, *hcloud.Response, error) {
			return client.Image.List(ctx, hcloud.ImageListOpts{ListOpts: opts, Type: []hcloud.ImageType{hcloud.ImageTypeSnapshot}})
		},
		id: func(row *hcloud.Image) int64 { return row.ID },
	}, image.ID, "")
	does(t, "find a system image", func(ctx context.Context) error {
		row, _, err := client.Image.GetByNameAndArchitecture(ctx, "debian-13", hcloud.ArchitectureX86)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		return errors.Join(same("type", row.Type, hcloud.ImageTypeSystem), same("flavor", row.OSFlavor, "debian"))
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Image.Update(ctx, image, hcloud.ImageUpdateOpts{Description: hcloud.Ptr("after")})
		if err != nil {
			return err
		}
		return same("description", row.Description, "after")
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.Image.ChangeProtection(ctx, image, hcloud.ImageChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, err = client.Image.Delete(ctx, image)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "lift the protection", func(ctx context.Context) error {
		action, _, err := client.Image.ChangeProtection(ctx, image, hcloud.ImageChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		return wait(ctx, err, action)
	})
	does(t, "make a server of it", func(ctx context.Context) error {
		aServer(t, "go-copy", func(opts *hcloud.ServerCreateOpts) { opts.Image = image })
		return nil
	})
	does(t, "delete", func(ctx context.Context) error {
		_, err := client.Image.Delete(ctx, image)
		return err
	})
}
