package render

import (
	"regexp"
	"strings"
)

const mask = "(secret)"

var (
	// A reference stands for a value that is elsewhere, so it may be shown.
	reference = regexp.MustCompile(`^\$(env|sys|secret|ref)?\{[^{}]+\}$`)

	// Credentials in an address: scheme://user:password@host, ;password=..., &trust_store_password='...
	credentials = regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token)\s*=|://[^/\s:@']+:[^/\s@']+@`)
)

// isSecret says whether the value at path must not be shown.
func isSecret(path []string, v any) bool {
	if list, ok := v.([]any); ok {
		for _, e := range list {
			if isSecret(path, e) {
				return true
			}
		}
		return false
	}
	s, isText := v.(string)
	if _, isBool := v.(bool); isBool || isText && (s == "" || isReference(s)) {
		return false
	}
	if path[0] == "secrets" || strings.ContainsAny(s, "=@") && credentials.MatchString(s) {
		return true
	}
	return secretName(path)
}

func secretName(path []string) bool {
	name := strings.ToLower(path[len(path)-1])
	for _, part := range []string{"password", "passwd", "secret", "moesifkey", "access_key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	switch name {
	case "auth_token", "api_token", "ase_token", "token", "hash", "wf_engine_pass", "apikey", "api_key":
		return true
	case "key":
		return path[0] == "encryption" || JoinKey(path) == "apim.ai.key"
	}
	return false
}
