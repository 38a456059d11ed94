package delivery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/haat-market/haat/internal/delivery/deliverydb"
	"github.com/haat-market/haat/internal/platform/clock"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// What a caller may be told.
var (
	ErrNobody  = fault.New(fault.Conflict, "nobody_to_assign", "No courier can have this delivery now. The details say why and what would help.")
	ErrWeights = fault.New(fault.Invalid, "weights_invalid", "At least one part of the score has to count.")
)

const (
	// mostPlanned is how many deliveries one plan gives away.
	mostPlanned = 1000
	// mostWaiting and mostHands are how much a plan looks at.
	mostWaiting = 5000
	mostHands   = 5000
	// freshPosition is how long a courier is taken to be where he was seen.
	freshPosition = 30 * time.Minute
	// writers is how many assignments of a plan are written at a time.
	writers = 16
	// changed is why a delivery that was planned was not given away.
	changed Refusal = "changed"
)

// AutoCmd says what is to be given away, and to whom.
type AutoCmd struct {
	Deliveries []string // "": all that wait
	Priority   string   // only of this one
	Vehicle    string   // only to couriers with this one
	Limit      int      // at most so many
	Within     int      // hours: only what is to be picked up until then; 0: all
	Reach      int64    // metres that a job may add to a courier's way
	Weights    Weights  // zero: equal
	DryRun     bool     // says what would be done
}

// ScoredCourier is a courier who was looked at.
type ScoredCourier struct {
	Courier string `json:"courier"`
	Name    string `json:"name"`
	Score   Score  `json:"score"`
	Added   *int64 `json:"added_m" nullable:"true" doc:"Metres that the way to the pickup adds to his; null where it is not known"`
}

// Assignment is a delivery that was given away, and why to him.
type Assignment struct {
	Delivery string          `json:"delivery"`
	Tracking string          `json:"tracking_number"`
	Courier  CourierName     `json:"courier"`
	Score    Score           `json:"score"`
	Added    *int64          `json:"added_m" nullable:"true" doc:"Metres that the way to the pickup adds to his; null where it is not known"`
	Distance *int64          `json:"distance_m" nullable:"true" doc:"From door to door"`
	EtaAt    *time.Time      `json:"estimated_delivery_at" nullable:"true"`
	Others   []ScoredCourier `json:"alternatives" doc:"The next best, the best first"`
}

// Unassigned is a delivery that nobody could be given.
type Unassigned struct {
	Delivery   string  `json:"delivery"`
	Tracking   string  `json:"tracking_number"`
	Reason     Refusal `json:"reason" enum:"no_courier,all_busy,over_capacity,too_far,changed"`
	Message    string  `json:"message"`
	Suggestion string  `json:"suggestion"`
	// Of over_capacity and too_far.
	Weight  *int64 `json:"package_weight,omitempty"`
	Free    *int64 `json:"most_free_capacity,omitempty" doc:"Grams"`
	Nearest *int64 `json:"nearest_m,omitempty"`
}

// PlanSummary is what a plan came to.
type PlanSummary struct {
	Processed int   `json:"processed"`
	Assigned  int   `json:"assigned"`
	Failed    int   `json:"failed"`
	Average   int64 `json:"average_score"`
	Added     int64 `json:"added_m" doc:"Metres that all of it adds to the couriers' ways, beside those from door to door"`
}

// PlanResult is what became of a plan.
type PlanResult struct {
	DryRun      bool         `json:"dry_run"`
	Assignments []Assignment `json:"assignments"`
	Failures    []Unassigned `json:"failures"`
	Summary     PlanSummary  `json:"summary"`
}

// sight is what was seen when a plan was made.
type sight struct {
	rows     []deliverydb.Delivery
	gone     []deliverydb.Delivery // were named, and do not wait any more
	couriers []deliverydb.Courier
}

// AutoAssign gives deliveries that wait to the couriers who score best. What cannot be given away is in the result, with
// the reason. Errors: ErrNotFound (of one that was named), ErrWeights.
func (s *Service) AutoAssign(ctx context.Context, caller web.Caller, cmd AutoCmd) (PlanResult, error) {
	cmd, err := cmd.normal()
	if err != nil {
		return PlanResult{}, err
	}
	saw, err := s.look(ctx, cmd, nil)
	if err != nil {
		return PlanResult{}, err
	}
	return s.carryOut(ctx, caller, cmd, saw)
}

