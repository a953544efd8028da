package standin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** repository/conf/standin.properties: how this node is to misbehave. Read once, at the start; a missing file is no fault. */
final class Faults {
    private final Properties set = new Properties();

    Faults(Path home) throws IOException {
        Path file = home.resolve("repository/conf/standin.properties");
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                set.load(in);
            }
        }
    }

    boolean is(String name) {
        return Boolean.parseBoolean(set.getProperty(name, "false").trim());
    }

    String text(String name, String otherwise) {
        return set.getProperty(name, otherwise).trim();
    }

    double number(String name, double otherwise) {
        return Double.parseDouble(text(name, String.valueOf(otherwise)));
    }
}
