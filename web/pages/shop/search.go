package shop

import (
	"strings"

	"github.com/haat-market/haat/internal/catalog"
	"github.com/haat-market/haat/web/pages/frame"
)

// search is what words find. Without words it shows what is on sale.
func (s *shop) search(p *frame.Page) error {
	words := strings.TrimSpace(p.R.URL.Query().Get("q"))
	if words == "" {
		return p.See("/")
	}
	if n := []rune(words); len(n) > maxWords {
		words = string(n[:maxWords])
	}
	p.NoIndex, p.Words = true, words
	page := listPage{Searched: true}
	if err := s.list(p, &page, catalog.Wanted{Query: words}); err != nil {
		return err
	}
	if len(page.Items) == 0 && page.First == "" {
		more, err := s.Catalog.Suggest(p.Context(), words)
		if err != nil {
			return err
		}
		for _, w := range more.Words {
			page.Words = append(page.Words, w.Text)
		}
		if page.Categories, err = s.departments(p); err != nil {
			return err
		}
	}
	return p.Show("shop/list", p.T("What “{words}” finds", "words", words), page)
}

// maxWords is how long a search may be.
const maxWords = 200
