package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"postdesk/admin/web"
	"postdesk/core/store"
)

// Config is what the environment sets (README, Install it for real).
type Config struct {
	DatabaseURL   string
	Listen        string // address and port of the web server
	PublicURL     string // how people reach it, without a slash at the end
	SecretKeyFile string
	Proxies       web.Proxies // whose word of where a request comes from counts
	LogLevel      slog.Level
	LogJSON       bool
}

const prefix = "POSTDESK_"

// settings are the names behind the prefix.
var settings = []string{"DATABASE_URL", "LISTEN", "PUBLIC_URL", "SECRET_KEY_FILE", "TRUSTED_PROXIES", "LOG", "LOG_FORMAT"}

// readConfig reads the POSTDESK_* variables of an environment. An unknown one is an error: it is a setting that would
// silently not hold.
func readConfig(environ []string) (Config, error) {
	c := Config{Listen: "127.0.0.1:8025", SecretKeyFile: "postdesk.key", LogLevel: slog.LevelInfo}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		key, ours := strings.CutPrefix(name, prefix)
		if !ours {
			continue
		}
		if !slices.Contains(settings, key) {
			return c, fmt.Errorf("%s is no setting; known are %s%s", name, prefix, strings.Join(settings, ", "+prefix))
		}
		switch key {
		case "DATABASE_URL":
			c.DatabaseURL = value
		case "LISTEN":
			if _, _, err := net.SplitHostPort(value); err != nil {
				return c, fmt.Errorf("%s=%q: want address:port, as in 127.0.0.1:8025", name, value)
			}
			c.Listen = value
		case "PUBLIC_URL":
			u, err := url.Parse(value)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				return c, fmt.Errorf("%s=%q: want http(s)://host, as people type it", name, value)
			}
			c.PublicURL = strings.TrimSuffix(value, "/")
		case "SECRET_KEY_FILE":
			c.SecretKeyFile = value
		case "TRUSTED_PROXIES":
			proxies, err := web.ParseProxies(value)
			if err != nil {
				return c, fmt.Errorf("%s=%q: want addresses or networks, as in 127.0.0.1,10.0.0.0/8", name, value)
			}
			c.Proxies = proxies
		case "LOG":
			if err := c.LogLevel.UnmarshalText([]byte(value)); err != nil {
				return c, fmt.Errorf("%s=%q: want debug, info, warn or error", name, value)
			}
		case "LOG_FORMAT":
			if value != "text" && value != "json" {
				return c, fmt.Errorf("%s=%q: want text or json", name, value)
			}
			c.LogJSON = value == "json"
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
	}
	return c, nil
}

// open prepares the database; it does not wait for it.
func (c Config) open(ctx context.Context) (*store.Store, error) {
	if c.DatabaseURL == "" {
		return nil, errors.New("set POSTDESK_DATABASE_URL to a PostgreSQL database (postgres://user:password@host/name), or run `postdesk demo` for an embedded one")
	}
	secrets, err := store.LoadSecrets(c.SecretKeyFile)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, c.DatabaseURL, secrets)
	if err != nil {
		return nil, fmt.Errorf("POSTDESK_DATABASE_URL: %w", err)
	}
	return s, nil
}

// databaseError puts a failure of the database into one line with the next step; the password is not in it.
func databaseError(c Config, err error) error {
	var schema *store.SchemaError
	var pg *pgconn.PgError
	where := "the database"
	if u, parseErr := url.Parse(c.DatabaseURL); parseErr == nil {
		where = u.Host + u.Path
	}
	switch {
	case errors.As(err, &schema):
		return schema
	case errors.As(err, &pg) && (pg.Code == "28P01" || pg.Code == "28000"):
		return fmt.Errorf("%s refused the sign-in: check user and password in POSTDESK_DATABASE_URL", where)
	case errors.As(err, &pg) && pg.Code == "3D000":
		return fmt.Errorf("%s does not exist: create it (createdb), then run `postdesk migrate`", where)
	case store.Transient(err):
		return fmt.Errorf("%s cannot be reached: is PostgreSQL running there? (%s)", where, lastCause(err))
	}
	return err
}

func lastCause(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// now is the clock of the product; everything below gets it handed in.
func now() time.Time { return time.Now().UTC() }
