package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestLocalCommandLifeCycle(t *testing.T) {
	e, folder := newEngine(t, "local:Command"), t.TempDir()
	inputs := values{
		"dir":         property.New(folder),
		"environment": property.New(values{"NAME": property.New("made")}),
		"stdin":       property.New("from stdin"),
		"create":      property.New("cat; touch $NAME.txt hidden.txt"),
		"delete":      property.New("rm made.txt"),
		"assetPaths":  property.New([]property.Value{property.New("*.txt"), property.New("!hidden*")}),
	}
	state := e.create(inputs)
	expectText(t, state, "stdout", "from stdin")
	assets := state.Get("assets").AsMap()
	if assets.Len() != 1 || !assets.Get("made.txt").IsAsset() {
		t.Errorf("assets are %v", assets)
	}
	state = e.update(state, with(inputs, values{"update": property.New("echo $PULUMI_COMMAND_STDOUT")}))
	expectText(t, state, "stdout", "from stdin")
	e.delete(state)
	if _, err := os.Stat(filepath.Join(folder, "made.txt")); !os.IsNotExist(err) {
		t.Error("the delete command did not run")
	}
}

func TestLocalCommandError(t *testing.T) {
	_, err := newEngine(t, "local:Command").tryCreate(values{
		"create": property.New("echo the reason >&2; : secret-in-script; exit 4"),
	})
	if err == nil || !strings.Contains(err.Error(), "exit code 4") || !strings.Contains(err.Error(), "the reason") {
		t.Errorf("a failed command gives %v", err)
	}
	if err != nil && strings.Contains(err.Error(), "secret-in-script") {
		t.Errorf("the error shows the command: %s", err)
	}
}

func TestLocalCommandTimeoutEndsChildren(t *testing.T) {
	e := newEngine(t, "local:Command")
	pidFile := filepath.Join(t.TempDir(), "pid")
	inputs := e.check(values{"create": property.New("sleep 600 & echo $! > " + pidFile + "; wait")})
	if _, err := e.Create(provider.CreateRequest{Urn: e.urn(), Properties: inputs, Timeout: 1}); err == nil {
		t.Error("a command that takes too long succeeded")
	}
	process := "/proc/" + strings.TrimSpace(readFile(t, pidFile))
	waitFor(t, "the child to end", func() bool { _, err := os.Stat(process); return os.IsNotExist(err) })
}

func TestLocalRun(t *testing.T) {
	response, err := newEngine(t, "").Invoke(provider.InvokeRequest{
		Token: "command:local:run",
		Args: property.NewMap(values{
			"command":     property.New("echo $NAME"),
			"environment": property.New(values{"NAME": property.New("run")}),
		}),
	})
	if err != nil || response.Return.Get("stdout").AsString() != "run" {
		t.Errorf("run gives %v %v", response, err)
	}
}
