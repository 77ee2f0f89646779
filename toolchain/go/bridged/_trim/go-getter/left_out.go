package getter

import (
	"fmt"
	"net/url"
)

// GCSGetter and S3Getter stand for the getters that were left out of this build: see toolchain/README.md.
type (
	GCSGetter struct{ leftOut }
	S3Getter  struct{ leftOut }
)

type leftOut struct{}

func (leftOut) Get(_ string, u *url.URL) error     { return refused(u) }
func (leftOut) GetFile(_ string, u *url.URL) error { return refused(u) }

func (leftOut) ClientMode(u *url.URL) (ClientMode, error) { return ClientModeInvalid, refused(u) }

func (leftOut) SetClient(*Client) {}

func refused(u *url.URL) error {
	return fmt.Errorf("%s: fetching from S3 and Google Cloud Storage is left out of this build of the provider", u)
}
