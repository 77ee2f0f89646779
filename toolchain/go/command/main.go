// The plugin that the Pulumi engine starts for resources of @pulumi/command: commands and copies
// over SSH, and commands on the machine that runs the engine. Inputs, outputs and their meaning are
// those of version 1.2.1 of the npm package.
package main

import (
	"context"
	"fmt"
	"os"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"

	"hetzner-platform/toolchain/command/local"
	"hetzner-platform/toolchain/command/remote"
)

// version is set by the linker.
var version = "1.2.1"

func main() {
	plugin, err := newProvider()
	if err == nil {
		err = plugin.Run(context.Background(), "command", version)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newProvider() (provider.Provider, error) {
	return infer.NewProviderBuilder().
		WithResources(
			infer.Resource(&remote.Command{}),
			infer.Resource(&remote.CopyToRemote{}),
			infer.Resource(&remote.CopyFile{}),
			infer.Resource(&local.Command{}),
		).
		WithFunctions(infer.Function(&local.Run{})).
		Build()
}
