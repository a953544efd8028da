package dist

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

const wanted = "wso2am-VERSION/ with bin/api-manager.sh or wso2am-universal-gw-VERSION/ with bin/gateway.sh"

// titles are what people call the products, also the ones that apimctl does not deploy.
func titles() map[string]string {
	return map[string]string{
		AllInOne:     "the all-in-one (wso2am)",
		Gateway:      "the universal gateway (wso2am-universal-gw)",
		"wso2am-acp": "the API control plane (wso2am-acp)",
		"wso2am-tm":  "the traffic manager (wso2am-tm)",
	}
}

// identify tells the product by the folder's name, and holds the start script against it. The version is the folder's,
// else the one in bin/version.txt: the zip's own name says nothing, as updated packs show (product-facts.md §1).
func (z *Zip) identify() error {
	scripts := map[string]string{AllInOne: "bin/api-manager.sh", Gateway: "bin/gateway.sh"}
	z.Product = product(z.Top)
	script, ours := scripts[z.Product]
	switch {
	case z.Product == "":
		return fmt.Errorf("%w: found %s/; expected %s", ErrProduct, z.Top, wanted)
	case !ours:
		return fmt.Errorf("%w: found %s in %s/; expected %s", ErrProduct, titles()[z.Product], z.Top, wanted)
	}
	if _, err := fs.Stat(z.FS(), script); err != nil {
		return fmt.Errorf("%w: found %s/ without %s; expected %s", ErrProduct, z.Top, script, wanted)
	}
	text, _ := fs.ReadFile(z.FS(), "bin/version.txt") // only a second source
	numbers := regexp.MustCompile(`\d+\.\d+\.\d+`)
	if z.Version = numbers.FindString(z.Top); z.Version == "" {
		z.Version = numbers.FindString(string(text))
	}
	if z.Version == "" {
		return fmt.Errorf("%w: found no version in the name %s/ nor in bin/version.txt; expected three numbers", ErrProduct, z.Top)
	}
	return nil
}

// product is the longest known name that a folder's name begins with, "" if none.
func product(folder string) (name string) {
	for known := range titles() {
		if strings.HasPrefix(folder, known+"-") && len(known) > len(name) {
			name = known
		}
	}
	return name
}
