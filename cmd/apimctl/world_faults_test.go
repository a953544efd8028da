package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"apimctl/tasks/remote"
)

const diesWith = `Exception in thread "main" java.lang.UnsupportedClassVersionError: org/wso2/carbon/bootstrap/Bootstrap has been compiled by a more recent version
	at java.lang.ClassLoader.defineClass1(Native Method)
	at java.lang.ClassLoader.defineClass(ClassLoader.java:756)
`

const sickWith = `TID: [-1234] [] [2026-01-01 10:00:00,000]  INFO {org.wso2.carbon.core} - Starting
TID: [-1234] [] [2026-01-01 10:00:07,000] ERROR {org.wso2.carbon.apimgt.impl} - Error while connecting to jdbc:mariadb://db/apim_db with password=` + planted + `
java.sql.SQLNonTransientConnectionException: Socket fail to connect to host:db, port:3306. Connection refused
	at org.mariadb.jdbc.client.impl.ConnectionHelper.connectSocket(ConnectionHelper.java:136)
`

// fault makes something of a host wrong, by its name in scripts; "well" mends everything.
func (m *machine) fault(name string) error {
	if name == "dies" {
		m.die()
	}
	if file, ok := strings.CutPrefix(name, "truststore="); ok {
		data, err := os.ReadFile(filepath.Join("testdata/certificates", file))
		m.Set("/opt/wso2/gateway/repository/resources/security/client-truststore.jks", remote.File{Mode: 0o644, Owner: "wso2carbon:wso2", Data: data})
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wrong == nil || name == "well" {
		m.wrong, m.refuse = map[string]bool{}, nil
	}
	at := m.name + ":22"
	switch name {
	case "well", "no-java":
		m.java(map[string]string{"well": "17.0.15"}[name])
	case "old-java":
		m.java("1.8.0_402")
	case "unreachable":
		m.refuse = &remote.UnreachableError{Address: at, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	case "unknown-key", "changed-key":
		m.refuse = m.hostKey(name == "changed-key")
	case "locked-out":
		m.refuse = &remote.AuthError{User: "deploy", Address: at, Tried: []string{"agent (2 keys)", "key ~/.ssh/id_ed25519"}}
	case "no-sudo":
		m.refuse = &remote.BecomeError{User: "deploy", Words: "a password is required"}
	case "no-driver", "unhealthy", "dies", "disk-full", "interrupts", "interrupts-unpack", "hangs", "locked", "deaf", "undeployed", "other-password":
		m.wrong[name] = true
	default:
		return fmt.Errorf("%s: no such fault", name)
	}
	return nil
}

func (m *machine) hostKey(changed bool) error {
	e := &remote.HostKeyError{
		Host: m.name, Fingerprint: "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8", Changed: changed, File: "~/.ssh/known_hosts",
		Mend: "ssh-keyscan " + m.name + " >> ~/.ssh/known_hosts",
	}
	if changed {
		e.Line, e.Mend = 3, "ssh-keygen -R "+m.name
	}
	return e
}
