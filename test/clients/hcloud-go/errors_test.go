package hcloudgo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// counter counts the answers of one status.
type counter struct {
	status int
	count  atomic.Int64
}

func (c *counter) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err == nil && response.StatusCode == c.status {
		c.count.Add(1)
	}
	return response, err
}

func (c *counter) client(endpoint string) *hcloud.Client {
	return newClient(endpoint, hcloud.WithHTTPClient(&http.Client{Transport: c}),
		hcloud.WithRetryOpts(hcloud.RetryOpts{BackoffFunc: hcloud.ConstantBackoff(200 * time.Millisecond), MaxRetries: 60}))
}

func TestErrors(t *testing.T) {
	does(t, "unknown object", func(ctx context.Context) error {
		_, err := client.Network.Delete(ctx, &hcloud.Network{ID: 4711})
		return refused(err, hcloud.ErrorCodeNotFound)
	})
	does(t, "invalid input with its fields", func(ctx context.Context) error {
		_, _, err := client.Server.Create(ctx, hcloud.ServerCreateOpts{
			Name: "$(reboot)", ServerType: small, Image: debian, Location: fsn1,
		})
		var problem hcloud.Error
		if !errors.As(err, &problem) || problem.Code != hcloud.ErrorCodeInvalidInput {
			return fmt.Errorf("got %v", err)
		}
		details, ok := problem.Details.(hcloud.ErrorDetailsInvalidInput)
		if !ok || len(details.Fields) != 1 {
			return fmt.Errorf("details are %T %+v", problem.Details, problem.Details)
		}
		return same("field", details.Fields[0].Name, "name")
	})
	does(t, "name that is taken", func(ctx context.Context) error {
		aNetwork(t, "go-twice", "10.20.0.0/16")
		_, _, err := client.Network.Create(ctx, hcloud.NetworkCreateOpts{Name: "go-twice", IPRange: ipRange("10.21.0.0/16")})
		return refused(err, hcloud.ErrorCodeUniquenessError)
	})
	does(t, "correlation id in the message", func(ctx context.Context) error {
		_, err := client.Network.Delete(ctx, &hcloud.Network{ID: 4711})
		var problem hcloud.Error
		if !errors.As(err, &problem) {
			return fmt.Errorf("got %v", err)
		}
		id := problem.Response().Header.Get("X-Correlation-Id")
		return same("is in the message", id != "" && strings.Contains(err.Error(), id), true)
	})
	does(t, "wrong token", func(ctx context.Context) error {
		stranger := newClient(os.Getenv("HCLOUD_ENDPOINT"), hcloud.WithToken(strings.Repeat("x", 64)))
		_, err := stranger.Server.All(ctx)
		return refused(err, hcloud.ErrorCodeUnauthorized)
	})
	does(t, "token that may only read", func(ctx context.Context) error {
		reader := newClient(os.Getenv("HCLOUD_ENDPOINT"), hcloud.WithToken(os.Getenv("READ_TOKEN")))
		if _, err := reader.Server.All(ctx); err != nil {
			return err
		}
		_, _, err := reader.Network.Create(ctx, hcloud.NetworkCreateOpts{Name: "no", IPRange: ipRange("10.0.0.0/16")})
		return refused(err, "token_readonly")
	})
	does(t, "conflict is tried again until it succeeds", func(ctx context.Context) error {
		network := aNetwork(t, "go-conflict", "10.30.0.0/16")
		seen := &counter{status: http.StatusConflict}
		eager := seen.client(os.Getenv("HCLOUD_ENDPOINT"))
		failures := together(8, func(number int) error {
			subnet := cloudSubnet(fmt.Sprintf("10.30.%d.0/24", number))
			action, _, err := eager.Network.AddSubnet(ctx, network, hcloud.NetworkAddSubnetOpts{Subnet: subnet})
			return wait(ctx, err, action)
		})
		row, _, err := client.Network.GetByID(ctx, network.ID)
		return errors.Join(failures, err, same("subnets", len(row.Subnets), 8), same("met a conflict", seen.count.Load() > 0, true))
	})
	does(t, "rate limit without patience", func(ctx context.Context) error {
		hasty := newClient(os.Getenv("LIMITED_ENDPOINT"),
			hcloud.WithRetryOpts(hcloud.RetryOpts{BackoffFunc: hcloud.ConstantBackoff(time.Millisecond), MaxRetries: 1}))
		for range 500 {
			if _, err := hasty.Location.All(ctx); err != nil {
				return refused(err, hcloud.ErrorCodeRateLimitExceeded)
			}
		}
		return errors.New("the limit never came")
	})
	// The bucket is empty now and gets one request back each second.
	does(t, "rate limit is waited for", func(ctx context.Context) error {
		seen := &counter{status: http.StatusTooManyRequests}
		eager := seen.client(os.Getenv("LIMITED_ENDPOINT"))
		failures := together(3, func(int) error {
			_, err := eager.Location.All(ctx)
			return err
		})
		return errors.Join(failures, same("met the limit", seen.count.Load() > 0, true))
	})
}

func together(count int, work func(number int) error) error {
	failures := make([]error, count)
	var group sync.WaitGroup
	for number := range count {
		group.Go(func() { failures[number] = work(number) })
	}
	group.Wait()
	return errors.Join(failures...)
}

func TestActions(t *testing.T) {
	server := aServer(t, "go-actions", nil)
	does(t, "follow the progress of many", func(ctx context.Context) error {
		var actions []*hcloud.Action
		for range 3 {
			action, _, err := client.Server.ChangeDNSPtr(ctx, server, server.PublicNet.IPv4.IP.String(), hcloud.Ptr("go.example.com"))
			if err := wait(ctx, err, action); err != nil {
				return err
			}
			actions = append(actions, action)
		}
		reset, _, err := client.Server.Reset(ctx, server)
		if err != nil {
			return err
		}
		updates := 0
		err = client.Action.WaitForFunc(ctx, func(*hcloud.Action) error { updates++; return nil }, append(actions, reset)...)
		return errors.Join(err, same("was told of each", updates >= 4, true))
	})
	does(t, "get one", func(ctx context.Context) error {
		action, _, err := client.Server.Reboot(ctx, server)
		if err := wait(ctx, err, action); err != nil {
			return err
		}
		row, _, err := client.Action.GetByID(ctx, action.ID)
		if err != nil {
			return err
		}
		return errors.Join(same("command", row.Command, "reboot_server"), same("status", row.Status, hcloud.ActionStatusSuccess))
	})
	does(t, "get one of a server", func(ctx context.Context) error {
		actions, err := client.Server.Action.All(ctx, hcloud.ActionListOpts{})
		if err != nil {
			return err
		}
		row, _, err := client.Server.Action.GetByID(ctx, actions[0].ID)
		if err != nil {
			return err
		}
		return same("id", row.ID, actions[0].ID)
	})
	does(t, "many pages", func(ctx context.Context) error {
		first, response, err := client.Server.Action.List(ctx, hcloud.ActionListOpts{ListOpts: hcloud.ListOpts{PerPage: 1}})
		if err != nil {
			return err
		}
		return errors.Join(same("rows", len(first), 1), same("next", response.Meta.Pagination.NextPage, 2),
			same("has many", response.Meta.Pagination.LastPage > 3, true))
	})
}
