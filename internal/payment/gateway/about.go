package gateway

import (
	"slices"
	"time"

	"github.com/haat-market/haat/internal/platform/money"
)

// Verified says against what an adapter was tried.
type Verified string

// How far an adapter was tried. Those that were only written from documents are off until an admin turns them on.
const (
	ByDocs    Verified = "docs"
	BySandbox Verified = "sandbox"
	Live      Verified = "live"
)

// Takes is how the payer's part is done.
type Takes string

// The payer's part.
const (
	TakesCard     Takes = "card"     // a card is typed in the market
	TakesRedirect Takes = "redirect" // the payer goes to the provider's page
	TakesTransfer Takes = "transfer" // the payer pays by himself and sends a proof; a person approves it
)

// Refunds says how a gateway gives back. What it cannot give goes to the payer's wallet.
type Refunds string

// The ways to give back.
const (
	NoRefunds    Refunds = "none"
	WholeRefunds Refunds = "whole" // all at once, or not at all
	PartRefunds  Refunds = "parts"
)

// About is what a gateway is and can do.
type About struct {
	Name       string // in the API, the ledger and the settings: a-z, 0-9 and _
	Title      string // for the payer
	Verified   Verified
	Takes      Takes
	Refunds    Refunds
	Currencies []money.Currency // that it takes; none: all
	Min, Max   int64            // of a charge, minor units; 0 for no bound
	Window     time.Duration    // how long the payer has, unless the provider says otherwise
	Free       bool             // no fee for the payer, unless an admin sets one
	Choices    []Choice
	Secrets    []Secret // what it needs from the environment
	Details    []Detail // what it needs from an admin
}

// Secret names a secret and says whether it is there, never what it is.
type Secret struct {
	Name string `json:"name" doc:"The variable of the environment, or line of the configuration file"`
	Set  bool   `json:"set"`
}

// Detail is a public fact that an admin gives, such as the number of a bank account.
type Detail struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Required bool   `json:"required"`
}

// Choice is a way to pay within a gateway.
type Choice struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Banks []Bank `json:"banks,omitempty" doc:"One of them must be chosen"`
}

// Bank is a bank of a choice.
type Bank struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

// Ready says whether all secrets are there.
func (a About) Ready() bool {
	return !slices.ContainsFunc(a.Secrets, func(s Secret) bool { return !s.Set })
}

// Accepts says whether a currency is taken.
func (a About) Accepts(c money.Currency) bool {
	return len(a.Currencies) == 0 || slices.Contains(a.Currencies, c)
}

// GivesBack says whether a refund of amount out of whole can go back the way it came.
func (a About) GivesBack(amount, whole int64) bool {
	return a.Refunds == PartRefunds || a.Refunds == WholeRefunds && amount == whole
}
