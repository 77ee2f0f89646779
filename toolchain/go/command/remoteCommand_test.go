package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestRemoteCommandLifeCycle(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	trace := filepath.Join(t.TempDir(), "trace")
	inputs := values{
		"connection": server.connection(nil),
		"create":     property.New("echo created; echo problem >&2; echo create >> " + trace),
		"delete":     property.New("echo delete >> " + trace),
		"triggers":   property.New([]property.Value{property.New("one")}),
	}
	state := e.create(inputs)
	expectText(t, state, "stdout", "created")
	expectText(t, state, "stderr", "problem")

	if e.diff(state, inputs).HasChanges {
		t.Error("the same inputs are a change")
	}
	if kind := e.diff(state, with(inputs, values{"stdin": property.New("x")})).DetailedDiff["stdin"].Kind; kind != provider.Add {
		t.Errorf("another stdin is %q, expected an update in place", kind)
	}
	// The npm package tells the engine to replace on changes of triggers[*].
	triggered := e.diff(state, with(inputs, values{"triggers": property.New([]property.Value{property.New("two")})}))
	if _, found := triggered.DetailedDiff["triggers[0]"]; !found {
		t.Errorf("other triggers are no change: %v", triggered.DetailedDiff)
	}

	state = e.update(state, with(inputs, values{"stdin": property.New("x")}))
	state = e.update(state, with(inputs, values{"update": property.New("echo $PULUMI_COMMAND_STDOUT again; echo update >> " + trace)}))
	expectText(t, state, "stdout", "created again")
	e.delete(state)
	if got := readFile(t, trace); got != "create\ncreate\nupdate\ndelete\n" {
		t.Errorf("ran %q", got)
	}
}

func TestRemoteCommandRunsNothingInPreview(t *testing.T) {
	e := newEngine(t, "remote:Command")
	inputs := e.check(values{
		"connection": property.New(values{"host": property.New("127.0.0.1"), "port": property.New(1.0)}),
		"create":     property.New("true"),
	})
	if _, err := e.Create(provider.CreateRequest{Urn: e.urn(), Properties: inputs, DryRun: true}); err != nil {
		t.Error(err)
	}
}

func TestRemoteCommandHidesStdin(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	copied := filepath.Join(t.TempDir(), "copied")
	// The pattern comes from a file: grep's own arguments must not contain it.
	state := e.create(values{
		"connection": server.connection(nil),
		"stdin":      property.New("tell-nobody-4711"),
		"create": property.New("umask 077; cat > " + copied + "; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null " +
			"| tr '\\0' '\\n' | grep -cFf " + copied + " || true"),
	})
	if got := readFile(t, copied); got != "tell-nobody-4711" {
		t.Errorf("stdin arrived as %q", got)
	}
	expectText(t, state, "stdout", "0")
}

func TestRemoteCommandErrorIsUsefulAndKeepsSecrets(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	_, err := e.tryCreate(values{
		"connection": server.connection(nil),
		"stdin":      property.New("secret-in-stdin"),
		"create":     property.New("echo first line; echo the reason >&2; : secret-in-script; exit 3"),
	})
	if err == nil {
		t.Fatal("a failed command is no error")
	}
	for _, expected := range []string{"exit code 3", "first line", "the reason", "127.0.0.1"} {
		if !strings.Contains(err.Error(), expected) {
			t.Errorf("the error lacks %q: %s", expected, err)
		}
	}
	for _, secret := range []string{"secret-in-stdin", "secret-in-script", "PRIVATE KEY"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q: %s", secret, err)
		}
	}
}

func TestRemoteCommandEnvironment(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	inputs := values{
		"connection":  server.connection(nil),
		"environment": property.New(values{"GREETING": property.New("hello")}),
		"create":      property.New("echo $GREETING"),
	}
	expectText(t, e.create(inputs), "stdout", "hello")
	_, err := e.tryCreate(with(inputs, values{"environment": property.New(values{"REFUSED": property.New("x")})}))
	if err == nil || !strings.Contains(err.Error(), "AcceptEnv") || !strings.Contains(err.Error(), "REFUSED") {
		t.Errorf("a refused variable gives %v", err)
	}
}

func TestRemoteCommandSurvivesLongLines(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	state := e.create(values{
		"connection": server.connection(nil),
		"logging":    property.New("stdoutAndStderr"),
		"create":     property.New("head -c 300000 /dev/zero | tr '\\0' x; head -c 300000 /dev/zero | tr '\\0' y >&2"),
	})
	if len(text(state, "stdout")) != 300_000 || len(text(state, "stderr")) != 300_000 {
		t.Errorf("captured %d and %d bytes", len(text(state, "stdout")), len(text(state, "stderr")))
	}
}

func TestRemoteCommandMayLeaveStdinUnread(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	state := e.create(values{
		"connection": server.connection(nil),
		"stdin":      property.New(strings.Repeat("x", 5_000_000)),
		"create":     property.New("echo done"),
	})
	expectText(t, state, "stdout", "done")
}

func TestRemoteCommandEndsWhenCancelled(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	pidFile := filepath.Join(t.TempDir(), "pid")
	inputs := e.check(values{
		"connection": server.connection(nil),
		"create":     property.New("sleep 600 & echo $! > " + pidFile + ".new; mv " + pidFile + ".new " + pidFile + "; wait"),
	})
	ended := make(chan error, 1)
	go func() {
		_, err := e.Create(provider.CreateRequest{Urn: e.urn(), Properties: inputs})
		ended <- err
	}()
	waitFor(t, "the command to start", func() bool { _, err := os.Stat(pidFile); return err == nil })
	if err := e.Cancel(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a cancelled command succeeded")
		}
	case <-time.After(15 * time.Second):
		t.Fatal("the provider does not return")
	}
	process := "/proc/" + strings.TrimSpace(readFile(t, pidFile))
	waitFor(t, "the remote process to end", func() bool { _, err := os.Stat(process); return os.IsNotExist(err) })
}

func TestRemoteCommandHonoursItsTimeout(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	inputs := e.check(values{"connection": server.connection(nil), "create": property.New("sleep 600")})
	started := time.Now()
	_, err := e.Create(provider.CreateRequest{Urn: e.urn(), Properties: inputs, Timeout: 1})
	if err == nil || time.Since(started) > 15*time.Second {
		t.Errorf("ended after %s with %v", time.Since(started), err)
	}
}

func TestRemoteCommandClosesItsConnections(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	e.create(values{"connection": server.connection(nil), "create": property.New("true")})
	waitFor(t, "the server to see the end of the connection", func() bool {
		return strings.Contains(server.printed(), "Disconnected from user") ||
			strings.Contains(server.printed(), "Connection closed by")
	})
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func waitFor(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); !happened(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 15 s for %s", what)
		}
	}
}
