package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

var referenceRules = []ruling{
	{Rule: Rule{
		Code: "APIM014", Severity: Error, Title: "$ref that does not resolve",
		Why:     "The product ends at start with \"Configuration with key X doesn't exist\", before it opens a log.",
		Fix:     "Define the key, or write the value. A database with a type needs url, or hostname, port and name.",
		Example: Example{Host: "aio-1", Wrong: "[apim.event_hub]\npassword = \"$ref{super_admin.pasword}\"", Right: "[apim.event_hub]\npassword = \"$ref{super_admin.password}\""},
	}, node: unresolved},
	{Rule: Rule{
		Code: "APIM015", Severity: Error, Title: "$ref in an array of tables",
		Why:     "The product resolves $ref{} only in texts and lists of texts that are not within [[...]]. Here it stays as it is written.",
		Fix:     "Write the value, or ${admin.username} and ${admin.password} where the product knows them.",
		Example: Example{Host: "aio-1", Wrong: "[[event_listener]]\nid = \"token_revocation\"\nname = \"org.wso2.is.notification.ApimOauthEventInterceptor\"\n[event_listener.properties]\nusername = \"$ref{super_admin.username}\"", Right: "[[event_listener]]\nid = \"token_revocation\"\nname = \"org.wso2.is.notification.ApimOauthEventInterceptor\"\n[event_listener.properties]\nusername = \"${admin.username}\""},
	}, value: refInArray},
	{Rule: Rule{
		Code: "APIM016", Severity: Warning, Title: "$env that nobody is known to set",
		Why:     "The product ends at start if a variable that deployment.toml names is missing.",
		Fix:     "Give the variable to the service's environment, or write the value.",
		Example: Example{Host: "aio-1", Wrong: "[apim.ai]\nkey = \"$env{AI_KEY}\"", Right: "[apim.ai]\nkey = \"\""},
	}, value: unknownEnv},
	{Rule: Rule{
		Code: "APIM017", Severity: Error, Title: "$secret that does not resolve",
		Why:     "The product ends at start if [secrets] has no such alias, or if its value is still plain text in brackets.",
		Fix:     "Put the encrypted value under that alias in [secrets].",
		Example: Example{Host: "aio-1", Wrong: "[apim.ai]\nkey = \"$secret{ai_key}\"", Right: "[apim.ai]\nkey = \"$secret{ai_key}\"\n[secrets]\nai_key = \"bm90IHJlYWxseQ==\""},
	}, value: unknownSecret},
}

func unresolved(c *run, n *node) {
	if n.catalog == nil {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(n.own)) {
		for _, s := range texts(n.own[key]) {
			missing, circle := n.missing(s, []string{key})
			if missing == "" {
				continue
			}
			message := "$ref{" + missing + "} leads to nothing"
			if circle {
				message = "$ref{" + missing + "} leads back to itself"
			}
			if by := n.inferred[key]; by != "" {
				c.report(n, by, "implies "+key+", and there "+message, "set "+missing+" or "+key)
			} else {
				c.report(n, key, message, "")
			}
		}
	}
}

func refInArray(c *run, n *node, e entry) {
	for _, s := range e.strings() {
		if e.inArray && strings.Contains(s, "$ref{") {
			c.report(n, e.key, "$ref{} is not resolved within an array of tables", "write the value itself")
		}
	}
}

var (
	envPattern    = regexp.MustCompile(`\$env\{([^{}]*)\}`)
	secretPattern = regexp.MustCompile(`\$secret\{([^{}]*)\}`)
)

func unknownEnv(c *run, n *node, e entry) {
	for _, s := range e.strings() {
		for _, m := range envPattern.FindAllStringSubmatch(s, -1) {
			if !slices.Contains(n.Env, m[1]) {
				c.report(n, e.key, fmt.Sprintf("the environment variable %s is set by nobody that is known here", m[1]), "")
			}
		}
	}
}

func unknownSecret(c *run, n *node, e entry) {
	for _, s := range e.strings() {
		for _, m := range secretPattern.FindAllStringSubmatch(s, -1) {
			v, ok := n.own["secrets."+m[1]]
			if !ok && n.text("runtime_secrets.enable") != "true" {
				c.report(n, e.key, "[secrets] has no "+m[1], "")
			} else if t := fmt.Sprint(v); ok && strings.HasPrefix(t, "[") && strings.HasSuffix(t, "]") {
				c.report(n, e.key, "the secret "+m[1]+" is still plain text", "encrypt it before the server starts")
			}
		}
	}
}
