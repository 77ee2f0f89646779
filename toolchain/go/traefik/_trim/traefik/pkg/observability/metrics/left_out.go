package metrics

import (
	"context"

	otypes "github.com/traefik/traefik/v3/pkg/observability/types"
)

// RegisterInfluxDB2 is never called: the static configuration that asks for it is refused at the start.
func RegisterInfluxDB2(context.Context, *otypes.InfluxDB2) Registry { return nil }

// StopInfluxDB2 has nothing to stop.
func StopInfluxDB2() {}
