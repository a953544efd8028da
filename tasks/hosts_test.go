package tasks

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

var zipped = remote.Archive{
	SHA256: strings.Repeat("1a", 32), Pack: "/opt/wso2/packs/1a.zip",
	FS: fstest.MapFS{"bin/gateway.sh": {Mode: 0o755, Data: []byte("#!/bin/sh\n")}},
}

// host is one with Java 17, and with the commands that our scripts are.
func host(t *testing.T) *remotetest.Memory {
	t.Helper()
	m := remotetest.New()
	m.Answer("find", func([]string) (string, error) {
		return java + "/release\n", &remote.ExitError{Code: 1, Stderr: "/usr/java: not there"}
	})
	m.Answer("head", func(argv []string) (string, error) {
		if argv[len(argv)-1] == java+"/release" {
			return "IMPLEMENTOR=\"Debian\"\nJAVA_VERSION=\"17.0.15\"\n", nil
		}
		return "", &remote.ExitError{Code: 1}
	})
	m.Set("/var/lib/apimctl", remote.Dir(0o700, "root:root"))
	m.Effect("sh", func(cmd remote.Cmd) error {
		switch script, args := cmd.Argv[2], cmd.Argv[4:]; script {
		case editScript:
			return edited(m, args, cmd.Env)
		case keystoreScript:
			return made(m, args, cmd)
		case stopUnit:
			m.SetActive(args[0], false)
		case startScript:
			m.Set(args[0]+"/wso2carbon.pid", remote.File{Mode: 0o644, Owner: owner, Data: []byte("4711\n\x00\x00\x00")})
			m.Set("/proc/4711/cmdline", remote.File{Mode: 0o444, Owner: owner, Data: []byte("java\x00-Dcarbon.home=" + args[0] + "\x00")})
		case addUser:
			if known, _ := has(context.Background(), m, "passwd", args[0]); !known {
				return m.Run(context.Background(), remote.Cmd{Argv: []string{"useradd", "--system", "--gid", args[1], args[0]}})
			}
		case stopScript:
			m.Set("/proc/4711/cmdline", remote.File{})
		default: // systemctl start
			m.SetActive(args[0], true)
		}
		return nil
	})
	return m
}

// installed is an unpacked distribution with its link.
func installed(_ *testing.T, m *remotetest.Memory) {
	m.Set("/opt/wso2/packs", remote.Dir(0o755, "root:root"))
	m.Set("/opt/wso2/releases", remote.Dir(0o755, owner))
	for _, d := range []string{"bin", "repository/conf", "repository/components/lib", "repository/components/dropins", "repository/resources/security"} {
		m.Set("/opt/wso2/releases/r0/"+d, remote.Dir(0o755, owner))
	}
	m.Set(home, remote.Link("releases/r0"))
	m.Listen("localhost:9443", func(c net.Conn) { _ = c.Close() })
}

func withOldDriver(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	jar := remote.File{Mode: 0o644, Owner: owner, Data: []byte("old")}
	m.Set(home+"/repository/components/lib/mysql-connector-j-8.1.0.jar", jar)
	m.Set(home+"/repository/components/lib/postgresql-42.7.3.jar", jar)
	m.Set(home+"/repository/components/dropins/mysql_connector_j_8.1.0_1.0.0.jar", jar)
}

// withPackagedDriver has a package's jar, and the link to it that Debian makes.
func withPackagedDriver(t *testing.T, m *remotetest.Memory) {
	withOldDriver(t, m)
	m.Set("/var/lib/dpkg/info/libmysql-java.list", remote.File{Mode: 0o644, Owner: "root:root", Data: []byte("/.\n/usr/share/java\n/usr/share/doc/x.jar\n" +
		"/usr/share/java/mysql-connector-j-8.4.0.jar\n/usr/share/java/mysql.jar\n")})
	m.Set("/usr/share/java/mysql-connector-j-8.4.0.jar", remote.File{Mode: 0o644, Owner: "root:root", Data: []byte("jar")})
	m.Set("/usr/share/java/mysql.jar", remote.Link("mysql-connector-j-8.4.0.jar"))
}

const storePassword = "wso2carbon"

func truststore() Certificates {
	return Certificates{
		Store: home + "/repository/resources/security/client-truststore.jks", Password: storePassword,
		Wants: []Trusted{{Alias: "db-ca", DER: certificate("db-ca")}, {Alias: "idp", DER: certificate("idp")}},
		Java:  Java{Min: 11, Max: 21}, State: "/var/lib/apimctl",
	}
}

var certificates = map[string][]byte{} // made once: two calls give the same

func certificate(name string) []byte {
	if der, ok := certificates[name]; ok {
		return der
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		panic(err)
	}
	certificates[name] = der
	return der
}

// withTruststore is one that holds a certificate of somebody's, and another under an alias that we want.
func withTruststore(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	ks := jks.New()
	for alias, name := range map[string]string{"other": "other", "idp": "an older idp"} {
		entry := jks.TrustedCertificateEntry{CreationTime: time.Now(), Certificate: jks.Certificate{Type: "X509", Content: certificate(name)}}
		if err := ks.SetTrustedCertificateEntry(alias, entry); err != nil {
			t.Fatal(err)
		}
	}
	setStore(m, truststore().Store, ks, storePassword)
}

func gateway(kind string) Service {
	return Service{
		Name: "wso2-gateway", About: "gateway of prod", Home: home, Script: "gateway.sh", User: "wso2carbon", Group: "wso2",
		Java: Java{Min: 11, Max: 21}, Heap: Heap{"1g", "1g"}, Kind: kind, State: "/var/lib/apimctl", Stop: time.Minute,
		Files: []string{home + "/repository/conf/deployment.toml"},
		Gate:  []plan.Wait{{Probe: plan.Probe{Kind: "tcp", Addr: net.JoinHostPort("localhost", "9443")}, Every: time.Millisecond, For: time.Minute}},
	}
}
