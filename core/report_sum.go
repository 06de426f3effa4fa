package core

import "slices"

// ByPeriod sums the rows of each period that has begun, also of those in which nothing was. The times of promises are
// left out: a median of medians would be none.
func (r *Report) ByPeriod() []ReportRow {
	sums := make([]ReportRow, r.begun)
	for i := range sums {
		sums[i].Period = r.Span.Days[i]
	}
	i := 0
	for _, row := range r.Rows { // by period already
		for sums[i].Period != row.Period {
			i++
		}
		sums[i].add(row.Tally)
		sums[i].Open += row.Open
	}
	return sums
}

// ByKey sums the rows of each key over all periods, in the order of the keys. Open is that of the last period that has
// begun; times are left out as in ByPeriod.
func (r *Report) ByKey() []ReportRow {
	var sums []ReportRow
	at := map[string]int{}
	for _, row := range r.Rows {
		i, known := at[row.Key]
		if !known {
			i = len(sums)
			at[row.Key] = i
			sums = append(sums, ReportRow{ReportKey: row.ReportKey})
		}
		sums[i].add(row.Tally)
		if row.Period == r.Span.Days[r.begun-1] {
			sums[i].Open = row.Open
		}
	}
	slices.SortFunc(sums, func(a, b ReportRow) int { return compareKeys(r.By, a.ReportKey, b.ReportKey) })
	return sums
}

func (t *Tally) add(x Tally) {
	t.Created += x.Created
	t.Resolved += x.Resolved
	t.FirstResponse.add(x.FirstResponse)
	t.Resolution.add(x.Resolution)
}

func (p *Promise) add(x Promise) {
	p.Met += x.Met
	p.Missed += x.Missed
	p.None += x.None
}

// Share is how many percent of what had a target were in time; false where nothing had one.
func (p Promise) Share() (percent int, ok bool) {
	if p.Met+p.Missed == 0 {
		return 0, false
	}
	return (100*p.Met + (p.Met+p.Missed)/2) / (p.Met + p.Missed), true
}
