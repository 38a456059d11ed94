package app_test

import (
	"errors"
	"testing"

	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/job"
)

// A server that was killed gave no lease back. The next one on its folder holds the folder's lock and leads at once; on
// PostgreSQL the other may be alive, so the end of its lease is waited for. The clock stands still all the while.
func TestWhoeverHasTheFolderLeadsAtOnce(t *testing.T) {
	apptest.Each(t, func(t *testing.T, killed *apptest.Market) {
		killed.Sweep("order.due")
		next := apptest.On(t, killed.DB)
		next.Clock.Set(killed.Clock.Now())
		_, err := next.Jobs.RunSweep(t.Context(), "order.due")
		if embedded := next.DB.Engine() == db.Embedded; embedded && err != nil || !embedded && !errors.Is(err, job.ErrNotLeader) {
			t.Errorf("the next server on %s: %v", next.DB.Engine(), err)
		}
	})
}
