package hcloudgo

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// selfSigned answers a certificate and its key as PEM.
func selfSigned(t *testing.T, domain string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	bytes, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bytes}))
}

func aCertificate(t *testing.T, name string) *hcloud.Certificate {
	t.Helper()
	text, key := selfSigned(t, "go.example.com")
	certificate, _, err := client.Certificate.Create(t.Context(), hcloud.CertificateCreateOpts{
		Name: name, Type: hcloud.CertificateTypeUploaded, Certificate: text, PrivateKey: key, Labels: labels,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, err := client.Certificate.Delete(context.Background(), certificate)
		if err != nil && !hcloud.IsError(err, hcloud.ErrorCodeNotFound) {
			t.Error(err)
		}
	})
	return certificate
}

func TestCertificate(t *testing.T) {
	needs(t, "POST /certificates")
	certificate := aCertificate(t, "go-certificate")
	finds(t, lookups[hcloud.Certificate]{
		get: client.Certificate.Get, byID: client.Certificate.GetByID, byName: client.Certificate.GetByName, all: client.Certificate.All,
		selected: func(ctx context.Context, opts hcloud.ListOpts) ([]*hcloud.Certificate, *hcloud.Response, error) {
			return client.Certificate.List(ctx, hcloud.CertificateListOpts{ListOpts: opts})
		},
		id: func(row *hcloud.Certificate) int64 { return row.ID },
	}, certificate.ID, "go-certificate")
	does(t, "is read", func(context.Context) error {
		return errors.Join(
			same("domain", certificate.DomainNames[0], "go.example.com"),
			same("is valid for a day", certificate.NotValidAfter.After(time.Now()), true),
			same("has a fingerprint", certificate.Fingerprint != "", true),
		)
	})
	does(t, "refuse another key", func(ctx context.Context) error {
		text, _ := selfSigned(t, "go.example.com")
		_, key := selfSigned(t, "go.example.com")
		_, _, err := client.Certificate.Create(ctx, hcloud.CertificateCreateOpts{Name: "go-other", Certificate: text, PrivateKey: key})
		return refused(err, hcloud.ErrorCodeInvalidInput)
	})
	does(t, "update", func(ctx context.Context) error {
		row, _, err := client.Certificate.Update(ctx, certificate, hcloud.CertificateUpdateOpts{Name: "go-certificate-2"})
		if err != nil {
			return err
		}
		return same("name", row.Name, "go-certificate-2")
	})
	does(t, "refuse to issue an uploaded one again", func(ctx context.Context) error {
		_, _, err := client.Certificate.RetryIssuance(ctx, certificate)
		return refused(err, "unsupported_error")
	}, "POST /certificates/{id}/actions/retry")
	does(t, "delete", func(ctx context.Context) error {
		_, err := client.Certificate.Delete(ctx, certificate)
		return err
	})
}
