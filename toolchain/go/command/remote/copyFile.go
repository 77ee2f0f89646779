package remote

import (
	"context"

	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// CopyFile copies one file. The npm package deprecates it for CopyToRemote.
type CopyFile struct{}

// Annotate sets the token that the npm package registers.
func (c *CopyFile) Annotate(annotate infer.Annotator) {
	annotate.SetToken("remote", "CopyFile")
	annotate.Describe(&c, "A file that is copied to a host over SFTP.")
	annotate.Deprecate(&c, "use CopyToRemote")
}

// CopyFileInputs are the arguments of a CopyFile.
type CopyFileInputs struct {
	Connection *Connection `pulumi:"connection" provider:"secret"`
	Triggers   *[]any      `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	LocalPath  string      `pulumi:"localPath"`
	RemotePath string      `pulumi:"remotePath"`
}

// Annotate describes the arguments.
func (c *CopyFileInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c.Connection, "How to reach the host.")
	annotate.Describe(&c.Triggers, "The resource is replaced when one of these values changes.")
	annotate.Describe(&c.LocalPath, "The file to copy.")
	annotate.Describe(&c.RemotePath, "Destination of the file.")
}

// CopyFileOutputs is the state of a CopyFile.
type CopyFileOutputs struct{ CopyFileInputs }

// Create copies.
func (*CopyFile) Create(
	ctx context.Context, request infer.CreateRequest[CopyFileInputs],
) (infer.CreateResponse[CopyFileOutputs], error) {
	state := CopyFileOutputs{request.Inputs}
	id, err := resource.NewUniqueHex(request.Name, 8, 0)
	if err == nil && !request.DryRun {
		err = state.copy(ctx)
	}
	return infer.CreateResponse[CopyFileOutputs]{ID: id, Output: state}, err
}

// Update copies again.
func (*CopyFile) Update(
	ctx context.Context, request infer.UpdateRequest[CopyFileInputs, CopyFileOutputs],
) (infer.UpdateResponse[CopyFileOutputs], error) {
	state := CopyFileOutputs{request.Inputs}
	var err error
	if !request.DryRun {
		err = state.copy(ctx)
	}
	return infer.UpdateResponse[CopyFileOutputs]{Output: state}, err
}

func (c *CopyFileInputs) copy(ctx context.Context) error {
	return withTransfer(ctx, c.Connection, func(t *transfer) error {
		return t.copyPath(c.LocalPath, c.RemotePath)
	})
}
