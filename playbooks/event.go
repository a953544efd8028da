package playbooks

import "time"

// A Reporter is told what happens. It is called from one goroutine at a time.
type Reporter interface {
	Report(Event)
}

// Kinds of events. A kind, once released, keeps its name and its meaning.
const (
	PlayStarted   = "play.started"
	HostConnected = "host.connected"
	HostPlanned   = "host.planned" // read, and compared with how it should be
	ChangeStarted = "change.started"
	Progressed    = "change.progress" // of an upload: Done of Total bytes
	Waiting       = "change.waiting"  // for a health gate; Said is what the probe was told last
	ChangeDone    = "change.done"
	ChangeFailed  = "change.failed"
	HostSkipped   = "host.skipped" // its steps are not done, because others failed before
	ApplyDone     = "apply.done"   // the last one: all was done; Said is "nothing to do" where nothing was
	ApplyFailed   = "apply.failed" // the last one, with every host's error
	HostNow       = "host.now"     // after a run that failed: Said is how the node stands
)

// An Event is one thing that happened. Fields that do not belong to its kind are zero.
type Event struct {
	Kind   string        `json:"event"`
	Play   string        `json:"play,omitempty"`
	Host   string        `json:"host,omitempty"`
	Task   string        `json:"task,omitempty"`
	Change string        `json:"change,omitempty"`
	Why    []string      `json:"why,omitempty"`
	Said   string        `json:"said,omitempty"`
	Error  string        `json:"error,omitempty"`
	Done   int64         `json:"done,omitempty"`   // bytes
	Total  int64         `json:"total,omitempty"`  // bytes
	For    time.Duration `json:"-"`                // how long it took, or has been waited for
	Millis int64         `json:"millis,omitempty"` // the same, in JSON
}
