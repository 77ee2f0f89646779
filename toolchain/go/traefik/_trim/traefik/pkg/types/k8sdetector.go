package types

import (
	"context"

	"go.opentelemetry.io/otel/sdk/resource"
)

// K8sAttributesDetector detects nothing: this build does not run in Kubernetes, whose client was left out.
type K8sAttributesDetector struct{}

// Detect adds no attributes.
func (K8sAttributesDetector) Detect(context.Context) (*resource.Resource, error) {
	return resource.Empty(), nil
}
