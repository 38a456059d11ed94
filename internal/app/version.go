package app

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is set where a release is built without its history: -ldflags "-X …/internal/app.release=v1.2.3".
var release string

// Version is the release that this program is, or the commit that it was built from.
func Version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

// BuildInfo is what a report of a problem should say of the program, in lines.
func BuildInfo() string {
	text := fmt.Sprintf("haat %s\n", Version())
	if info, ok := debug.ReadBuildInfo(); ok {
		set := map[string]string{}
		for _, s := range info.Settings {
			set[s.Key] = s.Value
		}
		if commit := set["vcs.revision"]; commit != "" {
			if set["vcs.modified"] == "true" {
				commit += ", with changes that were not committed"
			}
			text += fmt.Sprintf("commit  %s\nof      %s\n", commit, set["vcs.time"])
		}
	}
	s := Schema()
	return text + fmt.Sprintf("schema  %d\ngo      %s %s/%s\n", s.Embedded[len(s.Embedded)-1].Number, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
