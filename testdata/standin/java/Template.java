package standin;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParserFactory;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/** Writes repository/conf/**.xml from the templates beside the tables: {{ key }}, and for and if on lines of their own. Nothing is escaped. */
final class Template {
    private static final Pattern VALUE = Pattern.compile("\\{\\{\\s*([^}|]+?)\\s*\\}\\}");
    private static final Pattern FOR = Pattern.compile("\\s*\\{% for (\\w+)(?:, ?(\\w+))? in (.+?)(\\.items\\(\\))? %\\}\\s*");
    private static final Pattern IF = Pattern.compile("\\s*\\{% if (\\S+?)( is defined)? %\\}\\s*");

    private final StringBuilder out = new StringBuilder();

    private Template() {
    }

    /** The files that are not well-formed, each with what the parser says: the server comes up and does not work. */
    static List<String> write(Path home, Map<String, Object> values) throws IOException {
        Path from = home.resolve("repository/resources/conf/templates");
        List<Path> files;
        try (Stream<Path> all = Files.walk(from)) {
            files = all.filter(p -> p.toString().endsWith(".j2")).sorted().collect(Collectors.toList());
        }
        List<String> bad = new ArrayList<>();
        for (Path file : files) {
            Template t = new Template();
            List<String> lines = Files.readAllLines(file);
            t.block(lines, 0, lines.size(), values);
            String name = from.relativize(file).toString().replaceAll("\\.j2$", "");
            Files.createDirectories(home.resolve(name).getParent());
            Files.writeString(home.resolve(name), t.out);
            String error = name.endsWith(".xml") ? parse(t.out.toString()) : "";
            if (!error.isEmpty()) {
                bad.add(name + ": " + error);
            }
        }
        return bad;
    }

    private static String parse(String xml) throws IOException {
        try {
            InputSource in = new InputSource(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
            SAXParserFactory.newInstance().newSAXParser().parse(in, new DefaultHandler());
            return "";
        } catch (SAXException | ParserConfigurationException e) {
            return e.getMessage();
        }
    }

    private void block(List<String> lines, int from, int to, Map<String, Object> scope) {
        for (int i = from; i < to; i++) {
            Matcher loop = FOR.matcher(lines.get(i));
            Matcher test = IF.matcher(lines.get(i));
            if (loop.matches()) {
                int end = end(lines, i);
                for (Map<String, Object> inner : rounds(loop, scope)) {
                    block(lines, i + 1, end, inner);
                }
                i = end;
            } else if (test.matches()) {
                int end = end(lines, i);
                Object value = lookup(scope, test.group(1));
                if (value != null && (test.group(2) != null || !String.valueOf(value).equals("false"))) {
                    block(lines, i + 1, end, scope);
                }
                i = end;
            } else {
                out.append(fill(lines.get(i), scope)).append('\n');
            }
        }
    }

    private static int end(List<String> lines, int start) {
        int depth = 0;
        for (int i = start; ; i++) {
            String line = lines.get(i).trim();
            depth += line.startsWith("{% for ") || line.startsWith("{% if ") ? 1 : 0;
            depth -= line.startsWith("{% end") ? 1 : 0;
            if (depth == 0) {
                return i;
            }
        }
    }

    private static List<Map<String, Object>> rounds(Matcher loop, Map<String, Object> scope) {
        List<Map<String, Object>> out = new ArrayList<>();
        if (loop.group(4) != null) {
            members(scope, loop.group(3)).forEach((key, value) -> {
                Map<String, Object> inner = new HashMap<>(scope);
                inner.put(loop.group(1), key);
                inner.put(loop.group(2), value);
                out.add(inner);
            });
            return out;
        }
        Object rows = lookup(scope, loop.group(3));
        for (Object row : rows instanceof List ? (List<?>) rows : List.of()) {
            Map<String, Object> inner = new HashMap<>(scope);
            inner.put(loop.group(1), row);
            out.add(inner);
        }
        return out;
    }

    /** The members of an open map: all keys under a prefix, in the flat values or in a loop's row. */
    private static Map<String, Object> members(Map<String, Object> scope, String path) {
        Map<String, Object> in = scope;
        String prefix = path + ".";
        int dot = path.indexOf('.');
        if (dot > 0 && scope.get(path.substring(0, dot)) instanceof Map) {
            in = row(scope.get(path.substring(0, dot)));
            prefix = path.substring(dot + 1) + ".";
        }
        Map<String, Object> found = new LinkedHashMap<>();
        for (Map.Entry<String, Object> e : in.entrySet()) {
            if (e.getKey().startsWith(prefix)) {
                found.put(e.getKey().substring(prefix.length()).replace("'", ""), e.getValue());
            }
        }
        return new java.util.TreeMap<>(found);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> row(Object o) {
        return (Map<String, Object>) o;
    }

    private static Object lookup(Map<String, Object> scope, String path) {
        int dot = path.indexOf('.');
        if (!scope.containsKey(path) && dot > 0 && scope.get(path.substring(0, dot)) instanceof Map) {
            return row(scope.get(path.substring(0, dot))).get(path.substring(dot + 1));
        }
        return scope.get(path);
    }

    private static String fill(String line, Map<String, Object> scope) {
        StringBuilder out = new StringBuilder();
        Matcher m = VALUE.matcher(line);
        while (m.find()) {
            Object value = lookup(scope, m.group(1));
            String text = value instanceof List ? ((List<?>) value).stream().map(String::valueOf).collect(Collectors.joining(",")) : String.valueOf(value == null ? "" : value);
            m.appendReplacement(out, Matcher.quoteReplacement(text));
        }
        return m.appendTail(out).toString();
    }
}
