package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"github.com/haat-market/haat/internal/platform/config"
	"github.com/haat-market/haat/internal/platform/db"
)

// OpenAPI prints the API's document. Nothing is served and no market is touched: the rooms are put together on an
// empty database that is thrown away.
func OpenAPI(ctx context.Context, con Console) (err error) {
	folder, err := os.MkdirTemp("", "haat-openapi-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d, err := db.Open(ctx, db.Config{File: filepath.Join(folder, "haat.db"), Schema: Schema(), Log: commandLog(con)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	a, err := buildOffline(config.Place{Data: folder}, d, commandLog(con))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := json.Indent(&text, a.API.Document(), "", "  "); err != nil {
		return err
	}
	return con.print("%s\n", text.Bytes())
}
