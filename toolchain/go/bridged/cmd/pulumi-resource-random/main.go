// The plugin that the Pulumi engine starts for resources of @pulumi/random.
package main

import (
	"context"
	_ "embed"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"hetzner-platform/toolchain/bridged/random"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

// version is set by the linker.
var version string

func main() {
	pf.Main(context.Background(), "random", random.Provider(metadata, version), pf.ProviderMetadata{PackageSchema: schema})
}
