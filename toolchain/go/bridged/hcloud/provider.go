// Package hcloud maps the Terraform provider of Hetzner Cloud to Pulumi tokens.
package hcloud

import (
	"context"

	upstream "github.com/hetznercloud/terraform-provider-hcloud/hcloud"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// Pulumi resource ids are strings; these resources have an integer id upstream.
var integerIDs = []string{
	"hcloud_storage_box",
	"hcloud_storage_box_snapshot",
	"hcloud_storage_box_subaccount",
	"hcloud_zone",
}

// Provider describes the bridged provider. The metadata is the generator's output, the version
// that of the npm package which the plugin serves.
func Provider(metadata []byte, version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:                pf.MuxShimWithPF(context.Background(), sdkv2.NewProvider(upstream.Provider()), upstream.NewPluginProvider()),
		Name:             "hcloud",
		Version:          version,
		GitHubOrg:        "hetznercloud",
		UpstreamRepoPath: ".",
		MetadataInfo:     tfbridge.NewProviderMetadata(metadata),
		Resources:        map[string]*tfbridge.ResourceInfo{},
	}
	for _, name := range integerIDs {
		info.Resources[name] = &tfbridge.ResourceInfo{Fields: map[string]*tfbridge.SchemaInfo{"id": {Type: "string"}}}
	}
	info.MustComputeTokens(tokens.SingleModule("hcloud_", "index", tokens.MakeStandard("hcloud")))
	info.SetAutonaming(255, "-")
	return info
}
