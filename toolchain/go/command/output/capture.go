// Package output collects what a command prints: all of it for the resource's outputs, line by line
// for the live log, and the last lines for error messages.
package output

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/pulumi/pulumi-go-provider/infer"
)

// Logging says which streams appear in the live log.
type Logging string

// The values of the npm package's Logging enum.
const (
	Stdout          Logging = "stdout"
	Stderr          Logging = "stderr"
	StdoutAndStderr Logging = "stdoutAndStderr"
	None            Logging = "none"
)

// Values lists the enum for the schema.
func Values() []infer.EnumValue[Logging] {
	return []infer.EnumValue[Logging]{
		{Name: "Stdout", Value: Stdout, Description: "Log standard output only."},
		{Name: "Stderr", Value: Stderr, Description: "Log standard error only."},
		{Name: "StdoutAndStderr", Value: StdoutAndStderr, Description: "Log both streams."},
		{Name: "None", Value: None, Description: "Log nothing."},
	}
}

// Names of the variables that carry the previous run's output.
const (
	PreviousStdout = "PULUMI_COMMAND_STDOUT"
	PreviousStderr = "PULUMI_COMMAND_STDERR"
)

// An error message shows at most this much of the end of what was printed.
const (
	tailLines = 25
	tailBytes = 4096
)

// Capture collects both streams of one command. Create it with NewCapture.
type Capture struct {
	mu     sync.Mutex
	out    bytes.Buffer
	err    bytes.Buffer
	tail   []byte
	unseen []byte
	stdout stream
	stderr stream
}

// NewCapture sends the streams that logging names to log, one call per line.
func NewCapture(logging Logging, log func(line string)) *Capture {
	capture := &Capture{}
	if logging == "" {
		logging = StdoutAndStderr
	}
	capture.stdout = stream{capture: capture, whole: &capture.out}
	capture.stderr = stream{capture: capture, whole: &capture.err}
	if logging == Stdout || logging == StdoutAndStderr {
		capture.stdout.log = log
	}
	if logging == Stderr || logging == StdoutAndStderr {
		capture.stderr.log = log
	}
	return capture
}

// Stdout is the writer for the command's standard output.
func (c *Capture) Stdout() io.Writer { return &c.stdout }

// Stderr is the writer for the command's standard error.
func (c *Capture) Stderr() io.Writer { return &c.stderr }

// Close logs lines that did not end.
func (c *Capture) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stdout.flush()
	c.stderr.flush()
}

// Results returns both streams without the last line break.
func (c *Capture) Results() (stdout, stderr string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.TrimSuffix(c.out.String(), "\n"), strings.TrimSuffix(c.err.String(), "\n")
}

// Failure describes a failed run by its cause and the last lines that it printed, without those of a stream
// that the live log shows anyway. It names neither the command nor its input, which may contain secrets.
func (c *Capture) Failure(what string, cause error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail := strings.TrimSpace(string(c.unseen))
	if tail == "" {
		tail = strings.TrimSpace(string(c.tail))
	}
	if tail == "" {
		return fmt.Errorf("%s: %w; it printed nothing", what, cause)
	}
	lines := strings.Split(tail, "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	return fmt.Errorf("%s: %w; its last output was:\n%s", what, cause, strings.Join(lines, "\n"))
}
