package api_test

import (
	"fmt"
	"testing"
)

func TestOwnAddresses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const path = "/api/v1/me/addresses"
	add := func(status int, who, address string) answer {
		t.Helper()
		return r.want(status, who, "POST", path, object{"address": address})
	}
	first := add(201, "ben", " Ben@Home.test ")
	if first.JSON["address"] != "ben@home.test" || first.JSON["state"] != "pending" || first.JSON["expires_at"] == nil {
		t.Errorf("added: %s", first.Raw)
	}
	// Somebody's, nobody's and a disabled person's: the same answer.
	for _, address := range []string{"mia@city.test", "nobody@city.test", "off@city.test"} {
		if a := add(201, "ben", address); a.JSON["state"] != "pending" || len(a.JSON) != len(first.JSON) {
			t.Errorf("%s: %s", address, a.Raw)
		}
	}
	add(422, "ben", "it@city.test")
	add(422, "ben", "ben")
	add(409, "ben", "ben@city.test")
	r.want(422, "ben", "POST", path, object{})
	got := list(r.get(200, "ben", "/me/addresses"), "addresses")
	if len(got) != 5 || fmt.Sprint(got[0]) != "map[address:ben@city.test state:primary]" {
		t.Errorf("ben has %v", got)
	}
	if got := list(r.get(200, "mia", "/me/addresses"), "addresses"); len(got) != 1 {
		t.Errorf("mia has %v", got)
	}
	r.want(404, "mia", "DELETE", path+"/ben@home.test", nil)
	r.want(409, "ben", "DELETE", path+"/ben@city.test", nil)
	r.want(204, "ben", "DELETE", path+"/BEN@home.test", nil)
	r.want(404, "ben", "DELETE", path+"/ben@home.test", nil)
}
