// Package leftout says what this build of the CLI lacks: see toolchain/README.md.
package leftout

import (
	"fmt"

	"github.com/spf13/cobra"
)

// Error is what somebody reads who asks for something that was left out.
func Error(what string) error {
	return fmt.Errorf("%s: left out of this build of the Pulumi CLI, which was compiled on this machine "+
		"from its published sources (toolchain/README.md of hetzner-platform says what it lacks). "+
		"The official CLI of the same version has it: https://www.pulumi.com/docs/install", what)
}

// NewCommand stands for a command that was left out.
func NewCommand(name, short string) *cobra.Command {
	return &cobra.Command{
		Use:                name,
		Short:              short + " (not in this build)",
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return Error("the command `pulumi " + name + "`")
		},
	}
}
