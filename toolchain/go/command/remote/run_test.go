package remote

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// A host that froze: it accepted a command and never answers again.
func TestRunGivesUpOnAHostThatNoLongerAnswers(t *testing.T) {
	keepAliveInterval = 20 * time.Millisecond
	t.Cleanup(func() { keepAliveInterval = 15 * time.Second })
	port := float64(serveSilently(t))
	host, password := "127.0.0.1", "any"
	script := script{
		connection: &Connection{Endpoint: Endpoint{Host: &host, Port: &port, Password: &password}},
		command:    "true",
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := script.run(context.Background())
		ended <- err
	}()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "connection lost") {
			t.Errorf("a silent host gives %v", err)
		}
	case <-time.After(15 * time.Second):
		t.Fatal("a silent host is waited for")
	}
}

// serveSilently accepts one command, then ignores everything. It returns its port.
func serveSilently(t *testing.T) int {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{NoClientAuth: true}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		_, channels, requests, err := ssh.NewServerConn(connection, config)
		if err != nil {
			return
		}
		go func() {
			for range requests { // no reply
			}
		}()
		for channel := range channels {
			_, sessionRequests, err := channel.Accept()
			if err != nil {
				return
			}
			go func() {
				for request := range sessionRequests {
					_ = request.Reply(true, nil)
				}
			}()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}
