package check

import "slices"

var databaseRules = []ruling{
	{Rule: Rule{
		Code: "APIM070", Severity: Error, Title: "several all-in-one nodes without a shared database",
		Why:     "With the embedded H2 each node has APIs and users of its own, and the load balancer shows now the one and now the other.",
		Fix:     "Give apim_db and shared_db a database server.",
		Example: Example{Host: "aio-1", Wrong: "[database.apim_db]\ntype = \"h2\"", Right: "[database.apim_db]\ntype = \"mysql\""},
	}, node: embedded},
	{Rule: Rule{
		Code: "APIM071", Severity: Error, Title: "all-in-one nodes with different databases",
		Why:     "apim_db and shared_db must be the same for all of them.",
		Fix:     "Give all of them the same server, port and name, or the same url.",
		Example: Example{Host: "aio-1", Wrong: "[database.shared_db]\nname = \"shared_2\"", Right: "[database.shared_db]\nname = \"shared_db\""},
	}, whole: sameDatabases},
	{Rule: Rule{
		Code: "APIM072", Severity: Error, Title: "unknown database type",
		Why:     "Driver and URL follow from the type only if it is one that the product knows. PostgreSQL is \"postgre\" to it.",
		Fix:     "Write mysql, mariadb, postgre, mssql, oracle, db2 or h2.",
		Example: Example{Host: "aio-1", Wrong: "[database.apim_db]\ntype = \"postgresql\"", Right: "[database.apim_db]\ntype = \"postgre\""},
	}, value: databaseType},
}

var shared = []string{"database.apim_db.", "database.shared_db."}

func embedded(c *run, n *node) {
	if n.Role != AllInOne || len(c.of(AllInOne)) < 2 {
		return
	}
	for _, db := range shared {
		switch t := n.ownText(db + "type"); {
		case t == "h2":
			c.report(n, db+"type", "h2 is not shared with the other all-in-one nodes", "")
		case t == "" && n.ownText(db+"url") == "":
			c.report(n, db+"type", "is not set, and the embedded database is not shared with the other all-in-one nodes", "")
		}
	}
}

func sameDatabases(c *run) {
	for _, db := range shared {
		for _, name := range []string{"type", "url", "hostname", "port", "name", "sid"} {
			c.same(c.of(AllInOne), db+name)
		}
	}
}

// databaseType knows those of the product's infer.json (product-facts.md §7).
func databaseType(c *run, n *node, e entry) {
	types := []string{"mysql", "mariadb", "postgre", "mssql", "oracle", "db2", "h2", "informix"}
	match, ok := match("database.$1.type", e.key)
	if ok && match != "" && !slices.Contains(types, n.text(e.key)) && !atRunTime.MatchString(n.text(e.key)) {
		c.report(n, e.key, n.show(e.key, e.value)+" is no database type", "write "+orList(types[:7]))
	}
}
