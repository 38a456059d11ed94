package store_test

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haat-market/haat/internal/app"
	"github.com/haat-market/haat/internal/apptest"
	"github.com/haat-market/haat/internal/identity"
	"github.com/haat-market/haat/internal/platform/db/dbtest"
	"github.com/haat-market/haat/internal/platform/mail"
)

// withURL gives the market an address of its own, from which links are built.
func withURL(o *app.Options) { o.Config.URL = "https://haat.example" }

func invite(s apptest.Store, c *apptest.Client, invitee string, rights ...string) *apptest.Answer {
	if rights == nil {
		rights = []string{}
	}
	return c.Post("/v1/stores/{}/invitations", M{"invitee": invitee, "rights": rights}, s.ID)
}

// mailsTo runs the jobs and gives the mails to an address.
func mailsTo(m *apptest.Market, to string) (out []mail.Message) {
	m.RunJobs()
	for _, x := range m.Mail.Sent() {
		if x.To == to {
			out = append(out, x)
		}
	}
	return out
}

func TestInvitationIsMailedAndAccepted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, asha := m.Store(), m.Person("customer")
		storeCode := s.Owner.Get("/v1/stores/", s.ID).Want(200).Str("code")
		storeName := s.Owner.Get("/v1/stores/", s.ID).Want(200).Str("name")
		a := invite(s, s.Owner, strings.ToUpper(asha.Email), "orders", "stock").Want(201)
		a.Is("state", "open").Is("rights", []any{"stock", "orders"}).Is("store.id", s.ID).Is("allowed_actions", []any{"resend", "revoke"})
		id := a.Str("id")
		got := mailsTo(m, asha.Email)
		if len(got) != 1 || !strings.Contains(got[0].Text, "https://haat.example/account/invitations") || !strings.Contains(got[0].Text, storeCode) {
			t.Fatalf("mails: %+v", got)
		}
		if strings.Contains(got[0].Text, storeName) || strings.Contains(got[0].Text, id) {
			t.Errorf("the mail carries a stranger's text, or a secret:\n%s", got[0].Text)
		}
		// Before it is accepted it gives nothing; nobody else can answer it.
		asha.Get("/v1/orders?store=", s.ID).Problem(404, "store_not_found")
		stranger := m.Person("customer")
		for _, verb := range []string{"accept", "decline", "resend", "revoke"} {
			stranger.Post("/v1/invitations/{}/{}", nil, id, verb).Problem(404, "invitation_not_found")
		}
		s.Owner.Post("/v1/invitations/{}/accept", nil, id).Problem(404, "invitation_not_found")
		asha.Post("/v1/invitations/{}/revoke", nil, id).Problem(404, "invitation_not_found")
		stranger.Get("/v1/me/invitations").Want(200).Is("items", []any{})

		asha.Get("/v1/me/invitations").Want(200).Is("items.0.id", id).Is("items.0.store.name", storeName).Is("items.0.allowed_actions", []any{"accept", "decline"})
		asha.Post("/v1/invitations/{}/accept", nil, id).Want(200).Is("state", "accepted").Is("allowed_actions", []any{})
		asha.Post("/v1/invitations/{}/accept", nil, id).Want(200).Is("state", "accepted") // twice is no mistake
		asha.Post("/v1/invitations/{}/decline", nil, id).Problem(409, "invitation_ended").Is("details.state", "accepted")
		asha.Get("/v1/orders?store=", s.ID).Want(200)
		asha.Get("/v1/stores?mine=true").Want(200).Is("items.0.rights", []any{"stock", "orders"})
		asha.Get("/v1/me/invitations").Want(200).Is("items", []any{})
		s.Owner.Get("/v1/stores/", s.ID, "/invitations?state=accepted").Want(200).Is("items.0.id", id)
		s.Owner.Get("/v1/stores/", s.ID, "/invitations").Want(200).Is("items", []any{})
		s.Owner.Post("/v1/invitations/{}/revoke", nil, id).Problem(409, "invitation_ended")
		invite(s, s.Owner, asha.Email).Problem(409, "already_staff")
		invite(s, s.Owner, s.Owner.Email).Problem(409, "already_staff")
		trail := string(m.Person("admin").Get("/v1/events?subject=", s.ID).Want(200).Body)
		for _, kind := range []string{"store.invited", "store.invitation_accepted", "store.staff_set"} {
			if !strings.Contains(trail, kind) {
				t.Errorf("no %s in %s", kind, trail)
			}
		}
		if strings.Contains(strings.ToLower(trail), strings.ToLower(asha.Email)) {
			t.Error("the trail holds the address of who was invited")
		}
	}, withURL)
}