// AutoAssignOne gives one delivery to the courier who scores best; of one that is assigned, to the best of the others.
// Errors: ErrNotFound, ErrState, ErrWeights, ErrNobody.
func (s *Service) AutoAssignOne(ctx context.Context, caller web.Caller, id string, cmd AutoCmd) (Assignment, error) {
	cmd.Deliveries, cmd.Priority, cmd.Within, cmd.Limit = []string{id}, "", 0, 1
	cmd, err := cmd.normal()
	if err != nil {
		return Assignment{}, err
	}
	saw, err := s.look(ctx, cmd, []State{Available, Assigned})
	if err != nil {
		return Assignment{}, err
	}
	out, err := s.carryOut(ctx, caller, cmd, saw)
	if err != nil {
		return Assignment{}, err
	}
	if len(out.Assignments) == 1 {
		return out.Assignments[0], nil
	}
	f := out.Failures[0]
	if f.Reason == changed {
		return Assignment{}, ErrState
	}
	no := ErrNobody.With("reason", string(f.Reason)).With("suggestion", f.Suggestion)
	if f.Free != nil {
		no = no.With("package_weight", *f.Weight).With("most_free_capacity", *f.Free)
	}
	if f.Nearest != nil {
		no = no.With("nearest_m", *f.Nearest)
	}
	return Assignment{}, no
}

func (cmd AutoCmd) normal() (AutoCmd, error) {
	if cmd.Limit <= 0 || cmd.Limit > mostPlanned {
		cmd.Limit = mostPlanned
	}
	if cmd.Reach <= 0 {
		cmd.Reach = defaultReach
	}
	if cmd.Weights == (Weights{}) {
		cmd.Weights = equalWeights
	}
	w := cmd.Weights
	if w.Distance < 0 || w.Rating < 0 || w.Capacity < 0 || w.Workload < 0 || w.Distance+w.Rating+w.Capacity+w.Workload == 0 {
		return cmd, ErrWeights
	}
	return cmd, nil
}

// defaultReach is how far a courier goes for a pickup, in metres.
const defaultReach = 15_000

// look reads what a plan is about. states: of the one delivery that is named; nil: all that wait are looked at.
func (s *Service) look(ctx context.Context, cmd AutoCmd, states []State) (saw sight, err error) {
	err = s.db.Read(ctx, "delivery.look", func(ctx context.Context, tx db.Tx) error {
		saw = sight{}
		if err = s.waiting(ctx, tx, cmd, states, &saw); err != nil {
			return err
		}
		saw.couriers, err = s.ready(ctx, tx, cmd.Vehicle)
		return err
	})
	return saw, err
}

// waiting finds the deliveries that are to be given away, the most urgent and then the oldest first.
func (s *Service) waiting(ctx context.Context, tx db.Tx, cmd AutoCmd, states []State, saw *sight) error {
	rows, err := named(ctx, deliverydb.New(tx), cmd.Deliveries)
	if err != nil {
		return err
	}
	until := clock.Micro(s.clock.Now().Add(time.Duration(cmd.Within) * time.Hour))
	for _, d := range rows {
		if states != nil && !slices.Contains(states, State(d.State)) {
			return wrongState(d, []Party{Admin})
		}
		if states == nil && State(d.State) != Available {
			saw.gone = append(saw.gone, d)
			continue
		}
		if cmd.Priority != "" && priorities[d.Priority] != cmd.Priority || cmd.Within > 0 && d.PickupAt != nil && *d.PickupAt > until {
			continue
		}
		saw.rows = append(saw.rows, d)
	}
	slices.SortStableFunc(saw.rows, func(a, b deliverydb.Delivery) int { return int(b.Priority - a.Priority) })
	saw.rows = saw.rows[:min(len(saw.rows), cmd.Limit)]
	return nil
}

// named are the deliveries with these ids, or all that wait. Errors: ErrNotFound.
func named(ctx context.Context, q *deliverydb.Queries, ids []string) ([]deliverydb.Delivery, error) {
	if len(ids) == 0 {
		return q.Waiting(ctx, 0, mostWaiting)
	}
	rows, err := q.DeliveriesByPublicIDs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rows, func(d deliverydb.Delivery) bool { return d.PublicID == id }) {
			return nil, ErrNotFound.With("delivery", id)
		}
	}
	return rows, nil
}

