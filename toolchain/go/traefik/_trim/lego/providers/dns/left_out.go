// Package dns stands for the providers of DNS challenges that were left out.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

// NewDNSChallengeProviderByName refuses each of them, after the static configuration has been refused for it.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("the DNS provider %q is left out of this build of Traefik", name)
}