// By a code, and by the address of somebody who has no account yet.
func TestInvitationByCodeAndBeforeTheAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, asha := m.Store(), m.Person("customer")
		asha.Patch("/v1/me", M{"language": "ne"}).Want(200)
		code := asha.Get("/v1/me").Want(200).Str("code")
		a := invite(s, s.Owner, " "+strings.ToLower(code)+" ", "catalog").Want(201).Is("invitee", code)
		if got := mailsTo(m, asha.Email); len(got) != 1 || !strings.Contains(got[0].Subject, "निम्तो") {
			t.Errorf("mails: %+v", got)
		}
		asha.Post("/v1/invitations/{}/decline", nil, a.Str("id")).Want(200).Is("state", "declined")
		asha.Post("/v1/invitations/{}/decline", nil, a.Str("id")).Want(200)
		asha.Post("/v1/invitations/{}/accept", nil, a.Str("id")).Problem(409, "invitation_ended")

		late := invite(s, s.Owner, "late@example.org", "orders").Want(201).Str("id")
		if got := mailsTo(m, "late@example.org"); len(got) != 1 {
			t.Fatalf("%d mails", len(got))
		}
		nobody := m.Anonymous()
		nobody.Post("/v1/auth/signup", M{"name": "Late", "email": "Late@Example.org", "password": apptest.Password}).Want(202)
		mails := mailsTo(m, "Late@Example.org")
		found := regexp.MustCompile(`(?:token=|    )([A-Za-z0-9_-]{43})\n`).FindStringSubmatch(mails[len(mails)-1].Text)
		nobody.Post("/v1/auth/activate", M{"token": found[1]}).Want(200)
		c := m.SignIn(&apptest.Client{Email: "late@example.org"})
		c.Post("/v1/invitations/{}/accept", nil, late).Want(200)
		c.Get("/v1/orders?store=", s.ID).Want(200)
	})
}

// Whoever invites learns nothing about an address or a code: the same answer, the same jobs.
func TestInvitationTellsNotWhoHasAnAccount(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, known, gone := m.Store(), m.Person("customer"), m.Person("customer")
		m.Person("admin").Post("/v1/accounts/{}/deactivate", nil, gone.ID).Want(200)
		jobs := func() int64 {
			return dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM jobs WHERE kind = 'store.invitation_mail'")
		}
		answers := map[string][]string{}
		for _, invitee := range []string{known.Email, gone.Email, "nobody@example.org", known.Get("/v1/me").Str("code"), "C-000000000"} {
			before := jobs()
			a := invite(s, s.Owner, invitee, "stock").Want(201)
			shown := regexp.MustCompile(`inv_[a-z0-9]+`).ReplaceAllString(strings.ReplaceAll(string(a.Body), a.Str("invitee"), "…"), "inv")
			if n := jobs() - before; n != 1 {
				t.Errorf("%s makes %d jobs", invitee, n)
			}
			answers[shown] = append(answers[shown], invitee)
		}
		if len(answers) != 1 {
			t.Errorf("the answers tell who has an account: %v", answers)
		}
		if n := len(mailsTo(m, gone.Email)); n != 0 {
			t.Errorf("%d mails to a deactivated account", n)
		}
	})
}

