package proof_test

import (
	"github.com/haat-market/haat/internal/app"
)

var schema = app.Schema()
