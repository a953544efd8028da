package render

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// A dialect is what the product needs to know of a type of database (product-facts.md §7).
type dialect struct {
	port       int
	driver     string
	validation string
}

// dialectOf is the dialect under the product's name for it, which is also returned.
func dialectOf(kind string) (string, dialect, bool) {
	switch kind {
	case "mysql": // the driver that the product infers is the one of MySQL 5
		return "mysql", dialect{3306, "com.mysql.cj.jdbc.Driver", "SELECT 1"}, true
	case "mariadb":
		return "mariadb", dialect{3306, "org.mariadb.jdbc.Driver", "SELECT 1"}, true
	case "postgre", "postgres", "postgresql": // with the product's own "; COMMIT" pools lose their transactions' errors
		return "postgre", dialect{5432, "org.postgresql.Driver", "SELECT 1"}, true
	case "mssql":
		return "mssql", dialect{1433, "com.microsoft.sqlserver.jdbc.SQLServerDriver", "SELECT 1"}, true
	case "oracle":
		return "oracle", dialect{1521, "oracle.jdbc.OracleDriver", "SELECT 1 FROM DUAL"}, true
	case "db2":
		return "db2", dialect{50000, "com.ibm.db2.jcc.DB2Driver", "SELECT 1 FROM sysibm.sysdummy1"}, true
	case "h2":
		return "h2", dialect{0, "org.h2.Driver", "SELECT 1"}, true
	}
	return "", dialect{}, false
}

func (db *Database) check() error {
	if db == nil {
		return nil
	}
	kind, _, known := dialectOf(db.Type)
	var errs []error
	if !known {
		errs = append(errs, fmt.Errorf("type %q is none of mysql, mariadb, postgre, mssql, oracle, db2, h2", db.Type))
	}
	named := db.Name != "" || kind == "oracle" && db.SID != ""
	if known && db.URL == "" && (kind == "h2" || db.Host == "" || !named) {
		errs = append(errs, errors.New("it has neither a url nor a host and a name"))
	}
	if db.Port < 0 || db.Port > 65535 {
		errs = append(errs, fmt.Errorf("port %d is not between 1 and 65535", db.Port))
	}
	for _, name := range slices.Sorted(maps.Keys(db.Pool)) {
		if !elementName.MatchString(name) {
			errs = append(errs, fmt.Errorf("pool option %q cannot be the name of an XML element", name))
		}
	}
	return errors.Join(append(errs, below("password", CheckPassword(DatabasePassword, db.Password)))...)
}

var elementName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// databases are the shared ones. Gateways need the users' one only.
func (p plan) databases() Layer {
	l := newLayer("databases")
	if !p.isGateway() {
		l.database("apim_db", p.Databases.APIM)
	}
	l.database("shared_db", p.Databases.Shared)
	return l.Layer
}

// database sets every key that says where the database is, or takes it away: what the distribution ships is an H2
// file's url, which would win over hostname, port and name.
func (l *layerOf) database(name string, db *Database) {
	if db == nil {
		return
	}
	from, key := "databases."+name, "database."+name+"."
	kind, dialect, _ := dialectOf(db.Type)
	l.set(from+".type", key+"type", kind)
	l.set(from+".username", key+"username", xmlText(db.Username))
	l.set(from+".password", key+"password", xmlText(db.Password))
	l.set(from+".driver_class", key+"driver", or(db.Driver, dialect.driver))
	l.set(from+".validation_query", key+"validationQuery", xmlText(or(db.ValidationQuery, dialect.validation)))
	where := db.where(kind, dialect)
	for _, k := range []string{"url", "hostname", "port", "name", "sid"} {
		if v, ok := where[k]; ok {
			l.set(from, key+k, v)
		} else {
			l.set(from, key+k, nil)
		}
	}
	for _, option := range slices.Sorted(maps.Keys(db.Pool)) {
		l.set(from+".pool."+option, key+"pool_options."+option, poolValue(db.Pool[option]))
	}
}

// where is the url, or what the product makes one of. Oracle's takes the sid where others take the name.
func (db *Database) where(kind string, d dialect) map[string]string {
	if db.URL != "" {
		return map[string]string{"url": xmlURL(db.URL)}
	}
	port := db.Port
	if port == 0 {
		port = d.port
	}
	m := map[string]string{"hostname": db.Host, "port": strconv.Itoa(port)}
	if db.Name != "" {
		m["name"] = xmlText(db.Name)
	}
	if kind == "oracle" {
		m["sid"] = xmlText(or(db.SID, db.Name))
	}
	return m
}

func poolValue(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	switch s {
	case "true":
		return true
	case "false":
		return false
	}
	return xmlText(s)
}

// JDBC are the driver's class and the URL that the product connects with: what it makes of host, port and name (product-facts.md §7).
func (db *Database) JDBC() (class, url string) {
	kind, d, _ := dialectOf(db.Type)
	class = or(db.Driver, d.driver)
	if db.URL != "" {
		return class, db.URL
	}
	at := db.where(kind, d)
	host := at["hostname"] + ":" + at["port"]
	switch kind {
	case "postgre":
		return class, "jdbc:postgresql://" + host + "/" + db.Name
	case "mssql":
		return class, "jdbc:sqlserver://" + host + ";databaseName=" + db.Name + ";SendStringParametersAsUnicode=false"
	case "oracle":
		return class, "jdbc:oracle:thin:@" + host + "/" + or(db.SID, db.Name)
	}
	return class, "jdbc:" + kind + "://" + host + "/" + db.Name
}