func TestInvitationRefusesWhatIsWrong(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, clerk, admin := m.Store(), m.Person("customer"), m.Person("admin")
		s.Owner.Post("/v1/stores/{}/staff", M{"account": clerk.ID, "rights": []string{"orders", "catalog", "stock"}}, s.ID).Want(201)
		for _, invitee := range []string{"nobody", "C-000000001", "a@b", "x@example.org\r\nBcc: y@example.org", "<x@example.org>", "C-", "-", "acc_0000000000000000", strings.Repeat("9", 200), "नमस्ते"} {
			invite(s, s.Owner, invitee).Problem(422, "invalid_request").Is("errors.0.path", "invitee")
		}
		invite(s, s.Owner, "a@example.org", "own").Problem(422, "invalid_request")
		invite(s, clerk, "a@example.org").Problem(403, "store_right_required")
		invite(s, admin, "a@example.org").Problem(403, "store_right_required")
		invite(s, m.Person("seller"), "a@example.org").Problem(404, "store_not_found")
		clerk.Get("/v1/stores/", s.ID, "/invitations").Problem(403, "store_right_required")
		id := invite(s, s.Owner, "a@example.org").Want(201).Str("id")
		invite(s, s.Owner, "A@Example.ORG", "orders").Problem(409, "already_invited").Is("details.invitation", id)
		admin.Get("/v1/stores/", s.ID, "/invitations").Want(200).Is("items.0.id", id).Is("items.0.allowed_actions", []any{})
		clerk.Post("/v1/invitations/{}/revoke", nil, id).Problem(403, "store_right_required")
		s.Owner.Post("/v1/invitations/{}/revoke", nil, id).Want(200).Is("state", "revoked")
		s.Owner.Post("/v1/invitations/{}/resend", nil, id).Problem(409, "invitation_ended")
		invite(s, s.Owner, "a@example.org").Want(201)
		// The same request twice is one invitation.
		one := s.Owner.Key("once-and-for-all").Post("/v1/stores/{}/invitations", M{"invitee": "b@example.org", "rights": []string{}}, s.ID).Want(201).Str("id")
		s.Owner.Key("once-and-for-all").Post("/v1/stores/{}/invitations", M{"invitee": "b@example.org", "rights": []string{}}, s.ID).Want(201).Is("id", one)
		if n := len(mailsTo(m, "b@example.org")); n != 1 {
			t.Errorf("%d mails for one invitation", n)
		}
		// A store cannot fill the world's mailboxes, nor one.
		for range 20 {
			s.Owner.Post("/v1/invitations/{}/resend", nil, one).Want(200)
		}
		if n := len(mailsTo(m, "b@example.org")); n > 6 {
			t.Errorf("%d mails to one mailbox", n)
		}
		for i := range 60 {
			a := invite(s, s.Owner, "p"+strings.Repeat("x", i)+"@example.org")
			if a.Status == 409 {
				a.Problem(409, "too_many_invitations")
				return
			}
			a.Want(201)
		}
		t.Error("60 open invitations")
	})
}

// Whatever counted when somebody was invited counts when he accepts.
func TestInvitationIsJudgedAgainWhenItIsAccepted(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		admin, boss := m.Person("admin"), m.Person("superadmin")
		s, asha := m.Store(), m.Person("customer")
		id := invite(s, s.Owner, asha.Email, "orders").Want(201).Str("id")
		accept := func() *apptest.Answer { return asha.Post("/v1/invitations/{}/accept", nil, id) }

		admin.Post("/v1/stores/{}/suspend", M{"reason": "complaints"}, s.ID).Want(200)
		accept().Problem(409, "store_state").Is("details.state", "suspended")
		invite(s, s.Owner, "x@example.org").Problem(409, "store_state")
		admin.Post("/v1/stores/{}/reinstate", nil, s.ID).Want(200)

		boss.Put("/v1/accounts/{}/roles", M{"roles": []string{"customer"}}, s.Owner.ID).Want(200)
		accept().Problem(409, "invitation_void")
		boss.Put("/v1/accounts/{}/roles", M{"roles": []string{"customer", "seller"}}, s.Owner.ID).Want(200)

		admin.Post("/v1/accounts/{}/deactivate", nil, s.Owner.ID).Want(200)
		accept().Problem(409, "invitation_void")
		admin.Post("/v1/accounts/{}/activate", nil, s.Owner.ID).Want(200)
		owner := m.SignIn(s.Owner)

		m.Clock.Advance(14*24*time.Hour + time.Second)
		asha, owner = m.SignIn(asha), m.SignIn(owner)
		accept().Problem(409, "invitation_ended").Is("details.state", "expired")
		asha.Get("/v1/me/invitations").Want(200).Is("items", []any{})
		owner.Get("/v1/stores/", s.ID, "/invitations").Want(200).Is("items.0.state", "expired").Is("items.0.allowed_actions", []any{"resend", "revoke"})
		owner.Post("/v1/invitations/{}/resend", nil, id).Want(200).Is("state", "open")
		// Who was let in directly since keeps what he was given there.
		owner.Post("/v1/stores/{}/staff", M{"account": asha.ID, "rights": []string{"stock"}}, s.ID).Want(201)
		accept().Want(200)
		asha.Get("/v1/stores?mine=true").Want(200).Is("items.0.rights", []any{"stock"})

		other := m.Person("customer")
		id = invite(s, owner, other.Email).Want(201).Str("id")
		owner.Post("/v1/stores/{}/close", nil, s.ID).Want(200)
		other.Post("/v1/invitations/{}/accept", nil, id).Problem(409, "store_closed")

		// After a while they are forgotten.
		m.Clock.Advance(45 * 24 * time.Hour)
		m.Sweep("store.invitations")
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM store_invitations"); n != 0 {
			t.Errorf("%d invitations are left", n)
		}
	})
}

