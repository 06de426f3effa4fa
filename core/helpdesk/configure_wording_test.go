package helpdesk_test

import (
	"testing"

	"postdesk/core"
	"postdesk/core/helpdesk"
)

// What a service is for reaches those who choose one, comes back in the export, and goes with the file.
func TestDescriptionsOfServices(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.apply(office)
	file := edited(t, office, "    reopen_days: 5\n", "    reopen_days: 5\n    description: {en: \"Paper, toner\", es: Papel}\n")
	d.expect(file, `~ service IT/Printers: description none → en: Paper, toner · es: Papel`)
	dir, err := d.store.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := dir.ServiceByName("IT/Printers").Description.In(core.Spanish); got != "Papel" {
		t.Errorf("it is described as %q", got)
	}
	f, err := d.desk.ExportDesk(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.desk.Configure(t.Context(), core.Actor{}, f, helpdesk.ConfigureOptions{DryRun: true}); err != nil || !again.Empty() {
		t.Errorf("export and apply: %q, %v", again.Lines, err)
	}
	d.expect(office, `~ service IT/Printers: description en: Paper, toner · es: Papel → none`)
}
