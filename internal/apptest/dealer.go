package apptest

import "github.com/haat-market/haat/internal/platform/code"

// India makes the market an Indian one, before anything is traded.
func (m *Market) India(admin *Client) {
	m.T.Helper()
	admin.Patch("/v1/settings", M{"country": "IN", "currency": "INR", "time_zone": "Asia/Kolkata"}).Want(200)
}

// Dealer opens and publishes a store that buys at these postal codes.
func (m *Market) Dealer(postalCodes ...string) Store {
	m.T.Helper()
	owner := m.Person("customer", "seller")
	id := owner.Post("/v1/stores", M{"name": "Dealer " + code.ID("s"), "sells": false, "buys": true}).Want(201).Str("id")
	owner.Post("/v1/stores/{}/publish", nil, id).Want(200)
	owner.Put("/v1/stores/{}/service-areas", M{"postal_codes": postalCodes}, id).Want(200)
	return Store{ID: id, Owner: owner}
}

// Material adds a material, in a category of its own.
func (m *Market) Material(admin *Client, name, unit, taxRate string) string {
	m.T.Helper()
	category := admin.Post("/v1/categories", M{"name": name, "slug": "m-" + code.Letters(12)}).Want(201).Str("id")
	return admin.Post("/v1/materials", M{"category": category, "name": name, "unit": unit, "tax_rate": taxRate}).Want(201).Str("id")
}

// Rate sets what the store pays for a material at a postal code.
func (s Store) Rate(material, postalCode, price string) string {
	s.Owner.m.T.Helper()
	return s.Owner.Post("/v1/stores/{}/rates", M{"material": material, "postal_code": postalCode, "price": price}, s.ID).Want(201).Str("id")
}
