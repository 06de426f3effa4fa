package helpdesk_test

import (
	"testing"

	"postdesk/core/helpdesk"
)

// A page is made of one picture of the configuration, and the next page of the configuration as it is then.
func TestAPageAgreesWithItself(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	page := helpdesk.OnePicture(t.Context())
	before, err := c.desk.Directory(page)
	if err != nil {
		t.Fatal(err)
	}
	c.sql("update desk set version = version + 1")
	again, err := c.desk.Directory(page)
	if err != nil || again.Version != before.Version {
		t.Errorf("the page goes from version %d to %d, %v", before.Version, again.Version, err)
	}
	next, err := c.desk.Directory(helpdesk.OnePicture(t.Context()))
	if err != nil || next.Version <= before.Version {
		t.Errorf("the next page has version %d after %d, %v", next.Version, before.Version, err)
	}
}
