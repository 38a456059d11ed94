package delivery

import (
	"context"
	"time"

	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/web"
)

// AutoBody is what is said of an assignment that the market makes.
type AutoBody struct {
	Vehicle string     `json:"vehicle,omitempty" enum:"foot,bicycle,motorcycle,car,van,truck" doc:"Only to couriers with this one"`
	Reach   int64      `json:"reach_m,omitempty" minimum:"100" maximum:"1000000" default:"15000" doc:"Metres that a job may add to a courier's way beside its own"`
	Weights *weightsIn `json:"weights,omitempty" doc:"How much each part of the score counts; left out: all the same"`
	DryRun  bool       `json:"dry_run,omitempty" doc:"Say what would be done, and do nothing"`
}

type weightsIn struct {
	Distance int64 `json:"distance,omitempty" minimum:"0" maximum:"100"`
	Rating   int64 `json:"rating,omitempty" minimum:"0" maximum:"100"`
	Capacity int64 `json:"capacity,omitempty" minimum:"0" maximum:"100"`
	Workload int64 `json:"workload,omitempty" minimum:"0" maximum:"100"`
}

func (b *AutoBody) cmd() (AutoCmd, error) {
	if b == nil {
		return AutoCmd{}, nil
	}
	cmd := AutoCmd{Vehicle: b.Vehicle, Reach: b.Reach, DryRun: b.DryRun}
	if w := b.Weights; w != nil {
		cmd.Weights = Weights{w.Distance, w.Rating, w.Capacity, w.Workload}
		if cmd.Weights == (Weights{}) {
			return cmd, ErrWeights
		}
	}
	return cmd, nil
}

type autoOneIn struct {
	ByID
	Body *AutoBody `required:"false"`
}

type autoIn struct {
	Body struct {
		AutoBody
		Deliveries []string `json:"deliveries,omitempty" minItems:"1" maxItems:"1000" doc:"Only these; left out: all that wait"`
		Priority   string   `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"Only of this one"`
		Limit      int      `json:"limit,omitempty" minimum:"1" maximum:"1000" default:"100" doc:"At most so many, the most urgent and then the oldest first"`
		Within     int      `json:"time_range_hours,omitempty" minimum:"1" maximum:"720" doc:"Only what is to be picked up within so many hours, or at any time"`
	}
}

type bulkIn struct {
	Body struct {
		Operation  string   `json:"operation" enum:"assign,unassign,cancel,priority"`
		Deliveries []string `json:"deliveries" minItems:"1" maxItems:"200"`
		Courier    string   `json:"courier,omitempty" maxLength:"64" doc:"Of assign"`
		Priority   string   `json:"priority,omitempty" enum:"low,normal,high,urgent" doc:"Of priority"`
		Note       string   `json:"note,omitempty" maxLength:"500" doc:"Of unassign and cancel"`
	}
}

type bulkOut struct {
	Changed int        `json:"changed"`
	Refused int        `json:"refused"`
	Results []BulkItem `json:"results" doc:"In the order in which they were named"`
}

// planTime is how long a plan for a thousand deliveries may take.
const planTime = time.Minute

func (s *Service) mountAssign(api *web.API, op func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op) {
	single := op("POST", "/v1/deliveries/{id}/auto-assign", "auto_assign_one", "Give a delivery to the courier who scores best", web.Admin, ErrNotFound, ErrState, ErrNobody, ErrWeights)
	single.Description = "One that is assigned already, and not picked up, goes to the best of the others. The score is explained part by part, and the next best are named."
	web.Register(api, single, func(ctx context.Context, in *autoOneIn) (*one[Assignment], error) {
		cmd, err := in.Body.cmd()
		if err != nil {
			return nil, err
		}
		out, err := s.AutoAssignOne(ctx, web.CallerFrom(ctx), in.ID, cmd)
		return &one[Assignment]{out}, err
	})
	many := op("POST", "/v1/deliveries/auto-assign", "auto_assign", "Give deliveries that wait to the couriers who score best", web.Admin, ErrNotFound, ErrWeights)
	many.Timeout = planTime
	many.Description = "The most urgent first; among equals the pair of job and courier that scores most. Nobody is given more than five jobs or more weight than the vehicle takes, whoever claims meanwhile. " +
		"What nobody can have is named with the reason and what would help."
	web.Register(api, many, func(ctx context.Context, in *autoIn) (*one[PlanResult], error) {
		b := in.Body
		cmd, err := b.AutoBody.cmd()
		if err != nil {
			return nil, err
		}
		cmd.Deliveries, cmd.Priority, cmd.Limit, cmd.Within = b.Deliveries, b.Priority, b.Limit, b.Within
		out, err := s.AutoAssign(ctx, web.CallerFrom(ctx), cmd)
		return &one[PlanResult]{out}, err
	})
	bulk := op("POST", "/v1/deliveries/bulk", "bulk", "Do one thing with many deliveries, with a result for each", web.Admin, ErrBulk, ErrCourier)
	bulk.Timeout = planTime
	web.Register(api, bulk, func(ctx context.Context, in *bulkIn) (*one[bulkOut], error) {
		b := in.Body
		items, err := s.Bulk(ctx, web.CallerFrom(ctx), BulkCmd{Operation: b.Operation, Deliveries: b.Deliveries, Courier: b.Courier, Priority: b.Priority, Note: b.Note})
		out := bulkOut{Results: items}
		for _, i := range items {
			if i.Outcome == "changed" {
				out.Changed++
			} else {
				out.Refused++
			}
		}
		return &one[bulkOut]{out}, err
	})
}
