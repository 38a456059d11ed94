package code

import (
	"testing"
	"time"
)

func TestIDsOfATimeStandTogether(t *testing.T) {
	last := ""
	for at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2094; at = at.Add(31*24*time.Hour + 63*time.Millisecond) {
		early, late := idAt("ord", at), idAt("ord", at.Add(63*time.Millisecond))
		if early >= late || early <= last {
			t.Fatalf("%s of %v does not stand between %s and %s", early, at, last, late)
		}
		last = early
	}
}

func TestIDsBeforeAndAfterTheirTimeAreIDs(t *testing.T) {
	for _, at := range []time.Time{{}, time.Unix(0, 0), time.Date(2400, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if id := idAt("ord", at); !ValidID("ord", id) {
			t.Errorf("%s of %v is none", id, at)
		}
	}
}
