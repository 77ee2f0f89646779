package hcloudgo

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func TestZone(t *testing.T) {
	needs(t, "POST /zones")
	result, _, err := client.Zone.Create(t.Context(), hcloud.ZoneCreateOpts{
		Name: "example.org", Mode: hcloud.ZoneModePrimary, TTL: hcloud.Ptr(3600), Labels: labels,
		RRSets: []hcloud.ZoneCreateOptsRRSet{
			{Name: "www", Type: hcloud.ZoneRRSetTypeA, Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.1"}}},
		},
	})
	if err := wait(t.Context(), err, result.Action); err != nil {
		t.Fatal(err)
	}
	zone := result.Zone
	finds(t, lookups[hcloud.Zone]{
		get: client.Zone.Get, byID: client.Zone.GetByID, byName: client.Zone.GetByName, all: client.Zone.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Zone, *hcloud.Response, error) {
			return client.Zone.List(ctx, hcloud.ZoneListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Zone) int64 { return row.ID },
	}, zone.ID, "example.org")
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Zone.Update(ctx, zone, hcloud.ZoneUpdateOpts{Labels: map[string]string{"client": "go", "more": ""}})
		if err != nil {
			return err
		}
		return same("labels", len(row.Labels), 2)
	})
	does(t, "change the TTL", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeTTL(ctx, zone, hcloud.ZoneChangeTTLOpts{TTL: 600})
		return wait(ctx, err, action)
	})
	var set *hcloud.ZoneRRSet
	does(t, "create a record set", func(ctx context.Context) error {
		created, _, err := client.Zone.CreateRRSet(ctx, zone, hcloud.ZoneRRSetCreateOpts{
			Name: "mail", Type: hcloud.ZoneRRSetTypeA, TTL: hcloud.Ptr(300), Labels: labels,
			Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.2", Comment: "first"}},
		})
		set = created.RRSet
		return wait(ctx, err, created.Action)
	})
	// records reads the set again and compares its number of records.
	records := func(ctx context.Context, wanted int) error {
		row, _, err := client.Zone.GetRRSetByNameAndType(ctx, zone, "mail", hcloud.ZoneRRSetTypeA)
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found no record set"))
		}
		return same("records", len(row.Records), wanted)
	}
	does(t, "get a record set by its id", func(ctx context.Context) error {
		row, _, err := client.Zone.GetRRSetByID(ctx, zone, "mail/A")
		if err != nil || row == nil {
			return errors.Join(err, errors.New("found nothing"))
		}
		return errors.Join(same("TTL", *row.TTL, 300), same("comment", row.Records[0].Comment, "first"))
	})
	does(t, "list all record sets", func(ctx context.Context) error {
		rows, err := client.Zone.AllRRSets(ctx, zone)
		if err != nil {
			return err
		}
		return same("has SOA, NS, www and mail", len(rows) >= 4, true)
	})
	does(t, "list record sets of a type", func(ctx context.Context) error {
		rows, _, err := client.Zone.ListRRSets(ctx, zone, hcloud.ZoneRRSetListOpts{Type: []hcloud.ZoneRRSetType{hcloud.ZoneRRSetTypeA}})
		return errors.Join(err, same("rows", len(rows), 2))
	})
	does(t, "add records", func(ctx context.Context) error {
		action, _, err := client.Zone.AddRRSetRecords(ctx, set, hcloud.ZoneRRSetAddRecordsOpts{
			Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.3"}},
		})
		return errors.Join(wait(ctx, err, action), records(ctx, 2))
	})
	does(t, "update records", func(ctx context.Context) error {
		action, _, err := client.Zone.UpdateRRSetRecords(ctx, set, hcloud.ZoneRRSetUpdateRecordsOpts{
			Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.3", Comment: "second"}},
		})
		return wait(ctx, err, action)
	})
	does(t, "remove records", func(ctx context.Context) error {
		action, _, err := client.Zone.RemoveRRSetRecords(ctx, set, hcloud.ZoneRRSetRemoveRecordsOpts{
			Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.3"}},
		})
		return errors.Join(wait(ctx, err, action), records(ctx, 1))
	})
	does(t, "set records", func(ctx context.Context) error {
		action, _, err := client.Zone.SetRRSetRecords(ctx, set, hcloud.ZoneRRSetSetRecordsOpts{
			Records: []hcloud.ZoneRRSetRecord{{Value: "198.51.100.4"}, {Value: "198.51.100.5"}, {Value: "198.51.100.6"}},
		})
		return errors.Join(wait(ctx, err, action), records(ctx, 3))
	})
	does(t, "change the TTL of a record set", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeRRSetTTL(ctx, set, hcloud.ZoneRRSetChangeTTLOpts{TTL: nil})
		return wait(ctx, err, action)
	})
	does(t, "label a record set", func(ctx context.Context) error {
		row, _, err := client.Zone.UpdateRRSet(ctx, set, hcloud.ZoneRRSetUpdateOpts{Labels: map[string]string{"a": "b"}})
		if err != nil {
			return err
		}
		return same("labels", len(row.Labels), 1)
	})
	does(t, "protect a record set", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeRRSetProtection(ctx, set, hcloud.ZoneRRSetChangeProtectionOpts{Change: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, _, err = client.Zone.DeleteRRSet(ctx, set)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete a record set", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeRRSetProtection(ctx, set, hcloud.ZoneRRSetChangeProtectionOpts{Change: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		deleted, _, err := client.Zone.DeleteRRSet(ctx, set)
		return wait(ctx, err, deleted.Action)
	})
	does(t, "export the zone file", func(ctx context.Context) error {
		exported, _, err := client.Zone.ExportZonefile(ctx, zone)
		if err != nil {
			return err
		}
		return same("has www", strings.Contains(exported.Zonefile, "198.51.100.1"), true)
	})
	does(t, "import a zone file", func(ctx context.Context) error {
		exported, _, err := client.Zone.ExportZonefile(ctx, zone)
		if err != nil {
			return err
		}
		action, _, err := client.Zone.ImportZonefile(ctx, zone, hcloud.ZoneImportZonefileOpts{
			Zonefile: exported.Zonefile + "\nftp IN A 198.51.100.7\n",
		})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		row, _, err := client.Zone.GetRRSetByNameAndType(ctx, zone, "ftp", hcloud.ZoneRRSetTypeA)
		return errors.Join(err, same("is there", row != nil, true))
	})
	does(t, "protect", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeProtection(ctx, zone, hcloud.ZoneChangeProtectionOpts{Delete: hcloud.Ptr(true)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		_, _, err = client.Zone.Delete(ctx, zone)
		return refused(err, hcloud.ErrorCodeProtected)
	})
	does(t, "delete", func(ctx context.Context) error {
		action, _, err := client.Zone.ChangeProtection(ctx, zone, hcloud.ZoneChangeProtectionOpts{Delete: hcloud.Ptr(false)})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		deleted, _, err := client.Zone.Delete(ctx, zone)
		return wait(ctx, err, deleted.Action)
	})
	does(t, "secondary zone with its name servers", func(ctx context.Context) error {
		created, _, err := client.Zone.Create(ctx, hcloud.ZoneCreateOpts{
			Name: "example.net", Mode: hcloud.ZoneModeSecondary,
			PrimaryNameservers: []hcloud.ZoneCreateOptsPrimaryNameserver{{Address: "198.51.100.9", Port: 53}},
		})
		if err := wait(ctx, err, created.Action); err != nil {
			return err
		}
		action, _, err := client.Zone.ChangePrimaryNameservers(ctx, created.Zone, hcloud.ZoneChangePrimaryNameserversOpts{
			PrimaryNameservers: []hcloud.ZoneChangePrimaryNameserversOptsPrimaryNameserver{{Address: "198.51.100.10"}},
		})
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		deleted, _, err := client.Zone.Delete(ctx, created.Zone)
		return wait(ctx, err, deleted.Action)
	})
}
