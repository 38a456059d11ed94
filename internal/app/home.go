package app

import (
	"context"

	"github.com/haat-market/haat/web/pages"
)

// mountPages adds the pages for people.
func mountPages(a *App) {
	pages.Mount(a.API, pages.Deps{
		Catalog: a.Catalog, Identity: a.Identity, Log: a.Log,
		Name: func(ctx context.Context) (string, error) {
			s, err := a.Market.Settings(ctx)
			return s.Name, err
		},
	})
}
