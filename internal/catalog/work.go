package catalog

import (
	"time"

	"github.com/haat-market/haat/internal/platform/job"
)

// Work registers what this room does in the background.
func (s *Service) Work(j *job.Runner) {
	j.Handle(relistKind, job.Typed(s.relistJob))
	j.Handle(importKind, s.importJob)
	j.Sweep(job.Sweep{Name: "catalog.imports", Every: 10 * time.Minute, Run: s.sweepImports})
}
