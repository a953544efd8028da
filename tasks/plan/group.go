package plan

import (
	"regexp"
	"strconv"
	"strings"
)

// An Alike is a step that is the same on several hosts.
type Alike struct {
	Play    string
	Task    string
	Hosts   []string // in the plan's order
	Changes []Change // as on the first of them
}

// Group is the plan for people: of each play, steps that read the same, with their diffs, stand once. They come in the order of their first host.
func Group(p Plan) []Alike {
	var groups []Alike
	for _, play := range p.Plays {
		at := map[string]int{} // by what the step reads as
		(Plan{Plays: []Play{play}}).each(func(_ Play, l Lane, s Step) {
			text := s.reads()
			i, ok := at[text]
			if !ok {
				i = len(groups)
				at[text] = i
				groups = append(groups, Alike{Play: play.Name, Task: s.Task, Changes: s.Changes})
			}
			if h := groups[i].Hosts; len(h) == 0 || h[len(h)-1] != l.Host {
				groups[i].Hosts = append(h, l.Host)
			}
		})
	}
	return groups
}

func (s Step) reads() string {
	var text strings.Builder
	text.WriteString(s.Task)
	for _, c := range s.Changes {
		text.WriteString("\x00" + c.String() + "\x00" + c.Diff())
		if r, ok := c.(Run); ok {
			text.WriteString("\x00" + strings.Join(r.Why, "\x00"))
		}
	}
	return text.String()
}

// few is how many names stand one by one.
const few = 6

// Names are the hosts' names in short: "gw-1, gw-2, gw-3"; of more than six, those that are numbered one after another as "gw-[1:40]".
func Names(hosts []string) string {
	if len(hosts) <= few {
		return strings.Join(hosts, ", ")
	}
	var out []string
	for i := 0; i < len(hosts); {
		n := run(hosts[i:])
		if n < 3 {
			out = append(out, hosts[i])
			i++
			continue
		}
		first, last := numbered.FindStringSubmatch(hosts[i]), numbered.FindStringSubmatch(hosts[i+n-1])
		out = append(out, first[1]+"["+first[2]+":"+last[2]+"]"+first[3])
		i += n
	}
	return strings.Join(out, ", ")
}

var numbered = regexp.MustCompile(`^(.*?)(\d+)(\D*)$`)

// run is how many of the hosts, from the first, are numbered one after another.
func run(hosts []string) int {
	n := 1
	for n < len(hosts) && follows(hosts[n-1], hosts[n]) {
		n++
	}
	return n
}

func follows(a, b string) bool {
	x, y := numbered.FindStringSubmatch(a), numbered.FindStringSubmatch(b)
	if x == nil || y == nil || x[1] != y[1] || x[3] != y[3] {
		return false
	}
	i, errI := strconv.Atoi(x[2])
	j, errJ := strconv.Atoi(y[2])
	// gw-09 is followed by gw-10, but gw-9 by no gw-010
	padded := strings.HasPrefix(x[2], "0") || strings.HasPrefix(y[2], "0")
	return errI == nil && errJ == nil && j == i+1 && (!padded || len(x[2]) == len(y[2]))
}
