// Writes the schema and the bridge metadata that the random plugin needs at start.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"hetzner-platform/toolchain/bridged/random"
)

// version is set by the linker.
var version string

func main() { tfgen.Main("random", random.Provider([]byte("{}"), version)) }
