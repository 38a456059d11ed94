package store

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

func TestStates(t *testing.T) {
	want := map[State]map[Action]State{
		Draft: {Publish: Published, Close: Closed, Suspend: Suspended}, Published: {Unpublish: Draft, Close: Closed, Suspend: Suspended},
		Suspended: {Reinstate: Published}, Closed: {},
	}
	for _, from := range []State{Draft, Published, Suspended, Closed, ""} {
		for _, a := range []Action{Publish, Unpublish, Close, Suspend, Reinstate, "sell"} {
			to, err := from.next(a, Published, []string{"x"})
			if to != want[from][a] || (to == "") != errors.Is(err, ErrStoreState) {
				t.Errorf("%s by %s: %q, %v", from, a, to, err)
			}
			if f, ok := fault.As(err); ok && f.Details["state"] != string(from) {
				t.Errorf("%s by %s: details %v", from, a, f.Details)
			}
		}
	}
	for a := range past {
		if !regexp.MustCompile(`^store\.[a-z]+ed$`).MatchString(past[a]) {
			t.Errorf("event of %s is %q", a, past[a])
		}
	}
	for _, c := range []struct {
		s            State
		owner, admin bool
		want         string
	}{
		{Draft, true, false, "close publish"}, {Draft, false, true, "suspend"}, {Published, true, true, "close suspend unpublish"},
		{Suspended, true, false, ""}, {Suspended, false, true, "reinstate"}, {Closed, true, true, ""}, {Published, false, false, ""},
	} {
		if got := strings.Join(c.s.actions(c.owner, c.admin), " "); got != c.want {
			t.Errorf("%s, owner %v, admin %v: %q", c.s, c.owner, c.admin, got)
		}
	}
}

// Who may do what, for everybody and every right.
func TestAdmits(t *testing.T) {
	seller := web.Caller{AccountID: 1, Account: "acc_a", Roles: []string{web.RoleSeller}}
	plain := web.Caller{AccountID: 2, Account: "acc_b", Roles: []string{web.RoleCustomer}}
	admin := web.Caller{AccountID: 3, Account: "acc_c", Roles: []string{web.RoleAdmin}}
	owner, clerk, looker := person{known: true, owner: true}, person{known: true, catalog: true}, person{known: true}
	all := []Right{View, Catalog, Stock, Orders, Own}
	const yes, found, right, role, closed = "", "store_not_found", "store_right_required", "seller_role_required", "store_closed"
	for _, c := range []struct {
		name   string
		state  State
		p      person
		caller web.Caller
		want   [5]string // in the order of all
	}{
		{"nobody", Published, person{}, web.Caller{}, [5]string{found, found, found, found, found}},
		{"a stranger", Published, person{}, seller, [5]string{found, found, found, found, found}},
		{"the owner", Draft, owner, seller, [5]string{yes, yes, yes, yes, yes}},
		{"the owner, suspended", Suspended, owner, seller, [5]string{yes, yes, yes, yes, yes}},
		{"the owner, closed", Closed, owner, seller, [5]string{yes, closed, closed, yes, closed}},
		{"an owner who is no seller any more", Published, owner, plain, [5]string{yes, role, role, role, role}},
		{"staff for the catalog", Published, clerk, plain, [5]string{yes, yes, right, right, right}},
		{"staff, closed", Closed, clerk, plain, [5]string{yes, closed, right, right, right}},
		{"staff without rights", Published, looker, seller, [5]string{yes, right, right, right, right}},
		{"an admin", Published, person{}, admin, [5]string{yes, yes, yes, yes, right}},
		{"an admin, closed", Closed, person{}, admin, [5]string{yes, closed, closed, yes, right}},
		{"an admin who is the owner", Published, owner, admin, [5]string{yes, yes, yes, yes, yes}},
	} {
		for i, r := range all {
			if got := fault.Code(admits(Brief{State: c.state}, c.p, c.caller, r)); got != c.want[i] {
				t.Errorf("%s, %s: %q, want %q", c.name, r, got, c.want[i])
			}
		}
	}
}

func TestSlugs(t *testing.T) {
	for name, want := range map[string]string{
		"Asha's Kirana & Sons":    "ashas-kirana-sons",
		"Café Économie Øst":       "cafe-economie-ost",
		"  --Hello,   World!!-- ": "hello-world",
		"नेपाल हस्तकला":           "nepal-hastakala",
		"राम की दुकान":            "ram-ki-dukan",
		"चाँदी २४":                "chandi-24",
		"سوق البركة":              "swq-albrka",
		"ｓｔｏｒｅ４２":                 "store42",
		strings.Repeat("ab ", 40): strings.TrimSuffix(strings.Repeat("ab-", 16), "-"),
	} {
		if got := slugOf(name); got != want || !validSlug(got) {
			t.Errorf("slugOf(%q) = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{"商店", "!!!", "a", "-", "🙂🙂🙂🙂"} {
		a, b := slugOf(name), slugOf(name)
		if !validSlug(a) || a == b || !strings.HasPrefix(a, "store-") {
			t.Errorf("slugOf(%q) = %q, %q", name, a, b)
		}
	}
	for _, bad := range []string{"", "ab", "Abc", "a--b", "-abc", "abc-", "a_bc", "abc/card", "अबक", strings.Repeat("a", 61)} {
		if validSlug(bad) {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("नेपाल Store")
	f.Fuzz(func(t *testing.T, name string) {
		if s := slugOf(name); !validSlug(s) {
			t.Errorf("slugOf(%q) = %q", name, s)
		}
	})
}

func TestProfile(t *testing.T) {
	good := Profile{Name: " Asha's  ", Description: "a\r\nb", Email: "Asha@Example.org", Phone: "9841234567", Sells: true,
		Address: &identity.Address{Line1: "1 Road", City: "Pokhara"}}
	p, err := good.normal("NP")
	if err != nil || p.Name != "Asha's" || p.Description != "a\nb" || p.Phone != "+9779841234567" || p.Address.Country != "NP" {
		t.Fatalf("%+v, %v", p, err)
	}
	if got := strings.Join(good.changed(p), " "); got != "name description phone address" {
		t.Errorf("changed: %s", got)
	}
	bad := Profile{Slug: "A b", Email: "x", Phone: "1", WhatsApp: "2", Address: &identity.Address{Lat: "x"}}
	f, _ := fault.As(func() error { _, err := bad.normal("NP"); return err }())
	paths := map[string]bool{}
	for _, field := range f.Fields {
		paths[field.Path] = true
	}
	for _, path := range []string{"name", "slug", "email", "phone", "whatsapp", "address.line1", "address.city", "address.lat", "sells"} {
		if !paths[path] {
			t.Errorf("%s is not named in %v", path, f.Fields)
		}
	}
}