// A person who manages people decides within his own rights, and his invitations stand as long as he does.
func TestManagerInvitesWithinHisRights(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, boss, clerk, asha := m.Store(), m.Person("customer"), m.Person("customer"), m.Person("customer")
		set := func(c *apptest.Client, who *apptest.Client, rights ...string) *apptest.Answer {
			return c.Post("/v1/stores/{}/staff", M{"account": who.ID, "rights": rights}, s.ID)
		}
		set(s.Owner, boss, "orders", "people").Want(201)
		set(s.Owner, clerk, "stock").Want(201)
		set(boss, boss, "orders", "people", "catalog").Problem(403, "store_right_required") // nobody raises himself
		set(boss, clerk, "stock", "orders").Problem(403, "store_right_required")            // has what he has not
		set(boss, asha, "catalog").Problem(403, "store_right_required")
		set(boss, asha, "people").Problem(403, "store_right_required")
		boss.Delete("/v1/stores/", s.ID, "/staff/", clerk.ID).Problem(403, "store_right_required")
		boss.Delete("/v1/stores/", s.ID, "/staff/", s.Owner.ID).Problem(409, "owner_stays")
		boss.Patch("/v1/stores/{}", M{"name": "Mine"}, s.ID).Problem(403, "store_right_required")
		set(boss, asha, "orders").Want(201)
		set(boss, asha).Problem(422, "invalid_request") // rights are said
		boss.Delete("/v1/stores/", s.ID, "/staff/", asha.ID).Want(204)

		invite(s, boss, asha.Email, "catalog").Problem(403, "store_right_required")
		invite(s, boss, asha.Email, "people").Problem(403, "store_right_required")
		theirs := invite(s, s.Owner, "z@example.org", "catalog").Want(201).Str("id")
		boss.Post("/v1/invitations/{}/revoke", nil, theirs).Problem(403, "store_right_required")
		boss.Get("/v1/stores/", s.ID, "/invitations").Want(200).Is("items.0.allowed_actions", []any{})
		id := invite(s, boss, asha.Email, "orders").Want(201).Str("id")
		accept := func() *apptest.Answer { return asha.Post("/v1/invitations/{}/accept", nil, id) }
		set(s.Owner, boss, "stock", "people").Want(200)
		accept().Problem(409, "invitation_void") // gives what he has no more
		set(s.Owner, boss, "orders").Want(200)
		accept().Problem(409, "invitation_void") // manages nobody any more
		s.Owner.Delete("/v1/stores/", s.ID, "/staff/", boss.ID).Want(204)
		accept().Problem(409, "invitation_void")
		s.Owner.Post("/v1/invitations/{}/resend", nil, id).Want(200) // the owner answers for it from now on
		accept().Want(200)
	})
}

