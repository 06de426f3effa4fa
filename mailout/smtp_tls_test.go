package mailout

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"
)

// authority makes a private CA and a server configuration with a certificate for names.
func authority(t *testing.T, names ...string) (*x509.CertPool, *tls.Config) {
	t.Helper()
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	sign := func(template, parent *x509.Certificate, public *ecdsa.PrivateKey, by *ecdsa.PrivateKey) *x509.Certificate {
		template.SerialNumber = big.NewInt(time.Now().UnixNano())
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &public.PublicKey, by)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	caKey, leafKey := key(), key()
	caTemplate := &x509.Certificate{Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	ca := sign(caTemplate, caTemplate, caKey, caKey)
	leaf := sign(&x509.Certificate{Subject: pkix.Name{CommonName: names[0]}, DNSNames: names, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, ca, leafKey, caKey)
	pool := x509.NewCertPool()
	pool.AddCert(ca)
	return pool, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey}}}
}

func TestCertificatesAreVerified(t *testing.T) {
	t.Parallel()
	good, config := authority(t, "localhost")
	other, _ := authority(t, "localhost")
	_, wrongName := authority(t, "mail.city.test")
	wrongNamePool, wrongName2 := authority(t, "mail.city.test")
	for _, mode := range []TLSMode{TLSImplicit, TLSStart} {
		for name, test := range map[string]struct {
			pool   *x509.CertPool
			config *tls.Config
		}{
			"system's pool": {nil, config}, "another CA": {other, config},
			"another CA, wrong name": {good, wrongName}, "wrong name": {wrongNamePool, wrongName2},
		} {
			t.Run(string(mode)+"/"+name, func(t *testing.T) {
				t.Parallel()
				cfg := new(realServer).start(t, mode, test.config)
				cfg.RootCAs = test.pool
				c, err := Dial(t.Context(), cfg)
				if err == nil {
					c.Close()
				}
				var certificate *tls.CertificateVerificationError
				if !errors.As(err, &certificate) {
					t.Errorf("Dial: %v", err)
				}
			})
		}
	}
}

// farAway pretends that the server is not on this machine.
type farAway struct{ net.Conn }

func TestCredentialsAreNotSentInPlainTextToAnotherMachine(t *testing.T) {
	t.Parallel()
	server := startScript(t, answersOf("EHLO", "250-script.test\r\n250 AUTH PLAIN LOGIN"))
	c := dial(t, server.config())
	c.link.Conn = farAway{c.link.Conn}
	c.cfg.Username, c.cfg.Password = "it", "secret"
	if err := c.authenticate(t.Context()); err == nil || server.heard("AUTH") != 0 {
		t.Errorf("authenticate: %v; commands %q", err, server.commands)
	}
}

func TestSTARTTLSIsNeverDowngraded(t *testing.T) {
	t.Parallel()
	pool, config := authority(t, "localhost")
	for name, answers := range map[string]map[string][]string{
		"stripped from EHLO":   answersOf("EHLO", "250-script.test\r\n250 AUTH PLAIN"),
		"EHLO refused":         answersOf("EHLO", "500 what", "HELO", "250 script.test"),
		"refused":              answersOf("EHLO", "250-script.test\r\n250-AUTH PLAIN\r\n250 STARTTLS", "STARTTLS", "454 4.7.0 not now"),
		"injected replies":     answersOf("EHLO", "250-script.test\r\n250 STARTTLS", "STARTTLS", "220 go\r\n250-evil.test\r\n250 AUTH PLAIN"),
		"answered in plain":    answersOf("EHLO", "250-script.test\r\n250 STARTTLS", "STARTTLS", "220 go\r\nno handshake"),
		"connection went away": answersOf("EHLO", "250-script.test\r\n250 STARTTLS", "STARTTLS", drop),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := startScriptTLS(t, answers, config)
			cfg := server.config()
			cfg.Host, cfg.TLS, cfg.RootCAs, cfg.Username, cfg.Password = "localhost", TLSStart, pool, "it", "secret"
			if name == "injected replies" {
				cfg.Username = "" // nothing but the injection can make this fail
			}
			c, err := Dial(t.Context(), cfg)
			if err == nil {
				c.Close()
				t.Error("Dial went on")
			}
			if n := server.heard("AUTH") + server.heard("MAIL"); n != 0 {
				t.Errorf("commands %q", server.commands)
			}
		})
	}
}
