package main

import (
	"context"
	"log/slog"
	"testing"

	"github.com/blang/semver"
	provider "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi-go-provider/integration"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// engine calls the provider as the Pulumi engine does.
type engine struct {
	integration.Server
	t    *testing.T
	kind string
}

type values = map[string]property.Value

func newEngine(t *testing.T, kind string) *engine {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "")
	// The live log of the tests' commands would hide the tests' own messages.
	previous := slog.Default()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	t.Cleanup(func() { slog.SetDefault(previous) })
	plugin, err := newProvider()
	if err != nil {
		t.Fatal(err)
	}
	server, err := integration.NewServer(context.Background(), "command", semver.MustParse(version),
		integration.WithProvider(plugin))
	if err != nil {
		t.Fatal(err)
	}
	return &engine{server, t, kind}
}

func (e *engine) urn() resource.URN {
	return resource.URN("urn:pulumi:test::test::command:" + e.kind + "::it")
}

// check applies defaults and fails the test for refused inputs.
func (e *engine) check(inputs values) property.Map {
	e.t.Helper()
	response, err := e.Check(provider.CheckRequest{Urn: e.urn(), Inputs: property.NewMap(inputs)})
	if err != nil || len(response.Failures) > 0 {
		e.t.Fatalf("check: %v %v", err, response.Failures)
	}
	return response.Inputs
}

func (e *engine) tryCreate(inputs values) (property.Map, error) {
	e.t.Helper()
	response, err := e.Create(provider.CreateRequest{Urn: e.urn(), Properties: e.check(inputs)})
	return response.Properties, err
}

func (e *engine) create(inputs values) property.Map {
	e.t.Helper()
	state, err := e.tryCreate(inputs)
	if err != nil {
		e.t.Fatalf("create: %s", err)
	}
	return state
}

func (e *engine) update(state property.Map, inputs values) property.Map {
	e.t.Helper()
	response, err := e.Update(provider.UpdateRequest{ID: "it", Urn: e.urn(), State: state, Inputs: e.check(inputs)})
	if err != nil {
		e.t.Fatalf("update: %s", err)
	}
	return response.Properties
}

func (e *engine) diff(state property.Map, inputs values) provider.DiffResponse {
	e.t.Helper()
	response, err := e.Diff(provider.DiffRequest{ID: "it", Urn: e.urn(), State: state, Inputs: e.check(inputs)})
	if err != nil {
		e.t.Fatalf("diff: %s", err)
	}
	return response
}

func (e *engine) delete(state property.Map) {
	e.t.Helper()
	if err := e.Delete(provider.DeleteRequest{ID: "it", Urn: e.urn(), Properties: state}); err != nil {
		e.t.Fatalf("delete: %s", err)
	}
}

func text(state property.Map, name string) string { return state.Get(name).AsString() }

func expectText(t *testing.T, state property.Map, name, expected string) {
	t.Helper()
	if actual := text(state, name); actual != expected {
		t.Errorf("%s is %q, expected %q", name, actual, expected)
	}
}

// with returns inputs changed by overrides.
func with(inputs, overrides values) values {
	merged := values{}
	for name, value := range inputs {
		merged[name] = value
	}
	for name, value := range overrides {
		merged[name] = value
	}
	return merged
}
