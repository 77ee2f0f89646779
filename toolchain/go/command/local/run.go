package local

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Run is the function that runs a command at every update.
type Run struct{}

// Annotate sets the token that the npm package invokes.
func (r *Run) Annotate(annotate infer.Annotator) {
	annotate.SetToken("local", "run")
	annotate.Describe(&r, "Runs a command on the machine of the engine, at every run of the program.")
}

// RunInputs are the arguments of Run.
type RunInputs struct {
	ProcessInputs
	Command string `pulumi:"command"`
}

// Annotate describes the arguments.
func (r *RunInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&r.Command, "The command to run.")
}

// RunOutputs are the results of Run.
type RunOutputs struct {
	RunInputs
	ProcessOutputs
}

// Invoke runs the command.
func (*Run) Invoke(
	ctx context.Context, request infer.FunctionRequest[RunInputs],
) (infer.FunctionResponse[RunOutputs], error) {
	out := RunOutputs{RunInputs: request.Input}
	err := out.run(ctx, request.Input.Command, &out.ProcessOutputs)
	return infer.FunctionResponse[RunOutputs]{Output: out}, err
}
