package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"
)

const (
	firstDelay  = 100 * time.Millisecond
	delayFactor = 1.5
	longestWait = 5 * time.Second
)

// client is a connection to a host, together with the one to its proxy.
type client struct {
	*ssh.Client
	proxy *ssh.Client
}

// Close ends both connections.
func (c *client) Close() error {
	err := c.Client.Close()
	if c.proxy != nil {
		err = errors.Join(err, c.proxy.Close())
	}
	return err
}

// hopError is a failed dial of one of the two hops, which have a limit each.
type hopError struct {
	hop   *Endpoint
	cause error
}

func (e *hopError) Error() string { return fmt.Sprintf("%s: %s", e.hop.address(), e.cause) }
func (e *hopError) Unwrap() error { return e.cause }

// dial connects and tries again after an error, as often as dialErrorLimit of the hop that failed
// allows. Each attempt starts from the beginning: a proxy that restarts is dialled anew.
func (c *Connection) dial(ctx context.Context) (*client, error) {
	if c.Host == nil || *c.Host == "" {
		return nil, errors.New("connection.host is empty")
	}
	failures := map[*Endpoint]int{}
	delay := firstDelay
	for {
		connected, err := c.dialOnce(ctx)
		if err == nil {
			return connected, nil
		}
		var failed *hopError
		if !errors.As(err, &failed) {
			return nil, err
		}
		failures[failed.hop]++
		limit := failed.hop.dialErrorLimit()
		if limit != unlimitedDialErrors && failures[failed.hop] > limit {
			return nil, fmt.Errorf("no SSH connection after %d attempts: %w", failures[failed.hop], err)
		}
		provider.GetLogger(ctx).InfoStatusf("waiting for SSH, attempt %d: %s", failures[failed.hop], err)
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w while waiting for SSH: %w", context.Cause(ctx), err)
		case <-time.After(delay):
		}
		delay = min(time.Duration(float64(delay)*delayFactor), longestWait)
	}
}

func (e *Endpoint) dialErrorLimit() int {
	if e.DialErrorLimit == nil {
		return defaultDialErrorLimit
	}
	return *e.DialErrorLimit
}

func (c *Connection) dialOnce(ctx context.Context) (*client, error) {
	direct := (&net.Dialer{KeepAlive: keepAliveInterval}).DialContext
	if c.Proxy == nil || c.Proxy.Host == nil || *c.Proxy.Host == "" {
		target, err := c.handshake(ctx, direct)
		if err != nil {
			return nil, err
		}
		return &client{Client: target}, nil
	}
	proxy, err := c.Proxy.handshake(ctx, direct)
	if err != nil {
		return nil, err
	}
	target, err := c.handshake(ctx, proxy.DialContext)
	if err != nil {
		_ = proxy.Close()
		return nil, err
	}
	return &client{Client: target, proxy: proxy}, nil
}

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// handshake opens the connection and logs in within perDialTimeout. An error that another attempt
// may cure is a hopError.
func (e *Endpoint) handshake(ctx context.Context, dial dialer) (*ssh.Client, error) {
	config, release, err := e.clientConfig()
	if err != nil {
		return nil, err
	}
	defer release()
	timeout := defaultPerDialTimeout
	if e.PerDialTimeout != nil {
		timeout = *e.PerDialTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(timeout)*time.Second)
		defer cancel()
	}
	connection, err := dial(ctx, "tcp", e.address())
	if err != nil {
		return nil, &hopError{e, err}
	}
	// A connection through a proxy has no deadlines: closing it is what ends the handshake.
	stop := context.AfterFunc(ctx, func() { _ = connection.Close() })
	defer stop()
	established, channels, requests, err := ssh.NewClientConn(connection, e.address(), config)
	if err != nil {
		_ = connection.Close()
		return nil, &hopError{e, err}
	}
	return ssh.NewClient(established, channels, requests), nil
}
