package hardening

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// df is what it says of the file system under the nearest folder that is there, with the mount point sixth; nothing where that is not known.
func (x *view) df() []string {
	argv := []string{"df", "-Pk", x.Dir}
	for d := path.Dir(x.Dir); len(argv) < 12; d = path.Dir(d) {
		if argv = append(argv, d); d == "/" {
			break
		}
	}
	lines := strings.Split(x.query(argv...), "\n")
	if len(lines) < 2 {
		return nil
	}
	row := strings.Fields(lines[1])
	if len(row) < 6 {
		return nil
	}
	return row
}

func disk(x *view, _ process) {
	row := x.df()
	needs := 10240
	if x.installed() {
		needs = 2048
	}
	if row == nil {
		return
	}
	if free, err := strconv.Atoi(row[3]); err == nil && free/1024 < needs {
		x.report(row[len(row)-1], fmt.Sprintf("%d MB are free, and %d MB should be", free/1024, needs))
	}
}

// What makes a disk slow: milliseconds, and over how many reads or writes at least.
const (
	slowRead  = 20
	slowWrite = 50 // the kernel writes in bursts, which wait for one another
	enoughIO  = 10000
)

// slowDisk asks for all before it looks at any, so that no exchange is added.
func slowDisk(x *view, _ process) {
	row, mounts, stats := x.df(), x.kernel("/proc/self/mountinfo"), x.kernel("/proc/diskstats")
	if row == nil {
		return
	}
	f := counters(stats, mounts, row[5])
	if f == nil {
		return
	}
	var slow []string
	for _, io := range []struct {
		what           string
		done, ms, most int
	}{{"read", number(f[3:]), number(f[6:]), slowRead}, {"write", number(f[7:]), number(f[10:]), slowWrite}} {
		if io.done >= enoughIO && io.ms/io.done > io.most {
			slow = append(slow, fmt.Sprintf("%d ms a %s, the mean of %d since boot", io.ms/io.done, io.what, io.done))
		}
	}
	if slow != nil {
		x.report(row[5], f[2]+" took "+strings.Join(slow, "; "))
	}
}

// counters is the line of diskstats of the device that is mounted at a point, nothing where the kernel has none.
func counters(stats, mountinfo, point string) []string {
	var numbers, source string
	for l := range strings.Lines(mountinfo) {
		before, after, _ := strings.Cut(l, " - ")
		mount, of := strings.Fields(before), strings.Fields(after)
		if len(mount) > 4 && len(of) > 1 && mount[4] == point {
			numbers, source = mount[2], of[1] // a later mount hides an earlier one
		}
	}
	for l := range strings.Lines(stats) {
		f := strings.Fields(l)
		if len(f) > 10 && (f[0]+":"+f[1] == numbers || "/dev/"+f[2] == source) {
			return f
		}
	}
	return nil
}
