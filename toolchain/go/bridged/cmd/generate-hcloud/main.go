// Writes the schema and the bridge metadata that the hcloud plugin needs at start.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"hetzner-platform/toolchain/bridged/hcloud"
)

// version is set by the linker.
var version string

func main() { tfgen.MainWithMuxer("hcloud", hcloud.Provider([]byte("{}"), version)) }
