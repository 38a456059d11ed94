package proof_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/alexedwards/argon2id"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/mail"
	"github.com/haat-market/haat/internal/platform/verify"
)

var schema = app.Schema()

// program is where the program is built, once, by the first test that needs it.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "haat-proof-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "haat")
		return m.Run()
	}())
}

var built = sync.OnceValue(func() error {
	out, err := exec.Command("go", "build", "-o", program, "github.com/haat-market/haat/cmd/haat").CombinedOutput()
	if err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return nil
})

// quick is a hash that costs nothing; its figures are kept with each password, so that any server can check it.
var quick = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// build puts a market together on a database, to ask it and not to run it.
func build(t *testing.T, d *db.DB) *app.App {
	t.Helper()
	a, err := app.Build(app.Options{
		Config: config.Default(), DB: d, Log: dbtest.Quiet, Mail: &mail.Recorder{}, Key: make([]byte, 32), Hashing: quick, Version: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// clean fails the test where haat verify would find anything.
func clean(t *testing.T, a *app.App) {
	t.Helper()
	var found []verify.Finding
	err := a.DB.Read(context.Background(), "verify", func(ctx context.Context, tx db.Tx) (err error) {
		found, err = verify.Run(ctx, tx, a.Rules(), nil)
		return err
	}, db.Long())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("verify: %v", f)
	}
}
