package hcloudgo

import (
	"context"
	"testing"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

func TestCatalogue(t *testing.T) {
	t.Run("server types", func(t *testing.T) {
		finds(t, lookups[hcloud.ServerType]{
			get: client.ServerType.Get, byID: client.ServerType.GetByID, byName: client.ServerType.GetByName,
			all: client.ServerType.All, id: func(row *hcloud.ServerType) int64 { return row.ID },
		}, idOf(t, client.ServerType.GetByName, "cx23", func(row *hcloud.ServerType) int64 { return row.ID }), "cx23")
	})
	t.Run("locations", func(t *testing.T) {
		finds(t, lookups[hcloud.Location]{
			get: client.Location.Get, byID: client.Location.GetByID, byName: client.Location.GetByName,
			all: client.Location.All, id: func(row *hcloud.Location) int64 { return row.ID },
		}, idOf(t, client.Location.GetByName, "fsn1", func(row *hcloud.Location) int64 { return row.ID }), "fsn1")
	})
	t.Run("load balancer types", func(t *testing.T) {
		finds(t, lookups[hcloud.LoadBalancerType]{
			get: client.LoadBalancerType.Get, byID: client.LoadBalancerType.GetByID, byName: client.LoadBalancerType.GetByName,
			all: client.LoadBalancerType.All, id: func(row *hcloud.LoadBalancerType) int64 { return row.ID },
		}, idOf(t, client.LoadBalancerType.GetByName, "lb11", func(row *hcloud.LoadBalancerType) int64 { return row.ID }), "lb11")
	})
	t.Run("ISOs", func(t *testing.T) {
		isos, err := client.ISO.AllWithOpts(t.Context(), hcloud.ISOListOpts{
			Architecture: []hcloud.Architecture{hcloud.ArchitectureX86}, IncludeWildcardArchitecture: true,
		})
		if err != nil || len(isos) < 2 {
			t.Fatal(len(isos), err)
		}
		finds(t, lookups[hcloud.ISO]{
			get: client.ISO.Get, byID: client.ISO.GetByID, byName: client.ISO.GetByName,
			all: client.ISO.All, id: func(row *hcloud.ISO) int64 { return row.ID },
		}, isos[0].ID, isos[0].Name)
	})
	does(t, "prices", func(ctx context.Context) error {
		pricing, _, err := client.Pricing.Get(ctx)
		if err != nil {
			return err
		}
		return same("has prices of servers", len(pricing.ServerTypes) > 5 && len(pricing.PrimaryIPs) > 0, true)
	})
	does(t, "storage box types", func(ctx context.Context) error {
		types, err := client.StorageBoxType.All(ctx)
		if err != nil {
			return err
		}
		return same("has some", len(types) > 0, true)
	}, "GET /storage_box_types")
}

func idOf[R any](
	t *testing.T, find func(context.Context, string) (*R, *hcloud.Response, error), name string, id func(*R) int64,
) int64 {
	t.Helper()
	row, _, err := find(t.Context(), name)
	if err != nil || row == nil {
		t.Fatalf("%s: %v %v", name, row, err)
	}
	return id(row)
}
