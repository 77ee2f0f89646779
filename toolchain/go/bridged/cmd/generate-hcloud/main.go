// Writes the schema and the bridge metadata that the plugin needs at start.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"

	"hetzner-platform/toolchain/bridged/hcloud"
)

func main() { tfgen.MainWithMuxer("hcloud", hcloud.Provider([]byte("{}"))) }
