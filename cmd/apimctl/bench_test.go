package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// BenchmarkValidate200 validates an inventory of 200 hosts, and prints what that costs beside one of 4 in the same run.
func BenchmarkValidate200(b *testing.B) {
	b.Chdir(b.TempDir())
	b.Setenv("XDG_CACHE_HOME", b.TempDir())
	small := strings.NewReplacer("VERSION", "4.6.0", "ENCRYPTION", "").Replace(findingsInventory)
	large := strings.Replace(small, "gw-2: {", `"gw-[3:198]": {address: "10.1.0.[3:198]"}, gw-2: {`, 1)
	distributions(b, "4.6.0", small)
	for name, text := range map[string]string{"small.yaml": small, "large.yaml": large} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	validate := func(name string) {
		var out bytes.Buffer
		if status := findingsApp(&out).run(context.Background(), []string{"validate", "-i", name}); status != exitOK {
			b.Fatalf("exit status %d: %s", status, out.String())
		}
	}
	validate("small.yaml") // learns the catalogs
	for _, name := range []string{"small.yaml", "large.yaml"} {
		b.Run(fmt.Sprint(map[string]int{"small.yaml": 5, "large.yaml": 201}[name], "-hosts"), func(b *testing.B) {
			for b.Loop() {
				validate(name)
			}
		})
	}
}
