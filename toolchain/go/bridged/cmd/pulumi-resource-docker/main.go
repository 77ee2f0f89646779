// The plugin that the Pulumi engine starts for resources of @pulumi/docker.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"hetzner-platform/toolchain/bridged/docker"
)

//go:embed schema.json
var schema []byte

//go:embed bridge-metadata.json
var metadata []byte

// version is set by the linker.
var version string

func main() {
	tfbridge.Main("docker", version, docker.Provider(metadata, version), schema)
}
