package remote

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// address is what the network dialer takes.
func (e *Endpoint) address() string {
	port := defaultPort
	if e.Port != nil {
		port = int(*e.Port)
	}
	return net.JoinHostPort(*e.Host, strconv.Itoa(port))
}

// clientConfig returns the SSH settings and a function that releases what they hold.
func (e *Endpoint) clientConfig() (*ssh.ClientConfig, func(), error) {
	config := &ssh.ClientConfig{User: defaultUser}
	if e.User != nil {
		config.User = *e.User
	}
	if err := e.verifyHost(config); err != nil {
		return nil, nil, err
	}
	if e.PrivateKey != nil && *e.PrivateKey != "" {
		signer, err := e.signer()
		if err != nil {
			return nil, nil, err
		}
		config.Auth = append(config.Auth, ssh.PublicKeys(signer))
	}
	if e.Password != nil {
		config.Auth = append(config.Auth, ssh.Password(*e.Password), ssh.KeyboardInteractive(e.answer))
	}
	release, err := e.useAgent(config)
	return config, release, err
}

func (e *Endpoint) verifyHost(config *ssh.ClientConfig) error {
	if e.HostKey == nil || *e.HostKey == "" {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey() //nolint:gosec // the documented default
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("hostKey of %s is not a public key in authorized_keys format: %w", *e.Host, err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	// A server has keys of several types and would offer the one that the client prefers, not the
	// one that is pinned.
	config.HostKeyAlgorithms = []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		config.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return nil
}

func (e *Endpoint) signer() (ssh.Signer, error) {
	var signer ssh.Signer
	var err error
	if e.PrivateKeyPassword != nil && *e.PrivateKeyPassword != "" {
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(*e.PrivateKey), []byte(*e.PrivateKeyPassword))
	} else {
		signer, err = ssh.ParsePrivateKey([]byte(*e.PrivateKey))
	}
	var missing *ssh.PassphraseMissingError
	if errors.As(err, &missing) {
		return nil, fmt.Errorf("privateKey for %s is encrypted: set privateKeyPassword", *e.Host)
	}
	if err != nil {
		return nil, fmt.Errorf("privateKey for %s cannot be read: %w", *e.Host, err)
	}
	return signer, nil
}

func (e *Endpoint) answer(_, _ string, questions []string, _ []bool) ([]string, error) {
	answers := make([]string, len(questions))
	for i := range answers {
		answers[i] = *e.Password
	}
	return answers, nil
}

// useAgent adds the keys of an SSH agent. An agent that only the environment names may be gone; that
// matters only when there is no other way to log in.
func (e *Endpoint) useAgent(config *ssh.ClientConfig) (release func(), err error) {
	path, named := os.Getenv("SSH_AUTH_SOCK"), false
	if e.AgentSocketPath != nil && *e.AgentSocketPath != "" {
		path, named = *e.AgentSocketPath, true
	}
	if path == "" {
		return func() {}, nil
	}
	connection, err := net.Dial("unix", path)
	if err != nil {
		if named || len(config.Auth) == 0 {
			return nil, fmt.Errorf("SSH agent at %s cannot be reached: %w", path, err)
		}
		return func() {}, nil
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(agent.NewClient(connection).Signers))
	return func() { _ = connection.Close() }, nil
}
