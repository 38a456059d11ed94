package bench

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// Machine is what was measured on. Figures without it mean nothing.
type Machine struct {
	System    string  `json:"system"`
	Processor string  `json:"processor"`
	Cores     int     `json:"cores"`
	Load      string  `json:"load"` // of one, five and fifteen minutes, before anything was measured
	Engine    string  `json:"engine"`
	Folder    string  `json:"folder"`
	Sync      float64 `json:"syncs_per_second"` // of 4 kB, one after another, in the data folder
	SyncP50   float64 `json:"sync_p50_ms"`
	SyncP99   float64 `json:"sync_p99_ms"`
}

func thisMachine(engine, folder string) (Machine, error) {
	m := Machine{
		System: runtime.GOOS + "/" + runtime.GOARCH, Processor: procLine("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		Load: load(), Engine: engine, Folder: folder,
	}
	var err error
	m.Sync, m.SyncP50, m.SyncP99, err = syncRate(folder, time.Second)
	return m, err
}

// syncRate writes and syncs 4 kB again and again, as every commit must.
func syncRate(folder string, length time.Duration) (perSecond, p50, p99 float64, err error) {
	f, err := os.CreateTemp(folder, "sync")
	if err != nil {
		return 0, 0, 0, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	block := bytes.Repeat([]byte("haat"), 1<<10)
	var times histogram
	begin := time.Now()
	for now := begin; now.Sub(begin) < length; {
		if _, err := f.Write(block); err != nil {
			return 0, 0, 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, 0, 0, err
		}
		then := time.Now()
		times.add(then.Sub(now))
		now = then
	}
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return float64(times.count) / time.Since(begin).Seconds(), ms(times.quantile(5000)), ms(times.quantile(9900)), nil
}

func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	return strings.Join(strings.Fields(string(raw))[:3], " ")
}

// procLine is the value of a line of "name : value"; "" where there is no such file.
func procLine(file, name string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(raw)) {
		key, value, ok := strings.Cut(line, ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// process is another process as the system sees it. Only Linux tells.
type process int

// cpu is the processor time that it has used.
func (p process) cpu() (time.Duration, bool) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(int(p)), "stat"))
	if err != nil {
		return 0, false
	}
	// The name stands in brackets and may hold spaces; the times are the 14th and 15th field of all.
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(fields) < 13 {
		return 0, false
	}
	user, err1 := strconv.ParseInt(string(fields[11]), 10, 64)
	system, err2 := strconv.ParseInt(string(fields[12]), 10, 64)
	if errors.Join(err1, err2) != nil {
		return 0, false
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 everywhere
	return time.Duration(user+system) * tick, true
}

// memory is its resident set now and at its largest; 0 where that is not known.
func (p process) memory() (now, most int64) {
	file := filepath.Join("/proc", strconv.Itoa(int(p)), "status")
	read := func(name string) int64 {
		var kB int64
		if _, err := fmt.Sscanf(procLine(file, name), "%d kB", &kB); err != nil {
			return 0
		}
		return kB << 10
	}
	return read("VmRSS"), read("VmHWM")
}