// An address that changes hands does not hand over what its former owner was asked; erasure leaves nothing.
func TestInvitationFollowsThePersonNotTheAddress(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s, other, asha, admin := m.Store(), m.Store(), m.Person("customer"), m.Person("admin")
		old := asha.Email
		id := invite(s, s.Owner, old, "orders").Want(201).Str("id")
		twice := invite(other, other.Owner, old).Want(201).Str("id")
		byCode := invite(other, other.Owner, asha.Get("/v1/me").Str("code")).Want(201).Str("id")
		asha.Post("/v1/me/email", M{"email": "moved@example.org", "password": apptest.Password}).Want(202)
		mails := mailsTo(m, "moved@example.org")
		found := regexp.MustCompile(`(?:token=|    )([A-Za-z0-9_-]{43})\n`).FindStringSubmatch(mails[0].Text)
		m.Anonymous().Post("/v1/auth/email/confirm", M{"token": found[1]}).Want(200)
		asha.Email = "moved@example.org"
		asha.Token = m.SignIn(asha).Token
		// Somebody else gets the address.
		if _, err := m.Identity.CreateAccount(t.Context(), identity.NewAccount{Name: "Heir", Email: old, Password: apptest.Password, Roles: []string{"customer"}}); err != nil {
			t.Fatal(err)
		}
		heir := m.SignIn(&apptest.Client{Email: old})
		heir.Get("/v1/me/invitations").Want(200).Is("items", []any{})
		heir.Post("/v1/invitations/{}/accept", nil, id).Problem(404, "invitation_not_found")
		asha.Get("/v1/me/invitations").Want(200).Is("items.0.id", byCode).Is("items.1.id", id).Is("items.2", nil)
		other.Owner.Get("/v1/stores/", other.ID, "/invitations?state=revoked").Want(200).Is("items.0.id", twice)
		asha.Post("/v1/invitations/{}/accept", nil, id).Want(200)

		admin.Post("/v1/accounts/{}/erase", nil, asha.ID).Want(200)
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM store_invitations WHERE state <> 'revoked'"); n != 0 {
			t.Errorf("%d invitations of an erased account", n)
		}
		s.Owner.Get("/v1/stores/", s.ID, "/staff").Want(200).Is("items.0.account", s.Owner.ID).Is("items.1", nil)
	})
}

// Many accept at once, where one place is left; and one accepts while he is withdrawn.
func TestInvitationRaces(t *testing.T) {
	apptest.Each(t, func(t *testing.T, m *apptest.Market) {
		s := m.Store()
		type guest struct {
			c  *apptest.Client
			id string
		}
		guests := make([]guest, 16)
		for i := range guests {
			c := m.Person("customer")
			guests[i] = guest{c, invite(s, s.Owner, c.Email, "orders").Want(201).Str("id")}
		}
		// 48 people are there: the owner and 47 who came directly.
		for i := range 47 {
			if _, err := m.Identity.CreateAccount(t.Context(), identity.NewAccount{
				Name: "Asha", Email: "p" + strings.Repeat("x", i) + "@example.org", Password: apptest.Password, Roles: []string{"customer"},
			}); err != nil {
				t.Fatal(err)
			}
		}
		dbtest.Exec(t, m.DB, `INSERT INTO store_people (store_id, account_id, owner, catalog, stock, orders, people, created_at)
SELECT s.id, a.id, FALSE, FALSE, FALSE, FALSE, FALSE, 1 FROM accounts a, stores s WHERE a.name = 'Asha'`)
		var wg sync.WaitGroup
		var in atomic.Int64
		for _, g := range guests {
			wg.Go(func() {
				a, err := g.c.Try("POST", "/v1/invitations/"+g.id+"/accept", nil)
				switch {
				case err != nil:
					t.Error(err)
				case a.Status == 200:
					in.Add(1)
				case a.Str("code") != "too_many_people":
					t.Errorf("%d %s", a.Status, a.Body)
				}
			})
		}
		wg.Wait()
		if n := dbtest.One[int64](t, m.DB, "SELECT COUNT(*) FROM store_people"); n != 50 || in.Load() != 2 {
			t.Errorf("%d people, %d accepted", n, in.Load())
		}
		// Accepted and withdrawn at the same time: one of the two.
		other := m.Store()
		for range 4 {
			c := m.Person("customer")
			id := invite(other, other.Owner, c.Email).Want(201).Str("id")
			var won atomic.Int64
			for range 4 {
				wg.Go(func() {
					if a, err := c.Try("POST", "/v1/invitations/"+id+"/accept", nil); err == nil && a.Status == 200 {
						won.Store(1)
					}
				})
				wg.Go(func() { _, _ = other.Owner.Try("POST", "/v1/invitations/"+id+"/revoke", nil) })
			}
			wg.Wait()
			_, in := personIn(other, c.ID)
			if in != (won.Load() == 1) {
				t.Errorf("works there: %v, accepted: %d", in, won.Load())
			}
		}
	})
}

func personIn(s apptest.Store, account string) (rights []any, found bool) {
	var page struct {
		Items []struct {
			Account string `json:"account"`
			Rights  []any  `json:"rights"`
		} `json:"items"`
	}
	s.Owner.Get("/v1/stores/", s.ID, "/staff?limit=100").Want(200).Into(&page)
	for _, x := range page.Items {
		if x.Account == account {
			return x.Rights, true
		}
	}
	return nil, false
}
