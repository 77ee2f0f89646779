package diy

import (
	"context"
	"net/url"

	"gocloud.dev/blob"

	"github.com/pulumi/pulumi/pkg/v3/leftout"
)

// Registered all the same, so that whoever logs in there is told why it does not work.
func init() {
	for scheme, storage := range map[string]string{
		"gs":     "state in Google Cloud Storage (gs://)",
		"azblob": "state in Azure Blob Storage (azblob://)",
	} {
		blob.DefaultURLMux().RegisterBucket(scheme, leftOut(storage))
	}
}

type leftOut string

func (storage leftOut) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return nil, leftout.Error(string(storage))
}
