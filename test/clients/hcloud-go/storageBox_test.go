package hcloudgo

import (
	"context"
	"errors"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

const password = "A-long-enough-passw0rd!"

func TestStorageBox(t *testing.T) {
	needs(t, "POST /storage_boxes")
	result, _, err := client.StorageBox.Create(t.Context(), hcloud.StorageBoxCreateOpts{
		Name: "go-box", StorageBoxType: &hcloud.StorageBoxType{Name: "bx11"}, Location: fsn1, Password: password, Labels: labels,
		SSHKeys:        []*hcloud.SSHKey{{PublicKey: publicKey}},
		AccessSettings: &hcloud.StorageBoxCreateOptsAccessSettings{SSHEnabled: hcloud.Ptr(true), ReachableExternally: hcloud.Ptr(false)},
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	box := result.StorageBox
	finds(t, lookups[hcloud.StorageBox]{
		get: client.StorageBox.Get, byID: client.StorageBox.GetByID, byName: client.StorageBox.GetByName, all: client.StorageBox.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.StorageBox, *hcloud.Response, error) {
			return client.StorageBox.List(ctx, hcloud.StorageBoxListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.StorageBox) int64 { return row.ID },
	}, box.ID, "go-box")
	is := func(ctx context.Context, check func(*hcloud.StorageBox) error) error {
		row, _, err := client.StorageBox.GetByID(ctx, box.ID)
		if err != nil {
			return err
		}
		return check(row)
	}
	does(t, "is active and has a name for logging in", func(ctx context.Context) error {
		return is(ctx, func(row *hcloud.StorageBox) error {
			return errors.Join(same("status", row.Status, hcloud.StorageBoxStatusActive), same("has a user", row.Username != "", true))
		})
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.StorageBox.Update(ctx, box, hcloud.StorageBoxUpdateOpts{Name: "go-box-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-box-2")
	})
	does(t, "folders", func(ctx context.Context) error {
		_, _, err := client.StorageBox.Folders(ctx, box, hcloud.StorageBoxFoldersOpts{Path: "."})
		return err
	})
	does(t, "access settings", func(ctx context.Context) error {
		action, _, err := client.StorageBox.UpdateAccessSettings(ctx, box, hcloud.StorageBoxUpdateAccessSettingsOpts{
			WebDAVEnabled: hcloud.Ptr(true),
		})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.StorageBox) error {
			return errors.Join(same("WebDAV", row.AccessSettings.WebDAVEnabled, true), same("SSH", row.AccessSettings.SSHEnabled, true))
		}))
	})
	does(t, "reset the password", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ResetPassword(ctx, box, hcloud.StorageBoxResetPasswordOpts{Password: password + "2"})
		return wait(ctx, err, action)
	})
	does(t, "enable the snapshot plan", func(ctx context.Context) error {
		action, _, err := client.StorageBox.EnableSnapshotPlan(ctx, box, hcloud.StorageBoxEnableSnapshotPlanOpts{
			MaxSnapshots: 3, Hour: 3, Minute: 30,
		})
		return errors.Join(wait(ctx, err, action), is(ctx, func(row *hcloud.StorageBox) error {
			return same("has a plan", row.SnapshotPlan != nil, true)
		}))
	})
	does(t, "disable the snapshot plan", func(ctx context.Context) error {
		action, _, err := client.StorageBox.DisableSnapshotPlan(ctx, box)
		return wait(ctx, err, action)
	})
	var snapshot *hcloud.StorageBoxSnapshot
	does(t, "create a snapshot", func(ctx context.Context) error {
		created, _, err := client.StorageBox.CreateSnapshot(ctx, box, hcloud.StorageBoxSnapshotCreateOpts{Description: "before", Labels: labels})
		snapshot = created.Snapshot
		return wait(ctx, err, created.Action)
	})
	does(t, "find the snapshot", func(ctx context.Context) error {
		row, _, err := client.StorageBox.GetSnapshotByID(ctx, box, snapshot.ID)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		rows, err := client.StorageBox.AllSnapshots(ctx, box)
		return errors.Join(err, same("description", row.Description, "before"), same("snapshots", len(rows), 1))
	})
	does(t, "update the snapshot", func(ctx context.Context) error {
		snapshot.StorageBox = box
		row, _, err := client.StorageBox.UpdateSnapshot(ctx, snapshot, hcloud.StorageBoxSnapshotUpdateOpts{Description: hcloud.Ptr("after")})
		if err != nil {
			return err
		}
		return same("description", row.Description, "after")
	})
	does(t, "roll back", func(ctx context.Context) error {
		row, _, err := client.StorageBox.GetSnapshotByID(ctx, box, snapshot.ID)
		if err != nil {
			return err
		}
		action, _, err := client.StorageBox.RollbackSnapshot(ctx, box, hcloud.StorageBoxRollbackSnapshotOpts{Snapshot: row})
		return wait(ctx, err, action)
	})
	does(t, "delete the snapshot", func(ctx context.Context) error {
		deleted, _, err := client.StorageBox.DeleteSnapshot(ctx, snapshot)
		return wait(ctx, err, deleted.Action)
	})
	var subaccount *hcloud.StorageBoxSubaccount
	does(t, "create a subaccount", func(ctx context.Context) error {
		created, _, err := client.StorageBox.CreateSubaccount(ctx, box, hcloud.StorageBoxSubaccountCreateOpts{
			Name: "go-sub", HomeDirectory: "go/home", Password: password, Labels: labels,
			AccessSettings: &hcloud.StorageBoxSubaccountCreateOptsAccessSettings{SSHEnabled: hcloud.Ptr(true)},
		})
		subaccount = created.Subaccount
		return wait(ctx, err, created.Action)
	})
	does(t, "find the subaccount", func(ctx context.Context) error {
		row, _, err := client.StorageBox.GetSubaccountByID(ctx, box, subaccount.ID)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		subaccount = row
		subaccount.StorageBox = box
		return errors.Join(same("home", row.HomeDirectory, "go/home"), same("has a user", row.Username != "", true))
	})
	does(t, "find the subaccount by its user", func(ctx context.Context) error {
		row, _, err := client.StorageBox.GetSubaccountByUsername(ctx, box, subaccount.Username)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		return same("id", row.ID, subaccount.ID)
	})
	does(t, "update the subaccount", func(ctx context.Context) error {
		row, _, err := client.StorageBox.UpdateSubaccount(ctx, subaccount, hcloud.StorageBoxSubaccountUpdateOpts{Description: hcloud.Ptr("mine")})
		if err != nil {
			return err
		}
		return same("description", row.Description, "mine")
	})
	does(t, "change the home of the subaccount", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ChangeSubaccountHomeDirectory(ctx, subaccount, hcloud.StorageBoxSubaccountChangeHomeDirectoryOpts{
			HomeDirectory: "go/other",
		})
		return wait(ctx, err, action)
	})
	does(t, "access settings of the subaccount", func(ctx context.Context) error {
		action, _, err := client.StorageBox.UpdateSubaccountAccessSettings(ctx, subaccount, hcloud.StorageBoxSubaccountUpdateAccessSettingsOpts{
			Readonly: hcloud.Ptr(true),
		})
		return wait(ctx, err, action)
	})
	does(t, "reset the password of the subaccount", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ResetSubaccountPassword(ctx, subaccount, hcloud.StorageBoxSubaccountResetPasswordOpts{
			Password: password + "3",
		})
		return wait(ctx, err, action)
	})
	does(t, "delete the subaccount", func(ctx context.Context) error {
		deleted, _, err := client.StorageBox.DeleteSubaccount(ctx, subaccount)
		return wait(ctx, err, deleted.Action)
	})
	does(t, "change the type", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ChangeType(ctx, box, hcloud.StorageBoxChangeTypeOpts{
			StorageBoxType: &hcloud.StorageBoxType{Name: "bx21"},
		})
		return wait(ctx, err, action)
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ChangeProtection(ctx, box, hcloud.StorageBoxChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, _, err = client.StorageBox.Delete(ctx, box)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.StorageBox.ChangeProtection(ctx, box, hcloud.StorageBoxChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		deleted, _, err := client.StorageBox.Delete(ctx, box)
		return wait(ctx, err, deleted.Action)
	})
}
