package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"os/exec"
	"strings"
	"testing"

	"apimctl/playbooks"
)

// A strike is the event at which the command is killed: its kind, its host, and how what it names begins.
type strike struct {
	kind, host, begins string
	works              bool // what the host was doing may outlive the command: the lease covers that
}

func (s strike) at(e playbooks.Event) bool {
	named := e.Change
	if s.kind == playbooks.Progressed {
		named = e.Said
	}
	return e.Kind == s.kind && s.host == e.Host && strings.HasPrefix(named, s.begins)
}

func bedKilled(t *testing.T, b *bed) {
	b.onNodes(t, `echo start.seconds=0.2 >"$(ls -d /opt/wso2/all-in-one /opt/wso2/gateway 2>/dev/null)/repository/conf/standin.properties"`, "")
	for i, s := range []strike{
		{playbooks.ChangeStarted, "aio-1", "write /opt/wso2/all-in-one/repository/conf/deployment.toml", false},
		{playbooks.ChangeStarted, "aio-1", "remove /var/lib/apimctl/wso2-all-in-one.stamp", false},
		{playbooks.ChangeStarted, "aio-1", "stop ", true},
		{playbooks.ChangeDone, "aio-1", "stop ", false},
		{playbooks.ChangeStarted, "aio-2", "start ", true},
		{playbooks.ChangeStarted, "gw-1", "wait until localhost:9443", false},
		{playbooks.ChangeStarted, "gw-2", "write /var/lib/apimctl/wso2-gateway.stamp", false},
	} {
		t.Run(s.kind+" "+s.host+" "+s.begins, func(t *testing.T) {
			for _, n := range []string{s.host, "gw-1", "gw-2"} {
				b.config[n] = "kill-" + string(rune('a'+i))
			}
			b.killed(t, s)
		})
	}
	t.Run("while a distribution comes", b.killedUnpacking)
}

// killedUnpacking gives the gateways another distribution, large enough to be caught on its way, and takes it away again.
func (b *bed) killedUnpacking(t *testing.T) {
	const large = 8 << 20 // and random: it does not compress
	b.repack(t, "wso2am-universal-gw-4.6.0", "repository/filler.bin", io.LimitReader(rand.New(rand.NewSource(1)), large))
	was := b.edits
	b.edits = append(b.edits, "gateway: ../dist/", "gateway: ./")
	b.killed(t, strike{playbooks.Progressed, "gw-1", "upload", true}, "--limit", "gw-1")
	b.killed(t, strike{playbooks.Progressed, "gw-2", "unpack", true}, "--limit", "gw-2")
	b.edits = was
	b.killed(t, strike{playbooks.ChangeStarted, "gw-1", "stop ", true}, "--limit", "gateway")
}

// killed kills an apply at a point, and wants the next one to finish.
func (b *bed) killed(t *testing.T, s strike, limit ...string) {
	inv := b.inventory(t, "killed")
	apply := append([]string{"apply", "-i", inv, "--yes", "--lock-wait", "2m"}, limit...)
	s.kills(t, b.command(nil, append(apply, "--output", "json")...))
	if !s.works {
		b.wants(t, exitOK, "lock", "break", "-i", inv, "--yes") // as a user does who knows that the run is dead
	}
	b.wants(t, exitOK, apply...)
	b.whole(t)
	b.wants(t, exitOK, append([]string{"plan", "-i", inv}, limit...)...)
}

// kills runs a command that prints events, and kills it at the point, without a chance to tidy up.
func (s strike) kills(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if r, err := s.strikes(cmd, func() error { return cmd.Process.Kill() }); err != nil {
		t.Fatalf("it was not killed: %v\n%s", err, r.err)
	}
}

// strikes runs a command that prints events, and does something at the point, to which it has to come. It is what the command came to.
func (s strike) strikes(cmd *exec.Cmd, does func() error) (result, error) {
	var said, events bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return result{}, err
	}
	struck := false
	for lines := bufio.NewScanner(io.TeeReader(out, &events)); lines.Scan(); {
		var e playbooks.Event
		err = errors.Join(err, json.Unmarshal(lines.Bytes(), &e))
		if !struck && s.at(e) {
			struck = true
			err = errors.Join(err, does())
		}
	}
	_ = cmd.Wait() // its status says how it ended
	if !struck {
		err = errors.Join(err, fmt.Errorf("it did not come to %+v", s))
	}
	return result{cmd.ProcessState.ExitCode(), events.String(), said.String()}, err
}

// whole wants nothing half-written on any node, and each to run with the deployment.toml that its stamp names.
func (b *bed) whole(t *testing.T) {
	t.Helper()
	const script = `
find / -xdev \( -name '*.part' -o -name '.*.apimctl-*' -o -name '?*.apimctl' -o -name 'apimctl-??????' -o -name 'import-*.p12' \) 2>/dev/null | sed 's/^/left: /'
home=$(ls -d /opt/wso2/all-in-one /opt/wso2/gateway 2>/dev/null)
toml=$home/repository/conf/deployment.toml
pid=$(tr -cd 0-9 <"$home/wso2carbon.pid")
grep -qx "file repository/conf/deployment.toml $(sha256sum <"$toml" | cut -d' ' -f1)" /var/lib/apimctl/*.stamp || echo 'the stamp names another deployment.toml'
age=$(ps -o etimes= -p "$pid") || { echo 'it does not run'; exit; }
[ $(($(date +%s) - age + 1)) -ge "$(stat -c %Y "$toml")" ] || echo 'it started before its deployment.toml was written'
grep -qF "$(sed -n 's/.*allow_origins = "\(.*\)"/\1/p' "$toml")" "$home/repository/conf/api-manager.xml" || echo 'it runs with another deployment.toml'`
	for node, said := range b.onNodes(t, script, "") {
		if said != "" {
			t.Errorf("%s: %s", node, said)
		}
	}
}
