package catalog

import (
	"context"
	"net/http"
	"time"

	"github.com/haat-market/haat/internal/platform/blob"
	"github.com/haat-market/haat/internal/platform/db"
	"github.com/haat-market/haat/internal/platform/fault"
	"github.com/haat-market/haat/internal/platform/money"
	"github.com/haat-market/haat/internal/platform/picture"
	"github.com/haat-market/haat/internal/platform/web"
)

// MaterialView is a material in an answer.
type MaterialView struct {
	ID        string        `json:"id" example:"mat_0gk3c1a7k2m9xq4t0vj3whc"`
	Category  CategoryBrief `json:"category"`
	Name      string        `json:"name"`
	Unit      string        `json:"unit" enum:"kg,g,quintal,tonne,litre,pcs" doc:"What it is counted in; all but pcs can be weighed to the thousandth."`
	TaxRate   string        `json:"tax_rate" doc:"GST in percent."`
	TaxCode   string        `json:"tax_code" doc:"HSN; empty without one."`
	Image     *blob.Picture `json:"image,omitempty" doc:"Absent without one."`
	Active    bool          `json:"active" doc:"Whether it is bought; otherwise only old orders name it."`
	CreatedAt time.Time     `json:"created_at"`
	UpdatedAt time.Time     `json:"updated_at"`
}

func (s *Service) viewMaterial(m Material, c Category) MaterialView {
	return MaterialView{
		ID: m.ID, Category: CategoryBrief{ID: c.ID, Slug: c.Slug, Name: c.Name}, Name: m.Name, Unit: m.Unit, TaxRate: money.FormatRate(m.TaxBp), TaxCode: m.TaxCode,
		Image: s.ShowImage(m.Image), Active: m.Active, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
}

func (s *Service) replyMaterial(m Material, c Category, err error) (*body[MaterialView], error) {
	if err != nil {
		return nil, err
	}
	return &body[MaterialView]{s.viewMaterial(m, c)}, nil
}

type materialsIn struct {
	web.PageParams
	Category string `query:"category" maxLength:"40"`
	Words    string `query:"q" maxLength:"100" doc:"Words that stand in the name."`
	Retired  bool   `query:"retired" doc:"What is not bought any more."`
}

type materialIn struct {
	Body struct {
		Category string `json:"category" minLength:"1" maxLength:"40"`
		Name     string `json:"name" minLength:"1" maxLength:"120"`
		Unit     string `json:"unit" enum:"kg,g,quintal,tonne,litre,pcs"`
		TaxRate  string `json:"tax_rate,omitempty" maxLength:"10" default:"0" doc:"GST in percent."`
		TaxCode  string `json:"tax_code,omitempty" maxLength:"8" doc:"HSN."`
	}
}

type materialPatchIn struct {
	IDIn
	Body struct {
		Category *string `json:"category,omitempty" minLength:"1" maxLength:"40"`
		Name     *string `json:"name,omitempty" minLength:"1" maxLength:"120"`
		Unit     *string `json:"unit,omitempty" enum:"kg,g,quintal,tonne,litre,pcs"`
		TaxRate  *string `json:"tax_rate,omitempty" maxLength:"10"`
		TaxCode  *string `json:"tax_code,omitempty" maxLength:"8"`
		Active   *bool   `json:"active,omitempty" doc:"False takes it out of all searches; true brings it back."`
	}
}

type materialImageIn struct {
	IDIn
	RawBody []byte `contentType:"image/jpeg"`
}

func (s *Service) mountMaterials(api *web.API) {
	op := func(method, path, id, summary string, access web.Access, errs ...*fault.Error) web.Op {
		return web.Op{Method: method, Path: path, ID: "material." + id, Summary: summary, Room: roomName, Access: access, Errors: errs}
	}
	web.Register(api, op(http.MethodGet, "/v1/materials", "list", "What dealers buy, by name", web.Public, db.ErrInvalidCursor, ErrCategoryNotFound),
		func(ctx context.Context, in *materialsIn) (*body[web.Page[MaterialView]], error) {
			items, names, next, err := s.Materials(ctx, MaterialQuery{Category: in.Category, Words: in.Words, Retired: in.Retired}, in.Limit, in.Cursor)
			return page(items, next, err, func(m Material) MaterialView { return s.viewMaterial(m, names[m.Category]) })
		})
	web.Register(api, op(http.MethodGet, "/v1/materials/{id}", "get", "A material", web.Public, ErrMaterialNotFound),
		func(ctx context.Context, in *IDIn) (*body[MaterialView], error) {
			return s.replyMaterial(s.Material(ctx, in.ID))
		})
	create := op(http.MethodPost, "/v1/materials", "create", "Add a material", web.Admin, ErrInvalidMaterial, ErrMaterialTaken, ErrManyMaterials)
	create.Status = http.StatusCreated
	web.Register(api, create, func(ctx context.Context, in *materialIn) (*body[MaterialView], error) {
		b := &in.Body
		return s.replyMaterial(s.CreateMaterial(ctx, MaterialInput{Category: &b.Category, Name: &b.Name, Unit: &b.Unit, TaxRate: &b.TaxRate, TaxCode: &b.TaxCode}))
	})
	web.Register(api, op(http.MethodPatch, "/v1/materials/{id}", "update", "Change a material, or take it out of use", web.Admin, ErrMaterialNotFound, ErrInvalidMaterial, ErrMaterialTaken),
		func(ctx context.Context, in *materialPatchIn) (*body[MaterialView], error) {
			return s.replyMaterial(s.UpdateMaterial(ctx, in.ID, MaterialInput(in.Body)))
		})
	web.Register(api, op(http.MethodDelete, "/v1/materials/{id}", "delete", "Take a material out of use; old orders go on naming it", web.Admin, ErrMaterialNotFound),
		func(ctx context.Context, in *IDIn) (*nothing, error) {
			_, _, err := s.UpdateMaterial(ctx, in.ID, MaterialInput{Active: new(bool)})
			return nil, err
		})
	image := op(http.MethodPut, "/v1/materials/{id}/image", "set_image", "Show what a material looks like", web.Admin, append([]*fault.Error{ErrMaterialNotFound}, picture.Faults...)...)
	image.Consumes, image.MaxBody = []string{"image/jpeg", "image/png", "image/webp"}, picture.MaxBytes
	web.Register(api, image, func(ctx context.Context, in *materialImageIn) (*body[MaterialView], error) {
		return s.replyMaterial(s.SetMaterialImage(ctx, in.ID, in.RawBody))
	})
}
