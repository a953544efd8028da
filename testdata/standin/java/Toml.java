package standin;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads TOML as strictly as the product's parser: duplicates, a table after its own sub-table and mixed arrays are errors. */
final class Toml {
    private final String text;
    private int at;
    private final Map<String, Object> root = new LinkedHashMap<>();
    private Map<String, Object> table = root;
    private final Set<Object> defined = new HashSet<>();

    private Toml(String text) {
        this.text = text;
    }

    /** Dotted key to value. An array of tables is a list of such maps; a segment with a dot in it is in single quotes. */
    static Map<String, Object> flat(String text) throws ConfigError {
        Toml t = new Toml(text.replace("\r\n", "\n"));
        t.document();
        Map<String, Object> out = new LinkedHashMap<>();
        flatten("", t.root, out);
        return out;
    }

    @SuppressWarnings("unchecked")
    private static void flatten(String prefix, Map<String, Object> from, Map<String, Object> out) {
        from.forEach((key, value) -> {
            String name = prefix + (key.contains(".") ? "'" + key + "'" : key);
            if (value instanceof Map) {
                flatten(name + ".", (Map<String, Object>) value, out);
            } else if (tables(value)) {
                List<Object> rows = new ArrayList<>();
                for (Object row : (List<Object>) value) {
                    Map<String, Object> flat = new LinkedHashMap<>();
                    flatten("", (Map<String, Object>) row, flat);
                    rows.add(flat);
                }
                out.put(name, rows);
            } else {
                out.put(name, value);
            }
        });
    }

    static boolean tables(Object value) {
        return value instanceof List && !((List<?>) value).isEmpty() && ((List<?>) value).get(0) instanceof Map;
    }

    private void document() throws ConfigError {
        for (blank(true); at < text.length(); blank(true)) {
            if (text.startsWith("[[", at)) {
                at += 2;
                List<String> path = path();
                expect("]]");
                element(path);
            } else if (text.charAt(at) == '[') {
                at++;
                List<String> path = path();
                expect("]");
                table(path);
            } else {
                pair(table);
            }
            blank(false);
            if (at < text.length() && text.charAt(at) != '\n') {
                throw wrong("more text on the line than one statement");
            }
        }
    }

    private void table(List<String> path) throws ConfigError {
        Map<String, Object> in = parent(root, path);
        String key = last(path);
        if (in.containsKey(key)) {
            throw wrong("table " + String.join(".", path) + " is already defined");
        }
        table = new LinkedHashMap<>();
        in.put(key, table);
    }

    @SuppressWarnings("unchecked")
    private void element(List<String> path) throws ConfigError {
        Map<String, Object> in = parent(root, path);
        Object had = in.computeIfAbsent(last(path), k -> {
            List<Object> rows = new ArrayList<>();
            defined.add(System.identityHashCode(rows));
            return rows;
        });
        if (!defined.contains(System.identityHashCode(had))) {
            throw wrong(String.join(".", path) + " is already defined and is no array of tables");
        }
        table = new LinkedHashMap<>();
        ((List<Object>) had).add(table);
    }

    /** Walks to the table that holds the last segment; in an array of tables that is its newest element. */
    @SuppressWarnings("unchecked")
    private Map<String, Object> parent(Map<String, Object> from, List<String> path) throws ConfigError {
        Map<String, Object> in = from;
        for (String key : path.subList(0, path.size() - 1)) {
            Object next = in.computeIfAbsent(key, k -> new LinkedHashMap<String, Object>());
            if (tables(next)) {
                List<Object> rows = (List<Object>) next;
                next = rows.get(rows.size() - 1);
            }
            if (!(next instanceof Map)) {
                throw wrong(key + " is already defined and is no table");
            }
            in = (Map<String, Object>) next;
        }
        return in;
    }

    private static String last(List<String> path) {
        return path.get(path.size() - 1);
    }

    private void pair(Map<String, Object> into) throws ConfigError {
        List<String> path = path();
        expect("=");
        blank(false);
        Map<String, Object> in = parent(into, path);
        if (in.containsKey(last(path))) {
            throw wrong("key " + String.join(".", path) + " is already defined");
        }
        in.put(last(path), value());
    }

    private List<String> path() throws ConfigError {
        List<String> path = new ArrayList<>();
        do {
            blank(false);
            path.add(segment());
            blank(false);
        } while (take("."));
        return path;
    }

