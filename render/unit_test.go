package render

import (
	"strings"
	"testing"
)

func unitInput() UnitInput {
	return UnitInput{
		Description: "WSO2 API Manager all-in-one of prod",
		Home:        "/opt/wso2/all-in-one", Script: "bin/api-manager.sh",
		Args: []string{"-Dhttpclient.hostnameVerifier=Strict"},
		User: "wso2carbon", Group: "wso2", JavaHome: "/usr/lib/jvm/java-21", Memory: "-Xms2g -Xmx2g",
		JavaOpts: `-Djdk.tls.ephemeralDHKeySize=2048 -Dx="a\b" -Dp=50%`,
		LogFile:  "/opt/wso2/all-in-one/repository/logs/console.log",
	}
}

func TestUnit(t *testing.T) {
	golden(t, "all-in-one.service", Unit(unitInput()))
}

func TestUnitQuotes(t *testing.T) {
	in := unitInput()
	in.Args, in.Memory, in.JavaOpts = []string{`a "b" $HOME 5% \`, "x\ny"}, "", ""
	in.Description = "one\nExecStartPre=/bin/false"
	had := string(Unit(in))
	want := `ExecStart=/bin/sh "/opt/wso2/all-in-one/bin/api-manager.sh" "a \"b\" $$HOME 5%% \\" "x\x0ay"` + "\n"
	if !strings.Contains(had, want) {
		t.Errorf("had:\n%s\nwant:\n%s", had, want)
	}
	if strings.Contains(had, "\nExecStartPre") || strings.Contains(had, "JVM_MEM_OPTS") || strings.Contains(had, "JAVA_OPTS") {
		t.Errorf("had:\n%s", had)
	}
}

// A sandbox takes nothing from a node that it needs: where its home is stays open.
func TestSandbox(t *testing.T) {
	for home, want := range map[string]string{
		"/opt/wso2/gateway":  "NoNewPrivileges ProtectSystem ProtectHome",
		"/home/wso2/gateway": "NoNewPrivileges ProtectSystem",
		"/usr/local/wso2":    "NoNewPrivileges ProtectHome",
	} {
		text := string(Unit(UnitInput{Home: home, Sandbox: true}))
		for _, name := range []string{"NoNewPrivileges", "ProtectSystem", "ProtectHome"} {
			if strings.Contains(text, "\n"+name+"=") != strings.Contains(want, name) {
				t.Errorf("%s: %s is not as wanted in\n%s", home, name, text)
			}
		}
		if strings.Contains(string(Unit(UnitInput{Home: home})), "NoNewPrivileges") {
			t.Error("a unit is confined that should not be")
		}
	}
}
