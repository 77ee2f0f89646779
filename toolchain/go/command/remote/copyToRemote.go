package remote

import (
	"context"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/infer"
	"github.com/pulumi/pulumi-go-provider/infer/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// CopyToRemote copies a file, a text or a directory to a host.
type CopyToRemote struct{}

// Annotate sets the token that the npm package registers.
func (c *CopyToRemote) Annotate(annotate infer.Annotator) {
	annotate.SetToken("remote", "CopyToRemote")
	annotate.Describe(&c, "A file, a text or a directory that is copied to a host over SFTP.")
}

// CopyToRemoteInputs are the arguments of a CopyToRemote.
type CopyToRemoteInputs struct {
	Connection *Connection          `pulumi:"connection" provider:"secret"`
	Triggers   *[]any               `pulumi:"triggers,optional" provider:"replaceOnChanges"`
	Source     types.AssetOrArchive `pulumi:"source"`
	RemotePath string               `pulumi:"remotePath"`
}

// Annotate describes the arguments.
func (c *CopyToRemoteInputs) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c.Connection, "How to reach the host.")
	annotate.Describe(&c.Triggers, "The resource is replaced when one of these values changes.")
	annotate.Describe(&c.Source, "A file, a text, or an archive that names a directory or a file.")
	annotate.Describe(&c.RemotePath, "Destination. Missing parent directories are created.")
}

// CopyToRemoteOutputs is the state of a CopyToRemote.
type CopyToRemoteOutputs struct{ CopyToRemoteInputs }

// Check refuses sources that cannot be copied.
func (*CopyToRemote) Check(
	ctx context.Context, request infer.CheckRequest,
) (infer.CheckResponse[CopyToRemoteInputs], error) {
	inputs, failures, err := infer.DefaultCheck[CopyToRemoteInputs](ctx, request.NewInputs)
	response := infer.CheckResponse[CopyToRemoteInputs]{Inputs: inputs, Failures: failures}
	// What another resource still has to compute cannot be judged.
	if err != nil || property.New(request.NewInputs).HasComputed() {
		return response, err
	}
	asset, archive := inputs.Source.Asset, inputs.Source.Archive
	switch {
	case asset == nil && archive == nil:
		response.Failures = append(response.Failures, provider.CheckFailure{
			Property: "source", Reason: "must be a file, a text or an archive",
		})
	case asset != nil && !asset.IsPath() && !asset.IsText(),
		archive != nil && !archive.IsPath():
		response.Failures = append(response.Failures, provider.CheckFailure{
			Property: "source", Reason: "must name a path on this machine or be a text; a URI or a set of assets cannot be copied",
		})
	}
	return response, nil
}

// Create copies.
func (*CopyToRemote) Create(
	ctx context.Context, request infer.CreateRequest[CopyToRemoteInputs],
) (infer.CreateResponse[CopyToRemoteOutputs], error) {
	state := CopyToRemoteOutputs{request.Inputs}
	id, err := resource.NewUniqueHex(request.Name, 8, 0)
	if err == nil && !request.DryRun {
		err = state.copy(ctx)
	}
	return infer.CreateResponse[CopyToRemoteOutputs]{ID: id, Output: state}, err
}

// Update copies when the content or the destination changed; another connection alone is recorded.
func (*CopyToRemote) Update(
	ctx context.Context, request infer.UpdateRequest[CopyToRemoteInputs, CopyToRemoteOutputs],
) (infer.UpdateResponse[CopyToRemoteOutputs], error) {
	state := CopyToRemoteOutputs{request.Inputs}
	var err error
	changed := request.State.contentHash() != state.contentHash() || request.State.RemotePath != state.RemotePath
	if !request.DryRun && changed {
		err = state.copy(ctx)
	}
	return infer.UpdateResponse[CopyToRemoteOutputs]{Output: state}, err
}

func (c *CopyToRemoteInputs) contentHash() string {
	if c.Source.Asset != nil {
		return c.Source.Asset.Hash
	}
	if c.Source.Archive != nil {
		return c.Source.Archive.Hash
	}
	return ""
}

func (c *CopyToRemoteInputs) copy(ctx context.Context) error {
	return withTransfer(ctx, c.Connection, func(t *transfer) error {
		switch {
		case c.Source.Archive != nil:
			return t.copyPath(c.Source.Archive.Path, c.RemotePath)
		case c.Source.Asset.IsText():
			return t.copyText(c.Source.Asset.Text, c.RemotePath)
		default:
			return t.copyPath(c.Source.Asset.Path, c.RemotePath)
		}
	})
}
