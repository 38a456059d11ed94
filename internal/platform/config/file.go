package config

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// maxFile is far beyond any file of this kind and small enough to read whole.
const maxFile = 1 << 20

// Resolver is the option that gives kong the file: kong.New(&cli,
// config.Resolver()). Flags and environment come before it, defaults after. The
// file is read once flags and environment are known, because they say where it
// is.
func Resolver() kong.Option {
	return kong.WithBeforeResolve(func(ctx *kong.Context) error {
		values, err := readFor(ctx)
		if err != nil {
			return err
		}
		ctx.AddResolver(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
			for _, env := range flag.Envs {
				if _, ok := os.LookupEnv(env); ok {
					return nil, nil // set, even if to nothing, is said
				}
			}
			if v, ok := values[flag.Name]; ok {
				return v, nil
			}
			return nil, nil
		}))
		return nil
	})
}

// readFor reads the file that belongs to this run: the named one, which must
// exist, or the one in the data folder, which may be missing.
func readFor(ctx *kong.Context) (map[string]string, error) {
	var named, data string
	for _, flag := range ctx.Flags() {
		switch flag.Name {
		case "config":
			named, _ = ctx.FlagValue(flag).(string)
		case "data":
			data, _ = ctx.FlagValue(flag).(string)
		}
	}
	path := named
	if path == "" {
		if data == "" {
			return nil, nil
		}
		path = filepath.Join(data, "haat.conf")
	}
	f, err := os.Open(path)
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration file: %w", err)
	}
	values, err := Parse(f)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return values, nil
}

// Parse reads lines of "name = value" into values by flag name. Names are those
// of the flags, also with underscores or as the environment variables. Empty
// lines and lines that begin with # are skipped; a value may stand in double
// quotes, and everything in it counts as it is. Unknown and repeated names are
// errors that tell the line; values are never repeated in errors.
func Parse(r io.Reader) (map[string]string, error) {
	values := map[string]string{}
	seenAt := map[string]int{}
	limited := &io.LimitedReader{R: r, N: maxFile + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 4096), maxFile+1)
	n := 0
	for lines.Scan() {
		n++
		text := lines.Text()
		if n == 1 {
			text = strings.TrimPrefix(text, "\ufeff")
		}
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return nil, fmt.Errorf("line %d is not text", n)
		}
		text = strings.TrimSpace(text)
		if text == "" || text[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("line %d is not of the form name = value", n)
		}
		key := normalName(name)
		if !slices.Contains(names, key) {
			return nil, fmt.Errorf("line %d: the name %.40q is not known; see haat serve --help", n, strings.TrimSpace(name))
		}
		if first, ok := seenAt[key]; ok {
			return nil, fmt.Errorf("line %d: %s was given in line %d already", n, key, first)
		}
		seenAt[key] = n
		value = strings.TrimSpace(value)
		if len(value) >= 2 && value[0] == '"' && value[len(value)-1] == '"' {
			value = value[1 : len(value)-1]
		}
		values[key] = value
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if limited.N == 0 {
		return nil, fmt.Errorf("is longer than %d bytes", maxFile)
	}
	return values, nil
}

// normalName turns HAAT_METRICS_ADDR and metrics_addr into metrics-addr.
func normalName(s string) string {
	s = strings.TrimPrefix(strings.TrimSpace(s), "HAAT_")
	return strings.ReplaceAll(strings.ToLower(s), "_", "-")
}

// names are the flags that a file may set: all but those that say where the
// file is.
var names = func() []string {
	all := flagNames(reflect.TypeFor[Config]())
	return slices.DeleteFunc(all, func(n string) bool { return n == "config" || n == "data" })
}()

func flagNames(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			out = append(out, flagNames(f.Type)...)
		} else {
			out = append(out, f.Tag.Get("name"))
		}
	}
	return out
}

// Default is the configuration of somebody who said nothing.
func Default() Config {
	var c Config
	k, err := kong.New(&c, kong.Exit(func(int) {}), kong.PostBuild(func(k *kong.Kong) error {
		for _, flag := range k.Model.Flags {
			flag.Envs, flag.Tag.Envs = nil, nil // also if the environment says something
		}
		return nil
	}))
	if err == nil {
		_, err = k.Parse(nil)
	}
	if err != nil {
		panic("config: the defaults do not parse: " + err.Error())
	}
	return c
}