// ready are the couriers who may be given jobs.
func (s *Service) ready(ctx context.Context, tx db.Tx, vehicle string) (out []deliverydb.Courier, err error) {
	now := clock.Micro(s.clock.Now())
	for after := int64(0); len(out) < mostHands; {
		rows, err := deliverydb.New(tx).ReadyCouriers(ctx, after, pageOfRules)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		after = rows[len(rows)-1].ID
		for _, c := range rows {
			if fit(c, now) == nil && (vehicle == "" || c.Vehicle == vehicle) {
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// hands are couriers as a planner sees them.
func (s *Service) hands(ctx context.Context, tx db.Tx, couriers []deliverydb.Courier) ([]Hand, error) {
	ids := make([]int64, len(couriers))
	for i, c := range couriers {
		ids[i] = c.ID
	}
	stops, err := deliverydb.New(tx).StopsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	has := map[int64][]Job{}
	for _, d := range stops {
		j := Job{To: pointOf(d.DropLat, d.DropLng)}
		if State(d.State) == Assigned {
			j.From = pointOf(d.PickupLat, d.PickupLng)
		}
		has[*d.CourierID] = append(has[*d.CourierID], j)
	}
	seen := clock.Micro(s.clock.Now().Add(-freshPosition))
	out := make([]Hand, len(couriers))
	for i, c := range couriers {
		out[i] = Hand{ID: c.ID, Capacity: c.Capacity, Load: c.Load, Jobs: c.Jobs, Stops: has[c.ID]}
		if c.RatingCount > 0 {
			out[i].Stars = c.RatingSum * 100 / c.RatingCount
		}
		if where, at := s.where(c); at >= seen {
			out[i].At = where
		}
	}
	return out, nil
}

// carryOut plans, and writes what was planned, each delivery under its locks: who claims or cancels meanwhile wins.
func (s *Service) carryOut(ctx context.Context, caller web.Caller, cmd AutoCmd, saw sight) (PlanResult, error) {
	var hands []Hand
	err := s.db.Read(ctx, "delivery.hands", func(ctx context.Context, tx db.Tx) (err error) {
		hands, err = s.hands(ctx, tx, saw.couriers)
		return err
	})
	if err != nil {
		return PlanResult{}, err
	}
	jobs, sellers := make([]Job, len(saw.rows)), byAccount(saw.couriers)
	for i, d := range saw.rows {
		jobs[i] = Job{From: pointOf(d.PickupLat, d.PickupLng), To: pointOf(d.DropLat, d.DropLng), Weight: d.Weight, Priority: d.Priority}
		if State(d.State) == Assigned && d.CourierID != nil {
			jobs[i].Not = *d.CourierID
		} else if d.Side == buyback {
			jobs[i].Not = sellers[d.BuyerID] // nobody fetches what he sells himself
		}
	}
	plan := s.planner.Plan(jobs, hands, Terms{MostJobs: MostJobs, Reach: cmd.Reach, Weights: cmd.Weights})
	if !cmd.DryRun {
		if err := s.write(ctx, caller, saw, plan); err != nil {
			return PlanResult{}, err
		}
	}
	return s.result(ctx, cmd, saw, plan)
}

// byAccount are couriers by their accounts.
func byAccount(couriers []deliverydb.Courier) map[int64]int64 {
	out := make(map[int64]int64, len(couriers))
	for _, c := range couriers {
		out[c.AccountID] = c.ID
	}
	return out
}

// write gives the deliveries of a plan away, several at a time so that they share commits.
func (s *Service) write(ctx context.Context, caller web.Caller, saw sight, plan []Choice) error {
	var all sync.WaitGroup
	next := make(chan int)
	errs := make([]error, writers)
	for w := range writers {
		all.Go(func() {
			for i := range next {
				if errs[w] == nil {
					errs[w] = s.settle(ctx, caller, saw, i, &plan[i])
				}
			}
		})
	}
	for i := range plan {
		if plan[i].Found {
			next <- i
		}
	}
	close(next)
	all.Wait()
	return errors.Join(errs...)
}

// settle gives one delivery to whom the plan says, or to the next best where he cannot have it any more.
func (s *Service) settle(ctx context.Context, caller web.Caller, saw sight, i int, c *Choice) error {
	for {
		err := s.assign(ctx, caller, saw.rows[i], saw.couriers[c.Hand].ID, c.Score)
		switch f, ok := fault.As(err); {
		case err == nil:
			return nil
		case !ok || f.Kind == fault.Unavailable:
			return err
		case err != nil && (errors.Is(err, ErrState) || errors.Is(err, ErrNotFound)):
			c.Found, c.Refusal = false, changed
			return nil
		case len(c.Others) == 0:
			c.Found, c.Refusal = false, AllBusy
			return nil
		}
		c.Candidate, c.Others = c.Others[0], c.Others[1:]
	}
}

// assign gives a courier a delivery that is as it was seen. Errors: ErrState, and why he cannot have it.
func (s *Service) assign(ctx context.Context, caller web.Caller, seen deliverydb.Delivery, courier int64, why Score) error {
	// READ COMMITTED: as Claim.
	return s.db.Write(ctx, "delivery.auto_assign", func(ctx context.Context, tx db.Tx) error {
		w, err := s.begin(ctx, tx, seen.PublicID)
		if err != nil {
			return err
		}
		if w.row.State != seen.State || (w.row.CourierID == nil) != (seen.CourierID == nil) || seen.CourierID != nil && *w.row.CourierID != *seen.CourierID {
			return wrongState(w.row, []Party{Admin})
		}
		if _, err := w.step(Assign, []Party{Admin}); err != nil {
			return err
		}
		return s.give(ctx, tx, w, courier, Assign, Note{Actor: caller.Account}, map[string]any{"score": why.Total, "auto": true})
	}, db.ReadCommitted())
}

// result says what became of a plan.
func (s *Service) result(ctx context.Context, cmd AutoCmd, saw sight, plan []Choice) (out PlanResult, err error) {
	err = s.db.Read(ctx, "delivery.planned", func(ctx context.Context, tx db.Tx) error {
		out = PlanResult{DryRun: cmd.DryRun, Assignments: []Assignment{}, Failures: []Unassigned{}}
		for _, d := range saw.gone {
			out.Failures = append(out.Failures, unassigned(d, Choice{Refusal: changed}, cmd))
		}
		people, err := s.people(ctx, tx, saw, plan)
		if err != nil {
			return err
		}
		sum := int64(0)
		for i, c := range plan {
			d := saw.rows[i]
			if !c.Found {
				out.Failures = append(out.Failures, unassigned(d, c, cmd))
				continue
			}
			a := Assignment{Delivery: d.PublicID, Tracking: d.Tracking, Courier: people[saw.couriers[c.Hand].ID], Score: c.Score, Added: known(c.Added), Distance: d.Distance, Others: []ScoredCourier{}}
			for _, o := range c.Others {
				n := people[saw.couriers[o.Hand].ID]
				a.Others = append(a.Others, ScoredCourier{n.ID, n.Name, o.Score, known(o.Added)})
			}
			if d.Distance != nil {
				a.EtaAt = ptr(s.clock.Now().Add(handling + travel(*d.Distance, a.Courier.Vehicle)).UTC().Truncate(time.Microsecond))
			}
			sum, out.Summary.Added = sum+c.Score.Total, out.Summary.Added+max(0, c.Added)
			out.Assignments = append(out.Assignments, a)
		}
		out.Summary.Processed, out.Summary.Assigned, out.Summary.Failed = len(plan)+len(saw.gone), len(out.Assignments), len(out.Failures)
		if n := int64(len(out.Assignments)); n > 0 {
			out.Summary.Average = (sum + n/2) / n
		}
		return nil
	})
	return out, err
}

func known(metres int64) *int64 {
	if metres < 0 {
		return nil
	}
	return &metres
}

// people are the couriers whom a plan names.
func (s *Service) people(ctx context.Context, tx db.Tx, saw sight, plan []Choice) (map[int64]CourierName, error) {
	want := map[int64]bool{}
	for _, c := range plan {
		if !c.Found {
			continue
		}
		want[saw.couriers[c.Hand].ID] = true
		for _, o := range c.Others {
			want[saw.couriers[o.Hand].ID] = true
		}
	}
	var rows []deliverydb.Courier
	for _, c := range saw.couriers {
		if want[c.ID] {
			rows = append(rows, c)
		}
	}
	return s.namesOf(ctx, tx, rows)
}

// unassigned says why nobody has a delivery, and what would help.
func unassigned(d deliverydb.Delivery, c Choice, cmd AutoCmd) Unassigned {
	u := Unassigned{Delivery: d.PublicID, Tracking: d.Tracking, Reason: c.Refusal}
	switch c.Refusal {
	case NoCourier:
		u.Message, u.Suggestion = "No verified courier takes jobs now.", "Ask couriers to say that they are available, or verify more of them."
		if cmd.Vehicle != "" {
			u.Message, u.Suggestion = "No verified courier with this vehicle takes jobs now.", "Leave the vehicle out."
		}
	case AllBusy:
		u.Message, u.Suggestion = "Every courier who could has as many deliveries as he may have.", "Try again when some are delivered, or verify more couriers."
	case TooHeavy:
		u.Message, u.Suggestion = "The package is heavier than what any vehicle still takes.", "Ask for a larger vehicle, or send it in several packages."
		u.Weight, u.Free = ptr(d.Weight), ptr(max(0, c.Short))
	case TooFar:
		u.Message, u.Suggestion = "No courier is within reach of the pickup.", "Raise reach_m, or assign the nearest by hand."
		u.Nearest = known(c.Short)
	case changed:
		u.Message, u.Suggestion = "Somebody claimed, cancelled or changed it meanwhile.", "Nothing is to be done."
	}
	return u
}
