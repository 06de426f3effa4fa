package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"postdesk/core/store"
)

// Two daemons that start together without a key file made two different keys, and each could read only its own secrets.
func TestDaemonsThatStartTogetherShareOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "postdesk.key")
	var starting sync.WaitGroup
	macs := make([][]byte, 16)
	for i := range macs {
		starting.Go(func() {
			s, err := store.LoadSecrets(path)
			if err != nil {
				t.Error(err)
				return
			}
			macs[i] = s.MAC([]byte("x"))
		})
	}
	starting.Wait()
	for _, m := range macs {
		if !bytes.Equal(m, macs[0]) {
			t.Fatal("two daemons have different keys")
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if names, err := os.ReadDir(filepath.Dir(path)); err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}

func TestKeyFileThatIsNoneSaysWhatToDo(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "postdesk.key")
	if err := os.WriteFile(path, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.LoadSecrets(path); err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") {
		t.Errorf("%v", err)
	}
}

// What is sealed for one place opens nowhere else, and not with another key.
func TestSealedSecretsOpenInTheirPlaceOnly(t *testing.T) {
	t.Parallel()
	one, err := store.NewSecrets(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, err := store.NewSecrets(append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	sealed := one.Seal("mailbox:1", []byte("secret"))
	if got, err := one.Open("mailbox:1", sealed); err != nil || string(got) != "secret" {
		t.Errorf("%q, %v", got, err)
	}
	for name, open := range map[string]func() ([]byte, error){
		"another place": func() ([]byte, error) { return one.Open("mailbox:2", sealed) },
		"another key":   func() ([]byte, error) { return other.Open("mailbox:1", sealed) },
		"cut":           func() ([]byte, error) { return one.Open("mailbox:1", sealed[:10]) },
	} {
		if got, err := open(); err == nil {
			t.Errorf("%s: opened to %q", name, got)
		}
	}
}
