package main

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"postdesk/core"
)

// keysOf lists every key that a desk file can have.
func keysOf(t reflect.Type, seen map[reflect.Type]bool, into map[string]bool) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		keysOf(t.Elem(), seen, into)
	case reflect.Map:
		keysOf(t.Elem(), seen, into)
	case reflect.Struct:
		if seen[t] || t == reflect.TypeFor[core.After]() {
			return
		}
		seen[t] = true
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if name == "-" {
				continue
			}
			if name != "" {
				into[name] = true
			}
			keysOf(t.Field(i).Type, seen, into)
		}
	}
}

func TestDocumentationOfTheDeskFile(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/desk-file.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(data)
	keys := map[string]bool{}
	keysOf(reflect.TypeFor[core.DeskFile](), map[reflect.Type]bool{}, keys)
	if len(keys) < 60 {
		t.Fatalf("only %d keys found", len(keys))
	}
	for key := range keys {
		if !strings.Contains(doc, "`"+key+"`") {
			t.Errorf("key %s is not explained", key)
		}
	}
	for _, word := range append(core.SwitchableReasons(), core.OptionalFields()...) {
		if !strings.Contains(doc, "`"+word+"`") {
			t.Errorf("%s is not explained", word)
		}
	}
	zero := 0
	for i, part := range strings.Split(doc, "```yaml\n")[1:] {
		example, _, _ := strings.Cut(part, "```")
		d, err := parseDeskFile(fmt.Sprintf("example-%d", i+1), []byte(example))
		if err != nil {
			t.Errorf("%v in\n%s", err, example)
			continue
		}
		if d.file.Organizations == nil { // some examples belong to it
			d.file.Organizations = []core.OrganizationEntry{{Name: "City"}}
		}
		if _, _, err := d.file.Resolve(&core.DeskFile{Limits: &core.LimitsEntry{BundleAbove: &zero},
			Desk: &core.DeskEntry{Name: "IT", Languages: []core.Language{core.English}, Timezone: "UTC"}}); err != nil {
			t.Errorf("%v in\n%s", err, example)
		}
	}
}
