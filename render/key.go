package render

import (
	"fmt"
	"strings"
)

// SplitKey takes a dotted key apart as TOML does: apim.cors.enable, event_listener.'header.X-KEY'.
func SplitKey(key string) ([]string, error) {
	var segs []string
	rest := key
	for {
		seg, after, err := firstSegment(rest)
		if err != nil {
			return nil, fmt.Errorf("key %q: %w", key, err)
		}
		segs = append(segs, seg)
		if after == "" {
			return segs, nil
		}
		if after[0] != '.' {
			return nil, fmt.Errorf("key %q: a dot is missing before %q", key, after)
		}
		rest = after[1:]
	}
}

func firstSegment(s string) (seg, rest string, err error) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		end := strings.IndexByte(s[1:], s[0])
		if end < 0 {
			return "", "", fmt.Errorf("a closing %c is missing", s[0])
		}
		seg, rest = s[1:end+1], s[end+2:]
	} else if dot := strings.IndexByte(s, '.'); dot >= 0 {
		seg, rest = s[:dot], s[dot:]
	} else {
		seg = s
	}
	return seg, rest, checkSegment(seg)
}

// checkSegment refuses what the product's reader of keys loses: it drops empty segments and takes every quote
// for the end of a quoted one (product-facts.md §12, config-mapper).
func checkSegment(seg string) error {
	if seg == "" {
		return fmt.Errorf("a segment is empty")
	}
	for _, r := range seg {
		if r == '\'' || r == '"' || r == '\\' || r < ' ' || r == 0x7f || r == '\uFFFD' {
			return fmt.Errorf("segment %q: the product cannot read %q in a key", seg, r)
		}
	}
	return nil
}

// JoinKey is the dotted form of a path, with quotes where TOML wants them.
func JoinKey(path []string) string {
	quoted := make([]string, len(path))
	for i, seg := range path {
		quoted[i] = quoteSegment(seg)
	}
	return strings.Join(quoted, ".")
}

func quoteSegment(seg string) string {
	bare := seg != ""
	for _, r := range seg {
		if !(r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			bare = false
		}
	}
	if bare {
		return seg
	}
	return "'" + seg + "'"
}
