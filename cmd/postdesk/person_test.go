package main

import (
	"archive/zip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExportIsNamedAfterTheAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{"Ana.Ruiz@city.test": "ana.ruiz@city.test.zip", "../../etc/x@city.test": ""} {
		got := exportName(address)
		if got != want && want != "" || filepath.Base(got) != got || !strings.HasSuffix(got, "@city.test.zip") {
			t.Errorf("%s is kept in %q", address, got)
		}
	}
}

func TestPersonCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, secrets...)
	s.run(0, "apply", "testdata/desk.yaml")
	out := filepath.Join(s.dir, "ana.zip")
	if said, _ := s.run(0, "person", "export", "ana.ruiz@city.test", "--out", out); said != "written to "+out+"\n" {
		t.Errorf("said %q", said)
	}
	info, err := os.Stat(out)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	if _, said := s.run(1, "person", "export", "ana@city.test", "--out", out); !strings.Contains(said, "is there already") {
		t.Errorf("said %q", said)
	}
	archive, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	f, err := archive.Open("person.json")
	if err != nil {
		t.Fatal(err)
	}
	var held struct {
		Person struct {
			Name, Language, Organization string
		}
		Addresses []struct{ Address string }
	}
	if err := json.NewDecoder(f).Decode(&held); err != nil || held.Person.Name != "Ana Ruiz" || held.Person.Language != "es" || len(held.Addresses) != 1 {
		t.Errorf("%+v: %v", held, err)
	}
	if piped, _ := s.run(0, "person", "export", "ana@city.test", "--out", "-"); !strings.HasPrefix(piped, "PK") {
		t.Errorf("piped %.40q", piped)
	}

	said, failed := s.run(1, "person", "erase", "ana@city.test")
	if !strings.HasPrefix(said, "requester of 0 tickets, writer of 0 messages with 0 files; 0 mails from them, 0 mails to them\n") || !strings.Contains(failed, "nothing was erased: add --yes") {
		t.Errorf("said %q, %q", said, failed)
	}
	if _, failed := s.run(1, "person", "erase", "ana@city.test", "--yes", "--successor", "nobody@city.test"); !strings.Contains(failed, "there is no person nobody@city.test") {
		t.Errorf("failed %q", failed)
	}
	if said, _ := s.run(0, "person", "erase", "ana@city.test", "--yes"); !strings.Contains(said, "erased; only the audit still names them") {
		t.Errorf("said %q", said)
	}
	for _, command := range []string{"erase", "export"} {
		if _, failed := s.run(1, "person", command, "ana@city.test"); !strings.Contains(failed, "there is no person ana@city.test") {
			t.Errorf("%s failed %q", command, failed)
		}
	}
	if _, failed := s.run(1, "person", "erase", "erased-2@invalid", "--yes"); !strings.Contains(failed, "stands for somebody who was erased") {
		t.Errorf("failed %q", failed)
	}
	if _, failed := s.run(1, "person", "export", "nobody@city.test", "--out", filepath.Join(s.dir, "n.zip")); !strings.Contains(failed, "there is no person") {
		t.Errorf("failed %q", failed)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "n.zip")); err == nil {
		t.Error("a file was left behind")
	}
	if exported, _ := s.run(0, "export"); strings.Contains(exported, "ana@city.test") || strings.Contains(exported, "@invalid") {
		t.Error("the desk file still has them")
	}
	if said, _ := s.run(0, "apply", "testdata/desk.yaml"); !strings.Contains(said, "+ person ana@city.test\n") {
		t.Errorf("said %q", said)
	}
}
