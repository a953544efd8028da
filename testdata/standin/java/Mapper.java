package standin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** From deployment.toml to settled values, in the product's order: mapping, inference, defaults, references, units. */
final class Mapper {
    private static final Pattern REFERENCE = Pattern.compile("\\$(ref|env|sys)\\{([^}]*)\\}");
    private static final Pattern SECRET = Pattern.compile("\\$secret\\{([^}]*)\\}");

    private final Path tables;
    private final Map<String, Object> values = new TreeMap<>();
    private final Map<String, String> references = new TreeMap<>();

    private Mapper(Path home) {
        tables = home.resolve("repository/resources/conf");
    }

    static Map<String, Object> settle(Path home) throws ConfigError, IOException {
        Mapper m = new Mapper(home);
        m.map(Toml.flat(Files.readString(home.resolve("repository/conf/deployment.toml"))));
        m.infer();
        m.table("default.json").forEach(m.values::putIfAbsent);
        m.secrets();
        m.resolve();
        m.units();
        m.remember();
        return m.values;
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> table(String name) throws IOException {
        return (Map<String, Object>) Json.read(Files.readString(tables.resolve(name)));
    }

    private void map(Map<String, Object> user) throws IOException {
        Map<String, Object> mappings = table("key-mappings.json");
        user.forEach((key, value) -> {
            Object to = mappings.getOrDefault(key, key);
            for (Object name : to instanceof List ? (List<?>) to : List.of(to)) {
                values.put((String) name, value);
            }
        });
    }

    /** A user's value beats an inferred one; an inferred one may infer further. */
    private void infer() throws IOException {
        Map<String, Object> rules = table("infer.json");
        Map<String, Object> from = new LinkedHashMap<>(values);
        while (!from.isEmpty()) {
            Map<String, Object> news = new LinkedHashMap<>();
            from.forEach((key, value) -> rules.forEach((rule, cases) -> one(rule, cases, key, value, news)));
            news.keySet().removeAll(values.keySet());
            values.putAll(news);
            from = news;
        }
    }

    @SuppressWarnings("unchecked")
    private static void one(String rule, Object cases, String key, Object value, Map<String, Object> news) {
        Matcher m = Pattern.compile(rule.replace(".", "\\.").replace("$1", "(\\w+)")).matcher(key);
        Object implied = m.matches() ? ((Map<String, Object>) cases).get(String.valueOf(value)) : null;
        if (implied != null) {
            ((Map<String, Object>) implied).forEach((k, v) -> news.put(fill(k, m), v instanceof String ? fill((String) v, m) : v));
        }
    }

    private static String fill(String text, Matcher m) {
        return m.groupCount() == 0 ? text : text.replace("$1", m.group(1));
    }

    private void secrets() throws ConfigError {
        for (Object value : new ArrayList<>(values.values())) {
            Matcher m = SECRET.matcher(String.valueOf(value));
            while (m.find()) {
                Object secret = values.get("secrets." + m.group(1));
                if (secret == null) {
                    throw new ConfigError("Secret references can't be resolved for " + m.group(1));
                }
                if (String.valueOf(secret).matches("\\[.*\\]")) {
                    throw new ConfigError("Secret references can't be plain text for " + m.group(1));
                }
            }
        }
    }

    private void resolve() throws ConfigError {
        for (String key : new ArrayList<>(values.keySet())) {
            values.put(key, resolve(key, values.get(key), 0));
        }
    }

    /** $ref inside the maps of a list is left as it is: the product does not see it there. */
    private Object resolve(String key, Object value, int depth) throws ConfigError {
        if (value instanceof List) {
            List<Object> out = new ArrayList<>();
            for (Object item : (List<?>) value) {
                out.add(item instanceof Map ? nested((Map<?, ?>) item) : resolve(key, item, depth));
            }
            return out;
        }
        return value instanceof String ? text(key, (String) value, depth) : value;
    }

    private Map<String, Object> nested(Map<?, ?> row) throws ConfigError {
        Map<String, Object> out = new LinkedHashMap<>();
        for (Map.Entry<?, ?> e : row.entrySet()) {
            boolean plain = !(e.getValue() instanceof String) || ((String) e.getValue()).contains("$ref{");
            out.put((String) e.getKey(), plain ? e.getValue() : text((String) e.getKey(), (String) e.getValue(), 0));
        }
        return out;
    }

    private String text(String key, String value, int depth) throws ConfigError {
        if (depth > 10) {
            throw new ConfigError("References of " + key + " lead back to itself");
        }
        StringBuilder out = new StringBuilder();
        Matcher m = REFERENCE.matcher(value);
        while (m.find()) {
            m.appendReplacement(out, Matcher.quoteReplacement(target(m.group(1), m.group(2), depth)));
        }
        String settled = m.appendTail(out).toString();
        if (!settled.equals(value)) {
            references.put(key, settled);
        }
        return settled;
    }

    private String target(String kind, String name, int depth) throws ConfigError {
        if (kind.equals("ref")) {
            if (!values.containsKey(name)) {
                throw new ConfigError("Configuration with key " + name + " doesn't exist");
            }
            return String.valueOf(resolve(name, values.get(name), depth + 1));
        }
        String found = kind.equals("env") ? System.getenv(name) : System.getProperty(name);
        if (found == null) {
            throw new ConfigError((kind.equals("env") ? "Environment variable " : "System property ") + name + " is not defined");
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private void units() throws ConfigError, IOException {
        for (Object key : ((Map<String, Object>) table("unit-resolve.json").get("time")).keySet()) {
            Object value = values.getOrDefault(key, 1);
            if (!String.valueOf(value).matches("[1-9]\\d*(d|h|m|s|ms)?")) {
                throw new ConfigError("Unit of " + key + " can't be resolved: " + value);
            }
        }
    }

    /** The product leaves what references resolved to, secrets among them, in clear on the disk: so do we. */
    private void remember() throws IOException {
        StringBuilder out = new StringBuilder();
        references.forEach((k, v) -> out.append(k).append('=').append(v).append('\n'));
        Path dir = Files.createDirectories(tables.resolve(".metadata"));
        Files.writeString(dir.resolve("references.properties"), out);
    }
}
