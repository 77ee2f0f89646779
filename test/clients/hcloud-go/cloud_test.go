// Package hcloudgo drives the local cloud with Hetzner's own Go client. Each subtest is one operation.
package hcloudgo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

var (
	client *hcloud.Client
	// served holds the operations of the local cloud that can succeed, such as "POST /servers".
	served = map[string]bool{}
)

func TestMain(m *testing.M) {
	if os.Getenv("HCLOUD_ENDPOINT") == "" {
		fmt.Fprintln(os.Stderr, "run this through test/clients/hcloudGo.host.test.ts: it starts the cloud that is tested")
		os.Exit(1)
	}
	for _, operation := range strings.Split(os.Getenv("SERVED_OPERATIONS"), "\n") {
		served[operation] = true
	}
	client = newClient(os.Getenv("HCLOUD_ENDPOINT"))
	os.Exit(m.Run())
}

// newClient polls fast, since actions in memory end at once, and is otherwise what every program gets.
func newClient(endpoint string, more ...hcloud.ClientOption) *hcloud.Client {
	options := []hcloud.ClientOption{
		hcloud.WithEndpoint(endpoint),
		hcloud.WithHetznerEndpoint(endpoint),
		hcloud.WithToken(os.Getenv("HCLOUD_TOKEN")),
		hcloud.WithApplication("hetzner-platform-test", "1"),
		hcloud.WithPollOpts(hcloud.PollOpts{BackoffFunc: hcloud.ConstantBackoff(5 * time.Millisecond)}),
	}
	return hcloud.NewClient(append(options, more...)...)
}

// needs skips the rest of a test when the local cloud has none of these operations.
func needs(t *testing.T, operations ...string) {
	t.Helper()
	for _, operation := range operations {
		if !served[operation] {
			t.Skipf("the local cloud does not serve %s", operation)
		}
	}
}

// does runs one operation; what follows a failed one would only fail with it.
func does(t *testing.T, what string, operation func(ctx context.Context) error, needed ...string) {
	t.Helper()
	passed := t.Run(what, func(t *testing.T) {
		needs(t, needed...)
		if err := operation(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if !passed {
		t.FailNow()
	}
}

// wait returns the error of a call, or that of the actions which it began.
func wait(ctx context.Context, err error, actions ...*hcloud.Action) error {
	if err != nil {
		return err
	}
	running := make([]*hcloud.Action, 0, len(actions))
	for _, action := range actions {
		if action != nil {
			running = append(running, action)
		}
	}
	return client.Action.WaitFor(ctx, running...)
}

// same says how a value differs from what it should be.
func same[V comparable](what string, got, wanted V) error {
	if got != wanted {
		return fmt.Errorf("%s is %v, not %v", what, got, wanted)
	}
	return nil
}

// refused says when a call was not refused with this code.
func refused(err error, code hcloud.ErrorCode) error {
	if hcloud.IsError(err, code) {
		return nil
	}
	return fmt.Errorf("wanted the error %s, got %v", code, err)
}

// lookups are the ways in which a client finds an object of one kind.
type lookups[R any] struct {
	get      func(context.Context, string) (*R, *hcloud.Response, error)
	byID     func(context.Context, int64) (*R, *hcloud.Response, error)
	byName   func(context.Context, string) (*R, *hcloud.Response, error)
	all      func(context.Context) ([]*R, error)
	selected func(context.Context, hcloud.ListOpts) ([]*R, *hcloud.Response, error)
	id       func(*R) int64
}

// finds looks an object up in every way; name is "" for kinds without names, selected nil for those without labels.
func finds[R any](t *testing.T, look lookups[R], id int64, name string) {
	t.Helper()
	is := func(row *R, _ *hcloud.Response, err error) error {
		if err != nil {
			return err
		}
		if row == nil {
			return errors.New("found nothing")
		}
		return same("id", look.id(row), id)
	}
	does(t, "get by id", func(ctx context.Context) error { return is(look.byID(ctx, id)) })
	does(t, "get by id as text", func(ctx context.Context) error { return is(look.get(ctx, fmt.Sprint(id))) })
	if name != "" {
		does(t, "get by name", func(ctx context.Context) error { return is(look.byName(ctx, name)) })
		does(t, "get by name or id", func(ctx context.Context) error { return is(look.get(ctx, name)) })
	}
	does(t, "get nothing for an unknown id", func(ctx context.Context) error {
		row, _, err := look.byID(ctx, 4_711)
		if row != nil {
			return errors.New("found something")
		}
		return err
	})
	has := func(rows []*R, err error) error {
		if err != nil {
			return err
		}
		for _, row := range rows {
			if look.id(row) == id {
				return nil
			}
		}
		return fmt.Errorf("%d is not among %d", id, len(rows))
	}
	does(t, "list all pages", func(ctx context.Context) error { return has(look.all(ctx)) })
	if look.selected == nil {
		return
	}
	does(t, "list by label", func(ctx context.Context) error {
		rows, _, err := look.selected(ctx, hcloud.ListOpts{LabelSelector: "client=go,!other"})
		return has(rows, err)
	})
	does(t, "list nothing by another label", func(ctx context.Context) error {
		rows, response, err := look.selected(ctx, hcloud.ListOpts{LabelSelector: "client in (python,ruby)", PerPage: 10})
		if err != nil {
			return err
		}
		return errors.Join(same("rows", len(rows), 0), same("total", response.Meta.Pagination.TotalEntries, 0))
	})
}

var labels = map[string]string{"client": "go"}
