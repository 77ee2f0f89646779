package main

import (
	"os"
	"path/filepath"
	"testing"

	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func textAsset(t *testing.T, content string) property.Value {
	t.Helper()
	value, err := asset.FromText(content)
	if err != nil {
		t.Fatal(err)
	}
	return property.New(value)
}

func TestCopyToRemoteWritesText(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:CopyToRemote")
	destination := filepath.Join(t.TempDir(), "a", "b", "file")
	inputs := values{
		"connection": server.connection(nil),
		"remotePath": property.New(destination),
		"source":     textAsset(t, "one"),
	}
	state := e.create(inputs)
	if got := readFile(t, destination); got != "one" {
		t.Errorf("copied %q", got)
	}
	// Another connection alone copies nothing: what changed on the host since then stays.
	if err := os.WriteFile(destination, []byte("changed there"), 0o600); err != nil {
		t.Fatal(err)
	}
	state = e.update(state, with(inputs, values{"connection": server.connection(values{"perDialTimeout": property.New(9.0)})}))
	if got := readFile(t, destination); got != "changed there" {
		t.Errorf("another connection copied %q", got)
	}
	e.update(state, with(inputs, values{"source": textAsset(t, "two")}))
	if got := readFile(t, destination); got != "two" {
		t.Errorf("another text copied %q", got)
	}
}

func TestCopyToRemoteCopiesDirectories(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:CopyToRemote")
	source := filepath.Join(t.TempDir(), "site")
	if err := os.MkdirAll(filepath.Join(source, "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "deep", "page"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, expected := range map[string]string{source: "site/deep/page", source + "/": "deep/page"} {
		content, err := archive.FromPath(path)
		if err != nil {
			t.Fatal(err)
		}
		destination := filepath.Join(t.TempDir(), "destination")
		e.create(values{
			"connection": server.connection(nil),
			"remotePath": property.New(destination),
			"source":     property.New(content),
		})
		if got := readFile(t, filepath.Join(destination, expected)); got != "hello" {
			t.Errorf("%s: copied %q", path, got)
		}
	}
}

func TestCopyToRemoteRefusesWhatItCannotCopy(t *testing.T) {
	e := newEngine(t, "remote:CopyToRemote")
	assets, err := archive.FromAssets(map[string]any{"name": textAsset(t, "x").AsAsset()})
	if err != nil {
		t.Fatal(err)
	}
	response, err := e.Check(provider.CheckRequest{Urn: e.urn(), Inputs: property.NewMap(values{
		"connection": property.New(values{"host": property.New("127.0.0.1")}),
		"remotePath": property.New("/tmp/x"),
		"source":     property.New(assets),
	})})
	if err != nil || len(response.Failures) != 1 || response.Failures[0].Property != "source" {
		t.Errorf("check gives %v %v", response.Failures, err)
	}
}

func TestCopyFileCopies(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:CopyFile")
	folder := t.TempDir()
	source := filepath.Join(folder, "source")
	if err := os.WriteFile(source, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	e.create(values{
		"connection": server.connection(nil),
		"localPath":  property.New(source),
		"remotePath": property.New(filepath.Join(folder, "new", "target")),
	})
	if got := readFile(t, filepath.Join(folder, "new", "target")); got != "hello" {
		t.Errorf("copied %q", got)
	}
}
