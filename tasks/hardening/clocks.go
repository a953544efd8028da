package hardening

import (
	"errors"
	"fmt"
	"time"

	"apimctl/render/check"
	"apimctl/tasks"
)

// clockSkew is how far clocks may be apart.
const clockSkew = 2 * time.Second

// clocks are compared with the one in the middle: the ones that are wrong are the fewer.
func clocks(all []Seen) []check.Finding {
	var found []check.Finding
	for _, s := range all {
		others, apart := 0, time.Duration(0)
		for _, o := range all {
			d := s.ahead - o.ahead
			if d.Abs()-s.within-o.within > clockSkew {
				others++
				apart = d
			}
		}
		if 2*others >= len(all) && others > 0 {
			found = append(found, check.Finding{Host: s.Host, Key: "clock", Message: fmt.Sprintf("%s %s most others", apart.Abs().Round(time.Second), aheadOf(apart))})
		}
	}
	return found
}

func aheadOf(d time.Duration) string {
	if d > 0 {
		return "ahead of"
	}
	return "behind"
}

func zones(all []Seen) []check.Finding {
	count := map[string]int{}
	most := ""
	for _, s := range all {
		if count[s.zone]++; count[s.zone] > count[most] {
			most = s.zone
		}
	}
	var found []check.Finding
	for _, s := range all {
		if s.zone != most && s.zone != "" {
			found = append(found, check.Finding{Host: s.Host, Key: "time zone", Message: s.zone + ", where most hosts have " + most})
		}
	}
	return found
}

func javas(x *view, _ process) {
	var none *tasks.JavaError
	if _, err := x.Java.Find(x.ctx, x); errors.As(err, &none) {
		x.report("java", none.Error())
	} else if err != nil {
		x.errs = append(x.errs, err)
	}
}

func keytool(x *view, _ process) {
	home, err := x.Java.Find(x.ctx, x)
	if err == nil && !x.says("test", "-x", home+"/bin/keytool") {
		x.report(home+"/bin/keytool", "is not there")
	}
}
