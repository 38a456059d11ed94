package payment

import (
	"context"
	"net/http"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/web"
)

// ReconciliationView is a day of a gateway compared with its provider's file.
type ReconciliationView struct {
	Gateway   string           `json:"gateway"`
	Day       string           `json:"day" format:"date"`
	Currency  string           `json:"currency"`
	Lines     int              `json:"lines" doc:"Of the file"`
	Matched   int              `json:"matched"`
	Paid      string           `json:"paid" doc:"Of what matched: payments, with the fee that payers were shown"`
	GivenBack string           `json:"given_back" doc:"Of what matched: refunds"`
	Charge    string           `json:"charge" doc:"Of what matched: what the provider keeps, as the file has it"`
	Net       string           `json:"net" doc:"paid − given_back − charge: what should come to the bank"`
	Items     []DifferenceView `json:"items" doc:"What does not agree"`
	More      int              `json:"more" doc:"How many more differences there are"`
	Booked    int              `json:"booked" doc:"Of what matched: booked now as money that came to the bank"`
	Before    int              `json:"booked_before" doc:"Of what matched, where it was to be booked: booked by a file before"`
}

// DifferenceView is what does not agree.
type DifferenceView struct {
	Line      int    `json:"line,omitempty" doc:"Of the file"`
	Type      string `json:"type" enum:"payment,refund"`
	Problem   string `json:"problem" enum:"unknown,not_done,amount_differs,twice,missing,charge_differs" doc:"unknown: not the market's. not_done: for the market it did not happen. missing: it is not in the file. charge_differs: it was booked before with another charge"`
	Reference string `json:"reference,omitempty" doc:"The provider's"`
	ID        string `json:"id,omitempty" doc:"The market's attempt or refund"`
	Theirs    string `json:"theirs,omitempty" doc:"The amount as the file has it"`
	Ours      string `json:"ours,omitempty"`
}

type reconcileIn struct {
	Name    string `path:"name" maxLength:"32"`
	Day     string `query:"day" maxLength:"10" doc:"A day of the market, such as 2026-10-01"`
	Book    bool   `query:"book" doc:"Book what agrees as money that came to the bank; each line once, whatever file it stands in"`
	RawBody []byte
}

func (s *Service) mountReconcile(api *web.API) {
	web.Register(api, web.Op{
		Method: http.MethodPost, Path: "/v1/gateways/{name}/reconcile", ID: "payment.reconcile", Room: "payment", Access: web.Admin, Consumes: []string{"text/csv"}, MaxBody: 2 << 20,
		Summary: "Compare a day of a gateway with the file of what its provider settled; says what does not agree",
		Description: "CSV with the columns type (payment or refund; without it all are payments), reference (the provider's) or id (the market's attempt or refund), amount, and where the file has them charge and currency. " +
			"A line may be about another day; missing is what happened on this day and is not in the file. Without book nothing changes; the log says who compared what.",
		Errors: []*fault.Error{ErrGatewayUnknown, ErrSettlementFile, ErrSettlementDay, ErrSettlementBig},
	}, func(ctx context.Context, in *reconcileIn) (*one[ReconciliationView], error) {
		r, err := s.Reconcile(ctx, web.CallerFrom(ctx), in.Name, in.Day, in.RawBody, in.Book)
		if err != nil {
			return nil, err
		}
		return &one[ReconciliationView]{r.View()}, nil
	})
}

// View is a comparison as callers see it.
func (r Reconciliation) View() ReconciliationView {
	text := func(minor int64) string { return money.Format(minor, r.Currency) }
	v := ReconciliationView{
		Gateway: r.Gateway, Day: r.Day, Currency: string(r.Currency), Lines: r.Lines, Matched: r.Matched, Paid: text(r.Paid), GivenBack: text(r.GivenBack), Charge: text(r.Charge),
		Net: text(r.Paid - r.GivenBack - r.Charge), Items: make([]DifferenceView, len(r.Differences)), More: r.More, Booked: r.Booked, Before: r.Before,
	}
	for i, d := range r.Differences {
		v.Items[i] = DifferenceView{Line: d.Line, Type: d.Kind, Problem: d.Problem, Reference: d.Reference, ID: d.ID, Theirs: d.Theirs}
		if d.ID != "" {
			v.Items[i].Ours = text(d.Ours)
		}
	}
	return v
}