    private String segment() throws ConfigError {
        if (at < text.length() && (text.charAt(at) == '"' || text.charAt(at) == '\'')) {
            return string();
        }
        int from = at;
        for (; at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || "_-".indexOf(text.charAt(at)) >= 0); at++) { }
        if (from == at) {
            throw wrong("a key is missing");
        }
        return text.substring(from, at);
    }

    private Object value() throws ConfigError {
        if (at >= text.length()) {
            throw wrong("a value is missing");
        }
        switch (text.charAt(at)) {
            case '"': case '\'':
                return string();
            case '[':
                return array();
            case '{':
                return inline();
            default:
                return scalar();
        }
    }

    private Object scalar() throws ConfigError {
        int from = at;
        while (at < text.length() && ",]}#\n \t".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(from, at);
        if (word.equals("true") || word.equals("false")) {
            return word.equals("true");
        }
        String digits = word.replace("_", "");
        if (digits.matches("[+-]?(0|[1-9]\\d*)")) {
            return Long.parseLong(digits);
        }
        if (digits.matches("[+-]?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?")) {
            return Double.parseDouble(digits);
        }
        at = from;
        throw wrong("'" + word + "' is no value; is a quote missing?");
    }

    private List<Object> array() throws ConfigError {
        List<Object> items = new ArrayList<>();
        expect("[");
        for (blank(true); !take("]"); blank(true)) {
            Object item = value();
            if (!items.isEmpty() && items.get(0).getClass() != item.getClass()) {
                throw wrong("an array of more than one type");
            }
            items.add(item);
            blank(true);
            if (!take(",") && (at >= text.length() || text.charAt(at) != ']')) {
                throw wrong("',' or ']' is missing in an array");
            }
        }
        return items;
    }

    private Map<String, Object> inline() throws ConfigError {
        Map<String, Object> into = new LinkedHashMap<>();
        expect("{");
        blank(false);
        while (!take("}")) {
            pair(into);
            blank(false);
            if (!take(",") && (at >= text.length() || text.charAt(at) != '}')) {
                throw wrong("',' or '}' is missing in an inline table");
            }
            blank(false);
        }
        return into;
    }

    private String string() throws ConfigError {
        char quote = text.charAt(at);
        String three = String.valueOf(quote).repeat(3);
        boolean many = text.startsWith(three, at);
        at += many ? 3 : 1;
        if (many && at < text.length() && text.charAt(at) == '\n') {
            at++;
        }
        StringBuilder out = new StringBuilder();
        while (!take(many ? three : String.valueOf(quote))) {
            if (at >= text.length() || (!many && text.charAt(at) == '\n')) {
                throw wrong("a string is not closed");
            }
            char c = text.charAt(at++);
            if (c == '\\' && quote == '"') {
                escape(out);
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    private void escape(StringBuilder out) throws ConfigError {
        char c = at < text.length() ? text.charAt(at++) : ' ';
        int plain = "btnfr\"\\".indexOf(c);
        if (plain >= 0) {
            out.append("\b\t\n\f\r\"\\".charAt(plain));
        } else if (c == '\n') {
            blank(true);
        } else if (c == 'u' || c == 'U') {
            int size = c == 'u' ? 4 : 8;
            try {
                out.appendCodePoint(Integer.parseInt(text.substring(at, at + size), 16));
            } catch (RuntimeException e) {
                throw wrong("a bad \\" + c + " escape");
            }
            at += size;
        } else {
            throw wrong("an unknown escape \\" + c);
        }
    }

    private void blank(boolean lines) {
        for (; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '#') {
                int end = text.indexOf('\n', at);
                at = (end < 0 ? text.length() : end) - 1;
            } else if (c != ' ' && c != '\t' && !(lines && c == '\n')) {
                return;
            }
        }
    }

    private boolean take(String what) {
        boolean there = text.startsWith(what, at);
        at += there ? what.length() : 0;
        return there;
    }

    private void expect(String what) throws ConfigError {
        blank(false);
        if (!take(what)) {
            throw wrong("'" + what + "' is missing");
        }
    }

    private ConfigError wrong(String what) {
        String before = text.substring(0, Math.min(at, text.length()));
        int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
        int column = before.length() - before.lastIndexOf('\n');
        return new ConfigError("Error while parsing TOML config file", "line " + line + ", column " + column + ": " + what);
    }
}
