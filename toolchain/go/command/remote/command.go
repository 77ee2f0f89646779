package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"hetzner-platform/toolchain/command/output"
)

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

// Command runs commands on a host when it is created, updated and deleted.
type Command struct{}

// Annotate sets the token that the npm package registers.
func (c *Command) Annotate(annotate infer.Annotator) {
	annotate.SetToken("remote", "Command")
	annotate.Describe(&c, "Commands that run on a host over SSH.")
}

// CommandInputs are the arguments of a Command.
type CommandInputs struct {
	Connection             *Connection        `pulumi:"connection" provider:"secret"`
	Environment            *map[string]string `pulumi:"environment,optional"`
	Triggers               *[]any             `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create                 *string            `pulumi:"create,optional"`
	Update                 *string            `pulumi:"update,optional"`
	Delete                 *string            `pulumi:"delete,optional"`
	Stdin                  *string            `pulumi:"stdin,optional"`
	Logging                *Logging           `pulumi:"logging,optional"`
	AddPreviousOutputInEnv *bool              `pulumi:"addPreviousOutputInEnv,optional"`
}

// Annotate describes the arguments.
func (c *CommandInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c.Connection, "How to reach the host.")
	annotate.Describe(&c.Environment, "Variables of the command. The SSH server must list them in AcceptEnv.")
	annotate.Describe(&c.Triggers, "The resource is replaced when one of these values changes.")
	annotate.Describe(&c.Create, "The command that runs when the resource is created.")
	annotate.Describe(&c.Update, "The command that runs when another argument changes. Defaults to `create`.")
	annotate.Describe(&c.Delete, "The command that runs when the resource is deleted.")
	annotate.Describe(&c.Stdin, "The command's standard input.")
	annotate.Describe(&c.Logging, "Which streams appear in the live log. Defaults to both.")
	annotate.Describe(&c.AddPreviousOutputInEnv,
		"Whether the previous run's output is in PULUMI_COMMAND_STDOUT and PULUMI_COMMAND_STDERR.")
	annotate.SetDefault(&c.AddPreviousOutputInEnv, true)
}

// CommandOutputs is the state of a Command.
type CommandOutputs struct {
	CommandInputs
	Stdout string `pulumi:"stdout"`
	Stderr string `pulumi:"stderr"`
}

// Annotate describes the outputs.
func (c *CommandOutputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c.Stdout, "What the last command printed to standard output.")
	annotate.Describe(&c.Stderr, "What the last command printed to standard error.")
}

// Create runs the create command.
func (*Command) Create(
	ctx context.Context, request infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: request.Inputs}
	id, err := resource.NewUniqueHex(request.Name, 8, 0)
	if err == nil && !request.DryRun {
		err = state.run(ctx, request.Inputs.Create)
	}
	return infer.CreateResponse[CommandOutputs]{ID: id, Output: state}, err
}

// Update runs the update command, or the create command where there is none.
func (*Command) Update(
	ctx context.Context, request infer.UpdateRequest[CommandInputs, CommandOutputs],
) (infer.UpdateResponse[CommandOutputs], error) {
	state := request.State
	state.CommandInputs = request.Inputs
	var err error
	if !request.DryRun {
		command := request.Inputs.Update
		if command == nil {
			command = request.Inputs.Create
		}
		err = state.run(ctx, command)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the delete command.
func (*Command) Delete(
	ctx context.Context, request infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, request.State.run(ctx, request.State.Delete)
}

func (c *CommandOutputs) run(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	script := script{connection: c.Connection, command: *command, stdin: c.Stdin, previous: map[string]string{}}
	if c.Environment != nil {
		script.environment = *c.Environment
	}
	if c.Logging != nil {
		script.logging = output.Logging(*c.Logging)
	}
	if c.AddPreviousOutputInEnv == nil || *c.AddPreviousOutputInEnv {
		for name, value := range map[string]string{output.PreviousStdout: c.Stdout, output.PreviousStderr: c.Stderr} {
			if value != "" {
				script.previous[name] = value
			}
		}
	}
	stdout, stderr, err := script.run(ctx)
	if err != nil {
		return err
	}
	c.Stdout, c.Stderr = stdout, stderr
	return nil
}
