package wallet_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
)

// findings are what the room's own rules report.
func findings(t *testing.T, m *apptest.Market) (out []string) {
	t.Helper()
	for _, r := range m.Wallet.Rules() {
		var found []string
		err := m.DB.Read(context.Background(), "test.verify", func(ctx context.Context, tx db.Tx) error {
			found = nil
			return r.Check(ctx, tx, func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) })
		}, db.Long())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	return out
}
