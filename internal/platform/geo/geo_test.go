package geo

import "testing"

func TestNormalPIN(t *testing.T) {
	for text, want := range map[string]string{
		"110024": "110024", " 411 004 ": "411004", "302001": "302001",
		"011002": "", "11002": "", "1100244": "", "11 0024": "", "११००२४": "", "": "", "110024\n110025": "", "1100a4": "",
	} {
		code, ok := NormalPIN(text)
		if ok != (want != "") || ok && code != want {
			t.Errorf("%q: %q, %v", text, code, ok)
		}
	}
}

// The table is whole: every row has a district, a state and a place within India.
func TestTable(t *testing.T) {
	if n := len(table()); n != 19_238 {
		t.Errorf("%d codes", n)
	}
	for code, p := range table() {
		if _, ok := NormalPIN(code); !ok || p.State == "" || p.District() == "" || p.Place == "" {
			t.Errorf("%+v", p)
		}
		if p.At.Lat < 6_000_000 || p.At.Lat > 37_500_000 || p.At.Lng < 68_000_000 || p.At.Lng > 97_500_000 {
			t.Errorf("%s is at %+v", code, p.At)
		}
	}
	if p, ok := FindPIN("411004"); !ok || p.District() != "Pune" || p.State != "Maharashtra" {
		t.Errorf("411004 is %+v", p)
	}
	if _, ok := FindPIN("999999"); ok {
		t.Error("999999 is known")
	}
}

func TestMetres(t *testing.T) {
	delhi, mumbai := Point{28_613_900, 77_209_000}, Point{19_076_000, 72_877_700}
	if m := Metres(delhi, mumbai); m < 1_145_000 || m > 1_155_000 {
		t.Errorf("Delhi to Mumbai: %d m", m)
	}
	if Metres(delhi, delhi) != 0 || Metres(delhi, mumbai) != Metres(mumbai, delhi) {
		t.Error("not a distance")
	}
	// Across the date line, and between the poles: half a meridian.
	if m := Metres(Point{0, 179_999_999}, Point{0, -179_999_999}); m > 1 {
		t.Errorf("%d m across the date line", m)
	}
	if m := Metres(Point{90_000_000, 0}, Point{-90_000_000, 0}); m < 20_014_000 || m > 20_016_000 {
		t.Errorf("%d m from pole to pole", m)
	}
}

// What is near is what a walk through the whole table finds.
func TestPINsNear(t *testing.T) {
	for _, code := range []string{"411004", "110024", "194101", "744301", "629702"} {
		at, _ := FindPIN(code)
		found := map[string]bool{}
		last := int64(0)
		for _, n := range PINsNear(at.At, MaxNear, 1<<20) {
			found[n.Code] = true
			if n.Metres < last || n.Metres > MaxNear {
				t.Errorf("%s after %d m: %d m", n.Code, last, n.Metres)
			}
			last = n.Metres
		}
		for other, p := range table() {
			if near := Metres(at.At, p.At) <= MaxNear; near != found[other] {
				t.Errorf("%s is %d m from %s and found is %v", other, Metres(at.At, p.At), code, found[other])
			}
		}
		if got := PINsNear(at.At, 1_000_000, 3); len(got) > 3 || got[0].Metres != 0 {
			t.Errorf("%s: the nearest are %+v", code, got)
		}
	}
}

func TestPoint(t *testing.T) {
	p, ok := NewPoint("27.6786", "-85.3091004")
	if lat, lng := p.Strings(); !ok || lat != "27.678600" || lng != "-85.309100" {
		t.Errorf("%s %s %v", lat, lng, ok)
	}
	for _, bad := range [][2]string{{"91", "0"}, {"0", "-180.5"}, {"NaN", "0"}, {"", "0"}, {"1e400", "0"}, {"27,6", "85"}} {
		if _, ok := NewPoint(bad[0], bad[1]); ok {
			t.Errorf("%v is a place", bad)
		}
	}
}
