package desk

import (
	"slices"
	"strconv"
	"time"

	"postdesk/core"
)

// plot is a small drawing of numbers over time, with the same numbers as a table. It is drawn in a square of plotSide
// units that the page stretches, so its words stand beside it and not in it.
type plot struct {
	Name   string
	Kind   string // bars (side by side), stack (one on the other) or line
	Series []string
	Steps  []plotStep
	Line   string   // points of the line
	Area   string   // and of what lies below it
	Scale  []string // words of the vertical axis, highest first
	Days   []string // words of the horizontal one
	Empty  bool     // all is 0
}

// plotStep is one period.
type plotStep struct {
	Day    string
	Values []string
	Title  string // all of it in one line
	X, W   float64
	Bars   []plotBar
}

type plotBar struct {
	Class      string
	X, Y, W, H float64
}

// plotSide is the drawing's width and height.
const plotSide = 100.0

// plots draws a report.
func (v *visit) plots(r *core.Report) []plot {
	rows, say := r.ByPeriod(), v.printer
	var came, first, done, open [][]int
	for _, row := range rows {
		came = append(came, []int{row.Created, row.Resolved})
		first = append(first, []int{row.FirstResponse.Met, row.FirstResponse.Missed})
		done = append(done, []int{row.Resolution.Met, row.Resolution.Missed})
		open = append(open, []int{row.Open})
	}
	kept := []string{say.T("reports.met"), say.T("reports.missed")}
	plots := []plot{
		{Name: say.T("reports.plot.came"), Kind: "bars", Series: []string{say.T("report.created"), say.T("report.resolved")}},
		{Name: say.T("reports.plot.open"), Kind: "line", Series: []string{say.T("reports.open")}},
		{Name: say.T("reports.first_response"), Kind: "stack", Series: kept},
		{Name: say.T("reports.resolution"), Kind: "stack", Series: kept},
	}
	for i, values := range [][][]int{came, open, first, done} {
		plots[i].draw(v, rows, values)
	}
	return plots
}

// draw puts the values of each period into the plot.
func (p *plot) draw(v *visit, rows []core.ReportRow, values [][]int) {
	most, all := 0, 0
	for _, of := range values {
		height := slices.Max(of)
		if p.Kind == "stack" {
			height = sum(of)
		}
		most, all = max(most, height), all+sum(of)
	}
	p.Empty = all == 0
	top := ceiling(most)
	for _, n := range []int{top, top / 2, 0} {
		p.Scale = append(p.Scale, v.printer.Number(int64(n)))
	}
	wide := plotSide / float64(max(1, len(rows)))
	for i, row := range rows {
		step := plotStep{Day: v.date(row.Period), X: float64(i) * wide, W: wide}
		step.Title = step.Day + ":"
		below := 0.0
		for j, n := range values[i] {
			said := v.printer.Number(int64(n))
			step.Values = append(step.Values, said)
			step.Title += " " + p.Series[j] + " " + said
			if j < len(values[i])-1 {
				step.Title += ","
			}
			bar := plotBar{Class: []string{"one", "two"}[j], H: plotSide * float64(n) / float64(top)}
			switch p.Kind {
			case "bars":
				bar.W = wide * 0.36
				bar.X = step.X + wide*0.12 + float64(j)*wide*0.4
				bar.Y = plotSide - bar.H
			case "stack":
				bar.W = wide * 0.6
				bar.X, bar.Y = step.X+wide*0.2, plotSide-below-bar.H
				below += bar.H
			}
			if p.Kind != "line" && n > 0 {
				step.Bars = append(step.Bars, bar)
			}
		}
		p.Steps = append(p.Steps, step)
	}
	if p.Kind == "line" {
		p.line(values, top, wide)
	}
	p.Days = v.axis(rows)
}

// line runs from the first edge to the last, so that one period alone is a line too.
func (p *plot) line(values [][]int, top int, wide float64) {
	if len(values) == 0 {
		return
	}
	height := func(n int) string { return units(plotSide - plotSide*float64(n)/float64(top)) }
	p.Line = "0," + height(values[0][0])
	for i, of := range values {
		p.Line += " " + units((float64(i)+0.5)*wide) + "," + height(of[0])
	}
	p.Line += " 100," + height(values[len(values)-1][0])
	p.Area = "0,100 " + p.Line + " 100,100"
}

// axis names the first day, the last, and one between.
func (v *visit) axis(rows []core.ReportRow) []string {
	switch n := len(rows); {
	case n == 0:
		return nil
	case n == 1:
		return []string{v.date(rows[0].Period)}
	case n%2 == 0:
		return []string{v.date(rows[0].Period), v.date(rows[n-1].Period)}
	default:
		return slices.Compact([]string{v.date(rows[0].Period), v.date(rows[n/2].Period), v.date(rows[n-1].Period)})
	}
}

func (v *visit) date(d core.Date) string {
	zone := v.zone()
	return v.printer.Day(time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, zone), v.now)
}

// ceiling is the next round and even number, for the top of a scale.
func ceiling(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, round := range []int{2, 4, 6, 8, 10} {
			if n <= round*unit {
				return round * unit
			}
		}
	}
}

// units writes a place in the drawing.
func units(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }

func sum(numbers []int) (all int) {
	for _, n := range numbers {
		all += n
	}
	return all
}
