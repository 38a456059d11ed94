package catalog

import (
	"time"

	"github.com/haat-market/haat/internal/platform/job"
)

// Work registers what this room does in the background.
func (s *Service) Work(j *job.Runner) {
	j.Handle(relistKind, job.Typed(s.relistJob))
	j.Handle(importKind, s.importJob)
	s.followWork(j)
	j.Handle(repriceKind, job.Typed(s.repriceJob))
	j.Sweep(job.Sweep{Name: "catalog.discounts", Every: 2 * time.Second, Run: s.sweepDiscounts})
	j.Handle(imagesKind, job.Typed(s.imagesJob))
	j.Sweep(job.Sweep{Name: "catalog.bulk", Every: time.Hour, Run: s.sweepBulk})
	j.Sweep(job.Sweep{Name: "catalog.imports", Every: 10 * time.Minute, Run: s.sweepImports})
}
