package store

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Secrets seals what the database must keep but not show (mailbox passwords), and makes the short MACs of reply
// addresses. All keys derive from the key file's 32 bytes; without that file sealed values are lost, so it belongs into
// the backup, apart from the database's.
type Secrets struct {
	aead cipher.AEAD
	mac  []byte
}

// LoadSecrets reads the key file: one line, 32 bytes in base64. A missing file is made (mode 0600).
func LoadSecrets(path string) (*Secrets, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		key := make([]byte, 32)
		rand.Read(key)
		data = []byte(base64.StdEncoding.EncodeToString(key) + "\n")
		if err := makeKeyFile(path, data); errors.Is(err, os.ErrExist) {
			return LoadSecrets(path) // another process made it just now
		} else if err != nil {
			return nil, fmt.Errorf("key file: %w", err)
		}
	} else if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(data)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("key file %s: want one line with 32 bytes in base64 (openssl rand -base64 32 makes one)", path)
	}
	return NewSecrets(key)
}

// makeKeyFile writes the whole file under its name at once: two daemons that start together must end with one key.
func makeKeyFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".postdesk-key-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path) // fails where the name is taken
}

// NewSecrets derives the keys from 32 bytes.
func NewSecrets(key []byte) (*Secrets, error) {
	seal, err := hkdf.Key(sha256.New, key, nil, "postdesk seal", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Key(sha256.New, key, nil, "postdesk reply address", 32)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(seal)
	if err != nil {
		return nil, err
	}
	return &Secrets{aead: aead, mac: mac}, nil
}

// Seal encrypts a value for one place (table and row); it opens only there.
func (s *Secrets) Seal(place string, plain []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize(), s.aead.NonceSize()+len(plain)+s.aead.Overhead())
	rand.Read(nonce)
	return s.aead.Seal(nonce, nonce, plain, []byte(place))
}

// Open decrypts what Seal made for the place.
func (s *Secrets) Open(place string, sealed []byte) ([]byte, error) {
	if len(sealed) < s.aead.NonceSize() {
		return nil, errors.New("sealed value is too short")
	}
	n := s.aead.NonceSize()
	plain, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(place))
	if err != nil {
		return nil, fmt.Errorf("the key file does not fit the database (%s): restore the one that was in use", place)
	}
	return plain, nil
}

// MAC is a keyed digest; callers cut it to the length they need and compare with Equal.
func (s *Secrets) MAC(parts ...[]byte) []byte {
	h := hmac.New(sha256.New, s.mac)
	for _, p := range parts {
		h.Write([]byte{byte(len(p))})
		h.Write(p)
	}
	return h.Sum(nil)
}
