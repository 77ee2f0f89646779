// The plugin that the Pulumi engine starts for resources of @pulumi/hcloud.
package main

import (
	"context"
	_ "embed"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"hetzner-platform/toolchain/bridged/hcloud"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

// version is set by the linker.
var version string

func main() {
	pf.MainWithMuxer(context.Background(), "hcloud", hcloud.Provider(metadata, version), schema)
}
