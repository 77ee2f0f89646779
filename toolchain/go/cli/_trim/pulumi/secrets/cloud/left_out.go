package cloud

import (
	"context"
	"net/url"

	gosecrets "gocloud.dev/secrets"

	"github.com/pulumi/pulumi/pkg/v3/leftout"
)

func init() {
	for _, scheme := range []string{"awskms", "azurekeyvault", "gcpkms", "hashivault"} {
		gosecrets.DefaultURLMux().RegisterKeeper(scheme, leftOut(scheme))
	}
}

type leftOut string

func (scheme leftOut) OpenKeeperURL(context.Context, *url.URL) (*gosecrets.Keeper, error) {
	return nil, leftout.Error("the secrets provider " + string(scheme) + "://")
}
