package main

import (
	"encoding/json"
	"errors"
	"io"
	"time"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
)

// A reporter shows what happens while a plan is carried out.
type reporter interface {
	playbooks.Reporter
	begin(plan.Plan)
	end(err error) error      // says how it ended
	nothing(how string) error // says that there was nothing to do: "4 hosts are as the inventory says"
}

func (a *app) reporter(command string, asJSON bool) reporter {
	if asJSON {
		return &jsonLines{out: a.out, command: command}
	}
	return &lines{app: a, now: time.Now}
}

// reading is who is told while hosts are only read.
func (a *app) reading() playbooks.Reporter {
	if !a.flags.verbose {
		return nil
	}
	return &lines{app: a, now: time.Now}
}

// jsonLines prints one event a line. docs/events.md describes them.
type jsonLines struct {
	out     io.Writer
	command string
}

func (j *jsonLines) Report(e playbooks.Event) {
	enc := json.NewEncoder(j.out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(e)
}

func (*jsonLines) begin(plan.Plan) {}

func (j *jsonLines) end(err error) error {
	e := playbooks.Event{Kind: j.command + ".done"}
	if err != nil {
		e = playbooks.Event{Kind: j.command + ".failed", Error: err.Error()}
	}
	j.Report(e)
	return nil
}

func (j *jsonLines) nothing(string) error {
	j.Report(playbooks.Event{Kind: j.command + ".done", Said: "nothing to do"})
	return nil
}

// joined joins errors, and is the first alone where the others are nil.
func joined(errs ...error) error {
	var some []error
	for _, err := range errs {
		if err != nil {
			some = append(some, err)
		}
	}
	if len(some) == 1 {
		return some[0]
	}
	return errors.Join(some...)
}
