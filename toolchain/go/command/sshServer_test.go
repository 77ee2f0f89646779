package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// sshServer is a real OpenSSH server on a loopback port, which accepts one key.
type sshServer struct {
	t       *testing.T
	folder  string
	port    int
	process *exec.Cmd
}

// newSSHServer prepares keys and a port; start makes it listen.
func newSSHServer(t *testing.T) *sshServer {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/sshd"); err != nil {
		t.Fatal("these tests need OpenSSH's server: apt-get install openssh-server")
	}
	server := &sshServer{t: t, folder: t.TempDir(), port: freePort(t)}
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		server.generateKey("host_"+kind, kind, "")
	}
	server.generateKey("client", "ed25519", "")
	server.generateKey("encrypted", "ed25519", "open sesame")
	authorized := server.read("client.pub") + server.read("encrypted.pub")
	if err := os.WriteFile(filepath.Join(server.folder, "authorized"), []byte(authorized), 0o600); err != nil {
		t.Fatal(err)
	}
	return server
}

func (s *sshServer) start() *sshServer {
	s.t.Helper()
	if os.Geteuid() == 0 {
		// Only the packaged service creates the folder that sshd insists on.
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			s.t.Fatal(err)
		}
	}
	lines := []string{
		"ListenAddress 127.0.0.1", fmt.Sprintf("Port %d", s.port), "PidFile none", "LogLevel DEBUG1",
		"AuthorizedKeysFile " + filepath.Join(s.folder, "authorized"), "StrictModes no", "UsePAM no",
		"PermitRootLogin prohibit-password", "PasswordAuthentication no", "AcceptEnv GREETING PULUMI_COMMAND_*",
		"Subsystem sftp internal-sftp",
	}
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		lines = append(lines, "HostKey "+filepath.Join(s.folder, "host_"+kind))
	}
	config := filepath.Join(s.folder, "sshd_config")
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.process = exec.Command("/usr/sbin/sshd", "-D", "-E", filepath.Join(s.folder, "log"), "-f", config)
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.stop)
	waitFor(s.t, "sshd to listen", func() bool { return strings.Contains(s.printed(), "Server listening on") })
	return s
}

func (s *sshServer) stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

func (s *sshServer) printed() string {
	printed, _ := os.ReadFile(filepath.Join(s.folder, "log"))
	return string(printed)
}

func (s *sshServer) generateKey(name, kind, passphrase string) {
	s.t.Helper()
	arguments := []string{"-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", filepath.Join(s.folder, name)}
	if printed, err := exec.Command("ssh-keygen", arguments...).CombinedOutput(); err != nil {
		s.t.Fatalf("ssh-keygen: %s", printed)
	}
}

func (s *sshServer) read(name string) string {
	s.t.Helper()
	content, err := os.ReadFile(filepath.Join(s.folder, name))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(content)
}

// connection returns the arguments that reach this server, changed by overrides.
func (s *sshServer) connection(overrides map[string]property.Value) property.Value {
	values := map[string]property.Value{
		"host":           property.New("127.0.0.1"),
		"port":           property.New(float64(s.port)),
		"user":           property.New(currentUser()),
		"privateKey":     property.New(s.read("client")),
		"hostKey":        property.New(s.read("host_ed25519.pub")),
		"dialErrorLimit": property.New(0.0),
	}
	for name, value := range overrides {
		values[name] = value
	}
	return property.New(values)
}

func currentUser() string {
	if os.Geteuid() == 0 {
		return "root"
	}
	return os.Getenv("USER")
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
