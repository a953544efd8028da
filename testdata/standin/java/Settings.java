package standin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The settled configuration of a node, read once. */
final class Settings {
    final Path home;
    final boolean gateway;
    final int offset;
    final Map<String, Object> values;
    /** The same with $secret{} still in it: what the generated files are written from. */
    final Map<String, Object> written;

    private Settings(Path home, Map<String, Object> written, Map<String, Object> values) {
        this.home = home;
        this.written = written;
        this.values = values;
        gateway = home.resolve("bin/gateway.sh").toFile().exists();
        String argument = System.getProperty("portOffset");
        offset = Integer.parseInt(argument != null ? argument : text("server.offset"));
    }

    static Settings read(Path home) throws ConfigError, IOException {
        Map<String, Object> written = Mapper.settle(home);
        try {
            return new Settings(home, written, Vault.open(home, written));
        } catch (NumberFormatException e) {
            throw new ConfigError("The port offset is no number: " + written.get("server.offset"));
        }
    }

    String text(String key) {
        return expand(String.valueOf(values.getOrDefault(key, "")));
    }

    boolean is(String key) {
        return text(key).equals("true");
    }

    int port(String key) {
        return Integer.parseInt(text(key)) + offset;
    }

    List<String> texts(String key) {
        return texts(values.get(key));
    }

    List<String> texts(Object value) {
        List<?> items = value == null ? List.of() : value instanceof List ? (List<?>) value : List.of(value);
        return items.stream().map(i -> expand(String.valueOf(i))).collect(Collectors.toList());
    }

    /** The members of an array of tables, one name of each, all in one list. */
    Stream<String> members(String key, String name) {
        Object rows = values.get(key);
        return !Toml.tables(rows) ? Stream.of() : ((List<?>) rows).stream().flatMap(r -> texts(((Map<?, ?>) r).get(name)).stream());
    }

    /** What the product puts in at run time: these ports are already offset, ports written as digits are not. */
    private String expand(String value) {
        if (!value.contains("${")) {
            return value;
        }
        return value.replace("${mgt.transport.https.port}", String.valueOf(port("transport.https.properties.port")))
            .replace("${mgt.transport.http.port}", String.valueOf(port("transport.http.properties.port")))
            .replace("${https.nio.port}", String.valueOf(port("transport.passthru_https.listener.parameters.port")))
            .replace("${http.nio.port}", String.valueOf(port("transport.passthru_http.listener.parameters.port")))
            .replace("${carbon.home}", home.toString())
            .replace("${carbon.host}", String.valueOf(values.get("server.hostname")))
            .replace("${admin.username}", String.valueOf(values.get("super_admin.username")))
            .replace("${admin.password}", String.valueOf(values.get("super_admin.password")));
    }

    /** A value that reaches the product through a generated XML file: {@code &amp;} in the TOML is one character there. */
    String xml(String key) {
        return unescape(text(key));
    }

    static String unescape(String s) {
        return s.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&");
    }

    Path file(String key) {
        return home.resolve("repository/resources/security").resolve(text(key));
    }
}
