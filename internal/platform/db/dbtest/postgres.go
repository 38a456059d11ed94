package dbtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/haat-market/haat/internal/platform/db"
)

// probe is asked when no server is named.
const probe = "postgres://root@127.0.0.1:5432/postgres?sslmode=disable"

// Databases of tests that were killed are removed after staleAfter; migrated ones, which later runs use again, after
// templateAge.
const (
	prefix      = "haat_test_"
	staleAfter  = time.Hour
	templateAge = 24 * time.Hour
)

var serverURL = sync.OnceValues(func() (string, error) {
	named := os.Getenv("HAAT_TEST_POSTGRES")
	at := named
	if at == "" {
		at = probe
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, at)
	if err != nil {
		if named == "" {
			return "", nil
		}
		return "", fmt.Errorf("HAAT_TEST_POSTGRES: %w", err)
	}
	defer conn.Close(ctx)
	return at, sweep(ctx, conn)
})

func server(t testing.TB) string {
	t.Helper()
	at, err := serverURL()
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// URL gives the URL of a database on the test server.
func databaseURL(t testing.TB, name string) string {
	t.Helper()
	u, err := url.Parse(server(t))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// admin runs f on a connection to the server. The lock keeps runs of other packages apart while they copy and remove.
func admin(t testing.TB, f func(ctx context.Context, conn *pgx.Conn) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server(t))
	if err == nil {
		defer conn.Close(ctx)
		err = f(ctx, conn)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// fresh creates an empty database, or a copy of a template, that is dropped at the end of the test.
func fresh(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("%s%d_%s", prefix, time.Now().Unix(), strings.ToLower(rand.Text()[:8]))
	admin(t, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "CREATE DATABASE "+name+template)
		return err
	})
	t.Cleanup(func() {
		admin(t, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			return err
		})
	})
	return databaseURL(t, name)
}

// EmptyPostgres gives the URL of an empty database, for tests of migrations; "" where there is no server.
func EmptyPostgres(t testing.TB) string {
	t.Helper()
	if server(t) == "" {
		return ""
	}
	return fresh(t, "")
}

// LocalePostgres gives the URL of an empty database that sorts as people do, and says which locale it got: en_US.UTF-8
// of the system, else ICU's. A schema that relies on bytes must say so itself.
func LocalePostgres(t testing.TB) (at, locale string) {
	t.Helper()
	if server(t) == "" {
		return "", ""
	}
	for _, l := range []struct{ name, options string }{
		{"en_US.UTF-8", " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'en_US.UTF-8'"},
		{"ICU en-US", " TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"},
	} {
		name := fmt.Sprintf("%s%d_%s", prefix, time.Now().Unix(), strings.ToLower(rand.Text()[:8]))
		refused := false
		admin(t, func(ctx context.Context, conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "CREATE DATABASE "+name+l.options)
			refused = err != nil
			return nil
		})
		if refused {
			continue
		}
		t.Cleanup(func() {
			admin(t, func(ctx context.Context, conn *pgx.Conn) error {
				_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
				return err
			})
		})
		return databaseURL(t, name), l.name
	}
	return fresh(t, ""), "the server's default"
}

// cloneMigrated gives the URL of a copy of a database to which cfg's schema was applied once.
func cloneMigrated(t testing.TB, cfg db.Config) string {
	t.Helper()
	return fresh(t, " TEMPLATE "+migratedTemplate(t, cfg))
}

// migratedTemplate is the name of a database to which cfg's schema was applied once, and which nobody uses.
func migratedTemplate(t testing.TB, cfg db.Config) string {
	t.Helper()
	template := prefix + "schema_" + fingerprint(cfg.Schema.Postgres)
	admin(t, func(ctx context.Context, conn *pgx.Conn) error {
		// One process at a time: the others find it done. The lock ends with the connection.
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(len(prefix))); err != nil {
			return err
		}
		var ready bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", template).Scan(&ready)
		if err != nil || ready {
			return err
		}
		for _, sql := range []string{"DROP DATABASE IF EXISTS " + template + " WITH (FORCE)", "CREATE DATABASE " + template} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		migrate(t, db.Config{URL: databaseURL(t, template), Schema: cfg.Schema, Log: Quiet})
		for _, sql := range []string{
			fmt.Sprintf("COMMENT ON DATABASE %s IS '%d'", template, time.Now().Unix()),
			"ALTER DATABASE " + template + " WITH IS_TEMPLATE true ALLOW_CONNECTIONS false",
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	return template
}

// sweep removes what killed runs and former schemas left behind.
func sweep(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `SELECT datname, datistemplate, COALESCE(shobj_description(oid, 'pg_database'), '0')
		FROM pg_database WHERE starts_with(datname, $1)`, prefix)
	if err != nil {
		return err
	}
	var old []string
	var name, made string
	var template bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &template, &made}, func() error {
		limit := staleAfter
		if made, _, _ = strings.Cut(made, " "); template || strings.HasPrefix(name, reusedPrefix) {
			limit = templateAge
		} else {
			made, _, _ = strings.Cut(strings.TrimPrefix(name, prefix), "_")
		}
		at, err := strconv.ParseInt(made, 10, 64)
		if err == nil && time.Since(time.Unix(at, 0)) > limit {
			old = append(old, name)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, name := range old {
		if strings.HasPrefix(name, reusedPrefix) {
			if free, err := lockDatabase(ctx, conn, name); err != nil || !free {
				continue
			}
		}
		// Another run may be removing it too, or using the template this moment: then it is left.
		if _, err := conn.Exec(ctx, "ALTER DATABASE "+name+" WITH IS_TEMPLATE false"); err != nil {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			continue
		}
	}
	return nil
}
