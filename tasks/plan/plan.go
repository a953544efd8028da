package plan

import "slices"

// A Plan is everything that a command would do, as data: plays one after another, each with a barrier at its end.
// What is equal already is not in it: an empty plan has no plays.
type Plan struct {
	Deployment string // its name
	Plays      []Play
}

// A Play is one stretch of the runbook. Its batches follow one another; a batch that fails stops the rest of the plan.
type Play struct {
	Name    string
	Batches []Batch
}

// A Batch is what happens on several hosts at the same time.
type Batch struct {
	Lanes []Lane // in inventory order
}

// A Lane is what happens on one host, in order.
type Lane struct {
	Host  string
	Steps []Step // none is empty
}

// A Step is what one task lacks on one host.
type Step struct {
	Task    string
	Changes []Change
}

// Changes counts the changes of the whole plan.
func (p Plan) Changes() int {
	n := 0
	p.each(func(_ Play, _ Lane, s Step) { n += len(s.Changes) })
	return n
}

// Hosts counts the hosts that the plan changes.
func (p Plan) Hosts() int { return len(p.Names()) }

// Names are the hosts that the plan changes, each once, in its order.
func (p Plan) Names() []string {
	var names []string
	p.each(func(_ Play, l Lane, _ Step) {
		if !slices.Contains(names, l.Host) {
			names = append(names, l.Host)
		}
	})
	return names
}

// Without is the plan without what it does to a path itself. What is empty then is left out.
func (p Plan) Without(path string) Plan {
	left := Plan{Deployment: p.Deployment}
	for _, play := range p.Plays {
		to := Play{Name: play.Name}
		for _, b := range play.Batches {
			var lanes []Lane
			for _, l := range b.Lanes {
				if l = l.without(path); len(l.Steps) > 0 {
					lanes = append(lanes, l)
				}
			}
			if len(lanes) > 0 {
				to.Batches = append(to.Batches, Batch{Lanes: lanes})
			}
		}
		if len(to.Batches) > 0 {
			left.Plays = append(left.Plays, to)
		}
	}
	return left
}

func (l Lane) without(path string) Lane {
	left := Lane{Host: l.Host}
	for _, s := range l.Steps {
		changes := slices.DeleteFunc(slices.Clone(s.Changes), func(c Change) bool {
			p, ok := c.(Put)
			return ok && p.Path == path
		})
		if len(changes) > 0 {
			left.Steps = append(left.Steps, Step{Task: s.Task, Changes: changes})
		}
	}
	return left
}

func (p Plan) each(do func(Play, Lane, Step)) {
	for _, play := range p.Plays {
		for _, b := range play.Batches {
			for _, l := range b.Lanes {
				for _, s := range l.Steps {
					do(play, l, s)
				}
			}
		}
	}
}
