package s3event

import (
	"fmt"

	"github.com/versity/versitygw/internal/leftout"
)

// InitKafkaEventService refuses.
func InitKafkaEventService(_, _, _ string, _ EventFilter) (S3EventSender, error) {
	return nil, leftout.Error("events to Kafka")
}

// InitNatsEventService refuses.
func InitNatsEventService(_, _ string, _ EventFilter) (S3EventSender, error) {
	return nil, leftout.Error("events to NATS")
}

// InitRabbitmqEventService refuses.
func InitRabbitmqEventService(_, _, _ string, _ EventFilter) (S3EventSender, error) {
	return nil, leftout.Error("events to RabbitMQ")
}

var events uint64

// genSequencer numbers events, of which those to a web hook are left.
func genSequencer() string {
	events++
	return fmt.Sprintf("%X", events)
}
