package core

import "time"

// Retention is for how many days the contents of mails and files are kept. Nil = as the service above says; 0 = for ever.
type Retention struct {
	RawMailDays    *int `yaml:"raw_mail_days,omitempty"`   // of mail that is worked off: its bytes as they came in or went out
	AttachmentDays *int `yaml:"attachment_days,omitempty"` // of files, from when their ticket is closed
}

// KeepMail is for how long the raw mail of a service's tickets is kept; 0 = for ever. What a service does not say the one
// above says, whatever else it inherits: how long something is kept is no right.
func (d *Directory) KeepMail(id ServiceID) time.Duration {
	return d.keep(id, func(r Retention) *int { return r.RawMailDays })
}

// KeepFiles is for how long the files of a service's closed tickets are kept; 0 = for ever.
func (d *Directory) KeepFiles(id ServiceID) time.Duration {
	return d.keep(id, func(r Retention) *int { return r.AttachmentDays })
}

func (d *Directory) keep(id ServiceID, days func(Retention) *int) time.Duration {
	s := d.Services[id]
	for range d.Services {
		if s == nil {
			break
		}
		if n := days(s.Retention); n != nil {
			return time.Duration(*n) * 24 * time.Hour
		}
		s = d.Services[s.Parent]
	}
	return 0
}
