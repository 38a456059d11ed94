package dues

import (
	"github.com/haat-market/haat/internal/payment"
	"github.com/haat-market/haat/web/pages/frame"
	"github.com/haat-market/haat/web/pages/lang"
)

var refundStates = []frame.Option{
	{Value: "requested", Text: lang.M("Waits")}, {Value: "processing", Text: lang.M("At work")}, {Value: "completed", Text: lang.M("Money given back")}, {Value: "failed", Text: lang.M("The market looks into it")},
}

// reasonsOfRefunds are those that the market gives by itself.
var reasonsOfRefunds = []frame.Option{
	{Value: "customer", Text: lang.M("The buyer cancelled")}, {Value: "store", Text: lang.M("The store cancelled")}, {Value: "admin", Text: lang.M("The market cancelled")},
	{Value: "unavailable", Text: lang.M("Something was taken out")}, {Value: "dispute", Text: lang.M("The dispute was decided")}, {Value: "returned", Text: lang.M("The goods came back")},
	{Value: "paid_late", Text: lang.M("The money came too late")}, {Value: "duplicate", Text: lang.M("It was paid twice")},
}

// RefundRow is a refund as the pages of orders show it.
type RefundRow struct {
	payment.RefundView
	Badge Badge
	Why   string
}

// RefundRows are refunds as the pages of orders show them.
func RefundRows(p *frame.Page, items []payment.RefundView) []RefundRow {
	classes := map[string]string{"completed": "good", "failed": "bad"}
	out := make([]RefundRow, len(items))
	for i, v := range items {
		class, ok := classes[v.State]
		if !ok {
			class = "warn"
		}
		out[i] = RefundRow{v, Badge{word(p, refundStates, v.State), class}, word(p, reasonsOfRefunds, v.Reason)}
	}
	return out
}
