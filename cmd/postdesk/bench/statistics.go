package main

import (
	"fmt"
	"io"
	"slices"
	"time"
)

// median is the middle value; of an even number the lower one of the two.
func median[T int | float64 | time.Duration](values []T) T { return quantile(values, 0.5) }

// quantile is the smallest value that at least the share q of all values does not exceed (nearest rank).
func quantile[T int | float64 | time.Duration](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	rank := int(float64(len(sorted))*q + 0.9999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// rate is how many there are in a second.
func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

// series is one measured thing over several runs.
type series struct {
	name string
	runs []float64 // mails a second, one of each run
}

// printSeries prints each series with its median and every run. Where the first one is the desk, the others are floors
// and get the ratio to it: the median of the ratios within a run, for the machine is not the same in each minute.
func printSeries(out io.Writer, desk series, floors ...series) {
	line := func(s series, ratio string) {
		fmt.Fprintf(out, "  %-58s %8.0f/s  %-8s runs", s.name, median(s.runs), ratio)
		for _, r := range s.runs {
			fmt.Fprintf(out, " %.0f", r)
		}
		fmt.Fprintln(out)
	}
	line(desk, "")
	for _, f := range floors {
		line(f, fmt.Sprintf("× %.2f", median(ratios(desk.runs, f.runs))))
	}
}

// ratios divides run by run.
func ratios(of, by []float64) []float64 {
	out := make([]float64, len(of))
	for i := range of {
		out[i] = of[i] / by[i]
	}
	return out
}
