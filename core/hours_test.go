package core

import (
	"reflect"
	"testing"
	"time"
)

func TestWeekOfDaysAndRanges(t *testing.T) {
	t.Parallel()
	week, err := ParseWeek(map[string][]string{"mon-tue": {"13:00-17:00", "08:00-12:30"}, "sun": {"00:00-24:00"}, "Sat": {}})
	if err != nil {
		t.Fatal(err)
	}
	day := []Interval{{8 * 60, 12*60 + 30}, {13 * 60, 17 * 60}}
	if want := (Week{time.Sunday: {{0, 24 * 60}}, time.Monday: day, time.Tuesday: day}); !reflect.DeepEqual(week, want) {
		t.Errorf("week = %v", week)
	}
	for _, wrong := range []map[string][]string{
		{"fri-mon": {"08:00-12:00"}}, {"monday": {}}, {"": {}}, {"mon": {"12:00-08:00"}}, {"mon": {"08:00-08:00"}}, {"mon": {"08:00"}},
		{"mon": {"08:60-12:00"}}, {"mon": {"8:0-12:00"}}, {"mon": {"08:00-24:01"}}, {"mon": {"08:00-12:00", "11:59-13:00"}}, {"sun": {"1:00-2:00"}, "sat-sun": {"1:30-3:00"}},
	} {
		if week, err := ParseWeek(wrong); err == nil {
			t.Errorf("%v is taken as %v", wrong, week)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"4h": "4h", "240m": "4h", "90m": "1h30m", "30m": "30m", "100h": "100h", "1h0m": "1h", "": "", "3600s": "1h"} {
		if d, err := ParseSpan(text); err != nil || FormatSpan(d) != want {
			t.Errorf("%q → %q, %v; wanted %q", text, FormatSpan(d), err, want)
		}
	}
	for _, wrong := range []string{"4", "2d", "-1h", "0h", "10s", "four", "20000h"} {
		if d, err := ParseSpan(wrong); err == nil {
			t.Errorf("%q is taken as %v", wrong, d)
		}
	}
}

func TestSecretIsHidden(t *testing.T) {
	t.Parallel()
	if text, err := Secret("x").MarshalText(); err != nil || string(text) != "[secret]" || Secret("x").LogValue().String() != "[secret]" || Secret("").String() != "" {
		t.Errorf("%s, %v", text, err)
	}
}
