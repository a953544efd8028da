package standin;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** Whether the databases are there, with their tables, through the driver in repository/components/lib. H2 always is. */
final class Databases {
    private static final Map<String, List<String>> TABLES = Map.of(
        "apim_db", List.of("IDN_BASE_TABLE", "AM_API", "AM_GW_INSTANCES"),
        "shared_db", List.of("REG_CLUSTER_LOCK", "UM_TENANT", "UM_USER"));

    private final Settings settings;
    private final ClassLoader drivers;

    /** Wraps the jars of lib into dropins, where an older one that was left there goes first. */
    Databases(Settings settings) throws IOException {
        this.settings = settings;
        Path components = settings.home.resolve("repository/components");
        for (Path jar : jars(components.resolve("lib"))) {
            Path bundle = components.resolve("dropins").resolve(jar.getFileName().toString().replaceAll("\\.jar$", "_1.0.0.jar").replace('-', '_'));
            if (!Files.exists(bundle)) {
                Files.copy(jar, bundle);
            }
        }
        List<URL> urls = new ArrayList<>();
        for (Path jar : jars(components.resolve("dropins"))) {
            urls.add(jar.toUri().toURL());
        }
        drivers = new URLClassLoader(urls.toArray(new URL[0]));
    }

    private static List<Path> jars(Path dir) throws IOException {
        List<Path> out = new ArrayList<>();
        try (DirectoryStream<Path> found = Files.newDirectoryStream(dir, "*.jar")) {
            found.forEach(out::add);
        }
        Collections.sort(out);
        return out;
    }

    void check(String name) throws SQLException {
        String block = "database." + name;
        String url = settings.xml(block + ".url");
        if (url.startsWith("jdbc:h2:")) {
            return;
        }
        try (Connection c = connect(block, url); Statement s = c.createStatement()) {
            s.execute(settings.xml(block + ".validationQuery"));
            for (String table : TABLES.get(name)) {
                s.executeQuery("SELECT COUNT(*) FROM " + table).close();
            }
        }
    }

    private Connection connect(String block, String url) throws SQLException {
        String name = settings.text(block + ".driver");
        Driver driver;
        try {
            driver = (Driver) Class.forName(name, true, drivers).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new SQLException("Cannot load JDBC driver class '" + name + "'", e);
        }
        Properties login = new Properties();
        login.setProperty("user", settings.xml(block + ".username"));
        login.setProperty("password", settings.xml(block + ".password"));
        login.setProperty("connectTimeout", url.startsWith("jdbc:postgresql:") ? "3" : "3000");
        Connection c = driver.connect(url, login);
        if (c == null) {
            throw new SQLException("Driver " + name + " does not take the url " + url);
        }
        return c;
    }
}
