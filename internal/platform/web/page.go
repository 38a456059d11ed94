package web

// PageParams are the query parameters of a list. Embed it in an operation's
// input.
type PageParams struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many items at most."`
	Cursor string `query:"cursor" maxLength:"1024" doc:"Where to go on: the next_cursor of the page before. It grants nothing."`
}

// Page is one page of a list.
type Page[T any] struct {
	Items      []T     `json:"items" doc:"The items of this page; may be fewer than asked for."`
	NextCursor *string `json:"next_cursor" doc:"The cursor of the next page; null at the end."`
}

// NewPage returns a page. An empty next means that this is the last one.
func NewPage[T any](items []T, next string) Page[T] {
	p := Page[T]{Items: items}
	if p.Items == nil {
		p.Items = []T{}
	}
	if next != "" {
		p.NextCursor = &next
	}
	return p
}
