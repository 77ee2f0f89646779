package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func TestDialVerifiesTheHostKey(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		pinned := server.connection(values{"hostKey": property.New(server.read("host_" + kind + ".pub"))})
		expectText(t, e.create(values{"connection": pinned, "create": property.New("echo in")}), "stdout", "in")
	}
	other := newSSHServer(t)
	wrong := server.connection(values{"hostKey": property.New(other.read("host_ed25519.pub"))})
	_, err := e.tryCreate(values{"connection": wrong, "create": property.New("echo in")})
	if err == nil || !strings.Contains(err.Error(), "host key mismatch") {
		t.Errorf("another server's key gives %v", err)
	}
}

func TestDialAcceptsEncryptedKeys(t *testing.T) {
	server, e := newSSHServer(t).start(), newEngine(t, "remote:Command")
	encrypted := values{"privateKey": property.New(server.read("encrypted"))}
	_, err := e.tryCreate(values{"connection": server.connection(encrypted), "create": property.New("true")})
	if err == nil || !strings.Contains(err.Error(), "privateKeyPassword") {
		t.Errorf("a missing password gives %v", err)
	}
	encrypted["privateKeyPassword"] = property.New("open sesame")
	e.create(values{"connection": server.connection(encrypted), "create": property.New("true")})
}

func TestDialWaitsForTheServer(t *testing.T) {
	server, e := newSSHServer(t), newEngine(t, "remote:Command")
	// A listener in the server's place that hangs up on the first attempts.
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", server.port))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 3 {
			if connection, err := listener.Accept(); err == nil {
				_ = connection.Close()
			}
		}
		_ = listener.Close()
		server.start()
	}()
	patient := server.connection(values{"dialErrorLimit": property.New(-1.0)})
	state := e.create(values{"connection": patient, "create": property.New("echo at last")})
	expectText(t, state, "stdout", "at last")
}

func TestDialGivesUpAtItsLimit(t *testing.T) {
	server, e := newSSHServer(t), newEngine(t, "remote:Command")
	limited := server.connection(values{"dialErrorLimit": property.New(2.0)})
	_, err := e.tryCreate(values{"connection": limited, "create": property.New("true")})
	if err == nil || !strings.Contains(err.Error(), "after 3 attempts") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("an absent server gives %v", err)
	}
}

func TestDialGivesUpOnASilentServer(t *testing.T) {
	server, e := newSSHServer(t), newEngine(t, "remote:Command")
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", server.port))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	silent := server.connection(values{"perDialTimeout": property.New(1.0)})
	if _, err = e.tryCreate(values{"connection": silent, "create": property.New("true")}); err == nil {
		t.Error("a server that says nothing gives no error")
	}
}

func TestDialPassesThroughAProxy(t *testing.T) {
	target, proxy, e := newSSHServer(t).start(), newSSHServer(t).start(), newEngine(t, "remote:Command")
	through := target.connection(values{"proxy": proxy.connection(nil)})
	state := e.create(values{"connection": through, "create": property.New("echo inside")})
	expectText(t, state, "stdout", "inside")
	forwarded := fmt.Sprintf("target 127.0.0.1 port %d", target.port)
	waitFor(t, "the proxy to report the forwarding", func() bool { return strings.Contains(proxy.printed(), forwarded) })

	other := newSSHServer(t)
	wrong := target.connection(values{
		"proxy": proxy.connection(values{"hostKey": property.New(other.read("host_ed25519.pub"))}),
	})
	_, err := e.tryCreate(values{"connection": wrong, "create": property.New("true")})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("127.0.0.1:%d: ssh: handshake failed", proxy.port)) {
		t.Errorf("a wrong proxy key gives %v", err)
	}
}
