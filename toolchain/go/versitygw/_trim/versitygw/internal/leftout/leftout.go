// Package leftout says what this build of the gateway lacks: see toolchain/README.md.
package leftout

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

// Error is what somebody reads who asks for something that was left out.
func Error(what string) error {
	return fmt.Errorf("%s: left out of this build of versitygw, which was compiled from its published sources "+
		"(toolchain/README.md of hetzner-platform says what it lacks). "+
		"The official image of the same version has it: https://hub.docker.com/r/versity/versitygw", what)
}

// NewCommand stands for a command that was left out.
func NewCommand(name, usage string) *cli.Command {
	return &cli.Command{
		Name:            name,
		Usage:           usage + " (not in this build)",
		SkipFlagParsing: true,
		Action:          func(*cli.Context) error { return Error("the command `versitygw " + name + "`") },
	}
}
