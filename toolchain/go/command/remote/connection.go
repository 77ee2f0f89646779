// Package remote implements the resources that act on another machine over SSH.
package remote

import "github.com/pulumi/pulumi-go-provider/infer"

const (
	defaultUser           = "root"
	defaultPort           = 22
	defaultDialErrorLimit = 10
	defaultPerDialTimeout = 15
	unlimitedDialErrors   = -1
)

// Endpoint holds the fields that a host and its proxy have in common.
type Endpoint struct {
	User               *string  `pulumi:"user,optional"`
	Password           *string  `pulumi:"password,optional"`
	Host               *string  `pulumi:"host"`
	Port               *float64 `pulumi:"port,optional"`
	PrivateKey         *string  `pulumi:"privateKey,optional"`
	PrivateKeyPassword *string  `pulumi:"privateKeyPassword,optional"`
	AgentSocketPath    *string  `pulumi:"agentSocketPath,optional"`
	DialErrorLimit     *int     `pulumi:"dialErrorLimit,optional"`
	PerDialTimeout     *int     `pulumi:"perDialTimeout,optional"`
	HostKey            *string  `pulumi:"hostKey,optional"`
}

func (e *Endpoint) describe(annotate infer.Annotator) {
	annotate.Describe(&e.User, "The user to log in as.")
	annotate.SetDefault(&e.User, defaultUser)
	annotate.Describe(&e.Password, "The user's password.")
	annotate.Describe(&e.Host, "Name or address of the host.")
	annotate.Describe(&e.Port, "TCP port of the SSH server.")
	annotate.SetDefault(&e.Port, float64(defaultPort))
	annotate.Describe(&e.PrivateKey, "Text of a private key. It is tried before the password.")
	annotate.Describe(&e.PrivateKeyPassword, "Password that decrypts the private key.")
	annotate.Describe(&e.AgentSocketPath, "Socket of an SSH agent. Defaults to SSH_AUTH_SOCK.")
	annotate.Describe(&e.DialErrorLimit, "How many failed dials are retried; -1 means without limit.")
	annotate.SetDefault(&e.DialErrorLimit, defaultDialErrorLimit)
	annotate.Describe(&e.PerDialTimeout, "Longest duration of one dial in seconds; 0 means no limit.")
	annotate.SetDefault(&e.PerDialTimeout, defaultPerDialTimeout)
	annotate.Describe(&e.HostKey, "Expected public key of the host, as in authorized_keys. Without it any key is accepted.")
}

// Connection says how to reach a host.
type Connection struct {
	Endpoint
	Proxy *ProxyConnection `pulumi:"proxy,optional"`
}

// Annotate describes the type for the schema.
func (c *Connection) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c, "How to reach a host over SSH.")
	c.describe(annotate)
	annotate.Describe(&c.Proxy, "A host through which the connection passes.")
}

// ProxyConnection says how to reach a host through which another one is reached.
type ProxyConnection struct{ Endpoint }

// Annotate describes the type for the schema.
func (c *ProxyConnection) Annotate(annotate infer.Annotator) {
	annotate.Describe(&c, "How to reach the host through which a connection passes.")
	c.describe(annotate)
}
