// Writes the schema and the bridge metadata that the docker plugin needs at start.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"

	"hetzner-platform/toolchain/bridged/docker"
)

// version is set by the linker.
var version string

func main() { tfgen.Main("docker", version, docker.Provider([]byte("{}"), version)) }
