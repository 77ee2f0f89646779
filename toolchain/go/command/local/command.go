package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Command runs commands on this machine when it is created, updated and deleted.
type Command struct{}

// Annotate sets the token that the npm package registers.
func (c *Command) Annotate(annotate infer.Annotator) {
	annotate.SetToken("local", "Command")
	annotate.Describe(&c, "Commands that run on the machine of the engine.")
}

// CommandInputs are the arguments of a Command.
type CommandInputs struct {
	ProcessInputs
	Triggers *[]any  `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Create   *string `pulumi:"create,optional"`
	Update   *string `pulumi:"update,optional"`
	Delete   *string `pulumi:"delete,optional"`
}

// Annotate describes the arguments.
func (c *CommandInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c.Triggers, "The resource is replaced when one of these values changes.")
	annotate.Describe(&c.Create, "The command that runs when the resource is created.")
	annotate.Describe(&c.Update, "The command that runs when another argument changes. Defaults to `create`.")
	annotate.Describe(&c.Delete, "The command that runs when the resource is deleted.")
}

// CommandOutputs is the state of a Command.
type CommandOutputs struct {
	CommandInputs
	ProcessOutputs
}

// Create runs the create command.
func (*Command) Create(
	ctx context.Context, request infer.CreateRequest[CommandInputs],
) (infer.CreateResponse[CommandOutputs], error) {
	state := CommandOutputs{CommandInputs: request.Inputs}
	id, err := resource.NewUniqueHex(request.Name, 8, 0)
	if err == nil && !request.DryRun {
		err = state.execute(ctx, request.Inputs.Create)
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
		err = state.execute(ctx, command)
	}
	return infer.UpdateResponse[CommandOutputs]{Output: state}, err
}

// Delete runs the delete command.
func (*Command) Delete(
	ctx context.Context, request infer.DeleteRequest[CommandOutputs],
) (infer.DeleteResponse, error) {
	return infer.DeleteResponse{}, request.State.execute(ctx, request.State.Delete)
}

func (c *CommandOutputs) execute(ctx context.Context, command *string) error {
	if command == nil {
		return nil
	}
	return c.run(ctx, *command, &c.ProcessOutputs)
}
