// Package shim exposes the upstream provider, which lives in an internal package: the module path
// of this package lies below upstream's, so it may import it.
package shim

import (
	"github.com/hashicorp/terraform-plugin-framework/provider"
	upstream "github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// New returns the upstream provider.
func New() provider.Provider { return upstream.New() }
