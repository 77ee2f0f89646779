package output

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestCaptureLogsTheStreamsThatLoggingNames(t *testing.T) {
	for logging, expected := range map[Logging][]string{
		"":              {"out 1", "problem", "out 2"},
		StdoutAndStderr: {"out 1", "problem", "out 2"},
		Stdout:          {"out 1", "out 2"},
		Stderr:          {"problem"},
		None:            nil,
	} {
		var logged []string
		capture := NewCapture(logging, func(line string) { logged = append(logged, line) })
		fmt.Fprint(capture.Stdout(), "out")
		fmt.Fprint(capture.Stdout(), " 1\n")
		fmt.Fprint(capture.Stderr(), "problem\r\n")
		fmt.Fprint(capture.Stdout(), "out 2")
		capture.Close()
		if !slices.Equal(logged, expected) {
			t.Errorf("%q logs %q, expected %q", logging, logged, expected)
		}
		if stdout, stderr := capture.Results(); stdout != "out 1\nout 2" || stderr != "problem\r" {
			t.Errorf("%q captures %q and %q", logging, stdout, stderr)
		}
	}
}

func TestCaptureLogsLongLinesInPieces(t *testing.T) {
	longest, total := 0, 0
	capture := NewCapture(Stdout, func(line string) { longest, total = max(longest, len(line)), total+len(line) })
	fmt.Fprintln(capture.Stdout(), strings.Repeat("x", 200_000))
	capture.Close()
	if total != 200_000 || longest > longestLine {
		t.Errorf("logged %d bytes, the longest line %d", total, longest)
	}
}

func TestFailureShowsTheEndOnly(t *testing.T) {
	capture := NewCapture(None, func(string) {})
	for line := range 10_000 {
		fmt.Fprintf(capture.Stdout(), "line %d\n", line)
	}
	message := capture.Failure("command", fmt.Errorf("exit code 1")).Error()
	if !strings.Contains(message, "line 9999") || strings.Contains(message, "line 9900\n") {
		t.Errorf("the message is %q", message)
	}
}

func TestFailureDoesNotRepeatWhatTheLiveLogShows(t *testing.T) {
	capture := NewCapture(Stdout, func(string) {})
	fmt.Fprintln(capture.Stdout(), "installing")
	fmt.Fprintln(capture.Stderr(), "the registry says no")
	message := capture.Failure("command", fmt.Errorf("exit code 1")).Error()
	if strings.Contains(message, "installing") || strings.Count(message, "the registry says no") != 1 {
		t.Errorf("the message is %q", message)
	}
	quiet := NewCapture(Stdout, func(string) {})
	fmt.Fprintln(quiet.Stdout(), "all there is")
	if message := quiet.Failure("command", fmt.Errorf("exit code 1")).Error(); !strings.Contains(message, "all there is") {
		t.Errorf("the message is %q", message)
	}
}
