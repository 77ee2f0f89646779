package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	provider "github.com/pulumi/pulumi-go-provider"
	"golang.org/x/crypto/ssh"

	"hetzner-platform/toolchain/command/output"
)

// A host that leaves this many keep-alive requests unanswered is gone.
const keepAliveLimit = 4

var keepAliveInterval = 15 * time.Second

// script is one command to run on a host.
type script struct {
	connection  *Connection
	command     string
	stdin       *string
	environment map[string]string
	// previous holds variables that the server may refuse without harm.
	previous map[string]string
	logging  output.Logging
}

// run executes the script and returns what it printed. It ends early when the context ends, together
// with the remote processes.
func (s *script) run(ctx context.Context) (stdout, stderr string, err error) {
	connected, err := s.connection.dial(ctx)
	if err != nil {
		return "", "", err
	}
	defer connected.Close()
	session, err := connected.NewSession()
	if err != nil {
		return "", "", fmt.Errorf("SSH session on %s: %w", *s.connection.Host, err)
	}
	defer session.Close()
	if err := s.setEnvironment(ctx, session); err != nil {
		return "", "", err
	}
	if s.stdin != nil && *s.stdin != "" {
		session.Stdin = strings.NewReader(*s.stdin)
	}
	capture := output.NewCapture(s.logging, provider.GetLogger(ctx).Info)
	session.Stdout, session.Stderr = capture.Stdout(), capture.Stderr()
	if err = session.Start(s.command); err == nil {
		err = wait(ctx, connected, session)
	}
	capture.Close()
	if err != nil {
		return "", "", capture.Failure("command on "+*s.connection.Host, err)
	}
	stdout, stderr = capture.Results()
	return stdout, stderr, nil
}

func (s *script) setEnvironment(ctx context.Context, session *ssh.Session) error {
	for name, value := range s.environment {
		if err := session.Setenv(name, value); err != nil {
			return fmt.Errorf("the SSH server on %s refuses the variable %s: list it in AcceptEnv of its sshd_config: %w",
				*s.connection.Host, name, err)
		}
	}
	for name, value := range s.previous {
		if err := session.Setenv(name, value); err != nil {
			provider.GetLogger(ctx).Debugf("the SSH server on %s refuses the variable %s", *s.connection.Host, name)
		}
	}
	return nil
}

// wait returns when the command has ended, the context ends or the host stops answering.
func wait(ctx context.Context, connected *client, session *ssh.Session) error {
	done := make(chan error, 1)
	go func() { done <- session.Wait() }()
	lost := make(chan struct{})
	watching, stop := context.WithCancel(ctx)
	defer stop()
	go watch(watching, connected, lost)
	select {
	case err := <-done:
		return explain(err)
	case <-lost:
		// Without an answer there is nobody to read what is still buffered.
		_ = connected.Close()
		<-done
		return fmt.Errorf("connection lost: no answer for %s", keepAliveInterval*keepAliveLimit)
	case <-ctx.Done():
		terminate(connected)
		_ = connected.Close()
		return context.Cause(ctx)
	}
}

// watch closes lost when the host does not answer keep-alive requests.
func watch(ctx context.Context, connected *client, lost chan<- struct{}) {
	answered := make(chan struct{}, 1)
	unanswered := 0
	ticker := time.NewTicker(keepAliveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-answered:
			unanswered = 0
		case <-ticker.C:
			if unanswered >= keepAliveLimit {
				close(lost)
				return
			}
			unanswered++
			go func() {
				if _, _, err := connected.SendRequest("keepalive@openssh.com", true, nil); err != nil {
					return
				}
				select {
				case answered <- struct{}{}:
				default:
				}
			}()
		}
	}
}

func explain(err error) error {
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		// The command succeeded; it only did not read all of its input.
		return nil
	case errors.As(err, &exit) && exit.Signal() != "":
		return fmt.Errorf("ended by signal %s", exit.Signal())
	case errors.As(err, &exit):
		return fmt.Errorf("exit code %d", exit.ExitStatus())
	case errors.As(err, &missing):
		return errors.New("connection closed before the command ended; did the host restart?")
	}
	return err
}
