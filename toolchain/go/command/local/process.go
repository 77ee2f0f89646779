// Package local implements the resources that run commands on the machine of the engine.
package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hetzner-platform/toolchain/command/output"
)

// How long a cancelled command may clean up before it is killed.
const terminationGrace = 5 * time.Second

// Logging is the npm package's enum of this module.
type Logging output.Logging

// Values lists the enum for the schema.
func (Logging) Values() []infer.EnumValue[Logging] {
	values := []infer.EnumValue[Logging]{}
	for _, value := range output.Values() {
		values = append(values, infer.EnumValue[Logging]{
			Name: value.Name, Value: Logging(value.Value), Description: value.Description,
		})
	}
	return values
}

// ProcessInputs say how a process runs and which files it leaves.
type ProcessInputs struct {
	Interpreter            *[]string          `pulumi:"interpreter,optional"`
	Dir                    *string            `pulumi:"dir,optional"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	AssetPaths             *[]string          `pulumi:"assetPaths,optional"`
	ArchivePaths           *[]string          `pulumi:"archivePaths,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the arguments.
func (p *ProcessInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&p.Interpreter, "Program and arguments that receive the command. Defaults to /bin/sh -c.")
	annotate.Describe(&p.Dir, "Working directory; it must exist.")
	annotate.Describe(&p.Environment, "Variables in addition to those of the engine.")
	annotate.Describe(&p.Stdin, "The command's standard input.")
	annotate.Describe(&p.AssetPaths, "Patterns of files to return, one asset each; `!` excludes.")
	annotate.Describe(&p.ArchivePaths, "Patterns of files to return as one archive; `!` excludes.")
	annotate.Describe(&p.Logging, "Which streams appear in the live log. Defaults to both.")
	annotate.Describe(&p.AddPreviousOutputInEnv,
		"Whether the previous run's output is in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.")
	annotate.SetDefault(&p.AddPreviousOutputInEnv, true)
}

// ProcessOutputs are what a process printed and left.
type ProcessOutputs struct {
	Stdout  string                           `pulumi:"stdout"`
	Stderr  string                           `pulumi:"stderr"`
	Assets  *map[string]types.AssetOrArchive `pulumi:"assets,optional"`
	Archive *types.AssetOrArchive            `pulumi:"archive,optional"`
}

// Annotate describes the outputs.
func (p *ProcessOutputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&p.Stdout, "What the last command printed to standard output.")
	annotate.Describe(&p.Stderr, "What the last command printed to standard error.")
	annotate.Describe(&p.Assets, "The files that match assetPaths, by their path below the working directory.")
	annotate.Describe(&p.Archive, "The files that match archivePaths.")
}

// run executes one command and fills the outputs.
func (p *ProcessInputs) run(ctx context.Context, command string, out *ProcessOutputs) error {
	logging := output.StdoutAndStderr
	if p.Logging != nil {
		logging = output.Logging(*p.Logging)
	}
	capture := output.NewCapture(logging, provider.GetLogger(ctx).Info)
	process := p.process(ctx, command, out)
	process.Stdout, process.Stderr = capture.Stdout(), capture.Stderr()
	err := process.Run()
	capture.Close()
	if ctx.Err() != nil {
		return capture.Failure("local command", context.Cause(ctx))
	}
	if err != nil {
		return capture.Failure("local command", explain(err))
	}
	out.Stdout, out.Stderr = capture.Results()
	return p.collect(out)
}

func (p *ProcessInputs) process(ctx context.Context, command string, out *ProcessOutputs) *exec.Cmd {
	arguments := []string{"/bin/sh", "-c"}
	if p.Interpreter != nil && len(*p.Interpreter) > 0 {
		arguments = *p.Interpreter
	}
	arguments = append(append([]string{}, arguments...), command)
	process := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	if p.Dir != nil {
		process.Dir = *p.Dir
	}
	if p.Stdin != nil && *p.Stdin != "" {
		process.Stdin = strings.NewReader(*p.Stdin)
	}
	process.Env = p.environment(out)
	// A group of its own, so that the children of a shell end with it.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGTERM) }
	process.WaitDelay = terminationGrace
	return process
}

func (p *ProcessInputs) environment(out *ProcessOutputs) []string {
	variables := os.Environ()
	if p.Environment != nil {
		for name, value := range *p.Environment {
			variables = append(variables, name+"="+value)
		}
	}
	if p.AddPreviousOutputInEnv != nil && !*p.AddPreviousOutputInEnv {
		return variables
	}
	if out.Stdout != "" {
		variables = append(variables, output.PreviousStdout+"="+out.Stdout)
	}
	if out.Stderr != "" {
		variables = append(variables, output.PreviousStderr+"="+out.Stderr)
	}
	return variables
}

func (p *ProcessInputs) collect(out *ProcessOutputs) error {
	directory, err := filepath.Abs(".")
	if p.Dir != nil {
		directory, err = filepath.Abs(*p.Dir)
	}
	if err != nil {
		return err
	}
	if p.AssetPaths != nil {
		assets, err := matchingFiles(directory, *p.AssetPaths)
		if err != nil {
			return err
		}
		out.Assets = &assets
	}
	if p.ArchivePaths != nil {
		assets, err := matchingFiles(directory, *p.ArchivePaths)
		if err != nil {
			return err
		}
		content := map[string]any{}
		for name, asset := range assets {
			content[name] = asset.Asset
		}
		archive, err := resource.NewAssetArchive(content)
		if err != nil {
			return err
		}
		out.Archive = &types.AssetOrArchive{Archive: archive}
	}
	return nil
}

func explain(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() >= 0 {
		return fmt.Errorf("exit code %d", exit.ExitCode())
	}
	return err
}
