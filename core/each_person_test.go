package core_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"postdesk/core"
)

// fill puts something everywhere in v: one element in each list, somebody named "somebody" wherever a person is named.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		if v.Type() != reflect.TypeFor[[]core.Carried]() { // each is a mail of its own
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[core.Ref]() || v.Type() == reflect.TypeFor[core.ApproverView]() {
			v.FieldByName("Email").SetString("somebody")
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// A reference that is added to mails and not visited would keep naming people who were erased.
func TestEachPersonVisitsEveryReference(t *testing.T) {
	t.Parallel()
	var c core.Content
	fill(reflect.ValueOf(&c).Elem())
	before, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(before), `"somebody"`); n < 10 {
		t.Fatalf("%d people are named: %s", n, before)
	}
	c.EachPerson(func(r *core.Ref) { r.Email = "visited" })
	after, err := json.Marshal(c)
	if err != nil || strings.Contains(string(after), `"somebody"`) {
		t.Errorf("not visited: %s", after)
	}
}
