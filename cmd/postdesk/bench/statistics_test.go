package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestQuantileIsTheNearestRank(t *testing.T) {
	t.Parallel()
	var hundred []int
	for i := range 100 {
		hundred = append(hundred, 100-i)
	}
	for _, c := range []struct {
		values []int
		q      float64
		want   int
	}{
		{hundred, 0.5, 50}, {hundred, 0.95, 95}, {hundred, 1, 100}, {hundred, 0, 1},
		{[]int{3, 1, 2}, 0.5, 2}, {[]int{4, 1}, 0.5, 1}, {[]int{7}, 0.95, 7}, {[]int{1, 2, 3}, 0.95, 3},
	} {
		if got := quantile(c.values, c.q); got != c.want {
			t.Errorf("quantile(%v, %v) = %d, want %d", c.values, c.q, got, c.want)
		}
	}
	if hundred[0] != 100 {
		t.Error("quantile sorted the values of its caller")
	}
}

func TestRatioIsTakenWithinARun(t *testing.T) {
	t.Parallel()
	// The machine was ten times slower in the second run: for the desk and for its floor.
	desk, floor := series{"desk", []float64{1000, 100, 1100}}, series{"floor", []float64{2000, 200, 2200}}
	if got := ratios(desk.runs, floor.runs); !slices.Equal(got, []float64{0.5, 0.5, 0.5}) {
		t.Errorf("ratios = %v", got)
	}
	var out strings.Builder
	printSeries(&out, desk, floor)
	for _, want := range []string{"1000/s", "2000/s", "× 0.50", "runs 1000 100 1100"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestRateIsPerSecond(t *testing.T) {
	t.Parallel()
	if got := rate(5000, 2500*time.Millisecond); got != 2000 {
		t.Errorf("rate = %v", got)
	}
}
