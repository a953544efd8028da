package standin;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** repository/logs: patches.log, which is there before the configuration is read, and wso2carbon.log, which is not. */
final class Log {
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss,SSS");

    private final Path dir;

    Log(Path home) throws IOException {
        dir = Files.createDirectories(home.resolve("repository/logs"));
    }

    void info(String logger, String message) {
        carbon("INFO", logger, message, null);
    }

    void warn(String logger, String message) {
        carbon("WARN", logger, message, null);
    }

    void error(String logger, String message, Throwable cause) {
        carbon("ERROR", logger, message, cause);
    }

    private void carbon(String level, String logger, String message, Throwable cause) {
        String now = STAMP.format(LocalDateTime.now());
        String rest = message + "\n" + trace(cause);
        append("wso2carbon.log", String.format("TID: [-1234] [] [%s] %5s {%s} - %s", now, level, logger, rest));
        System.out.printf("[%s] %5s - %s %s", now, level, logger.substring(logger.lastIndexOf('.') + 1), rest);
    }

    /** The end of a start that the configuration does not allow. wso2carbon.log learns nothing of it. */
    void severe(ConfigError e) {
        String now = STAMP.format(LocalDateTime.now());
        String message = "Error while performing configuration changes";
        String cause = "org.wso2.config.mapper.ConfigParserException: " + e.getMessage() + "\n";
        String frames = "\tat org.wso2.config.mapper.ConfigParser.parse(ConfigParser.java:117)\n"
            + "\tat org.wso2.carbon.server.Main.handleConfiguration(Main.java:201)\n"
            + "\tat org.wso2.carbon.server.Main.main(Main.java:88)\n";
        append("patches.log", String.format("[%s] SEVERE {org.wso2.carbon.server.Main handleConfiguration} - %s %n%s%s", now, message, cause, frames));
        if (!e.detail.isEmpty()) {
            System.err.println("SEVERE {org.wso2.config.mapper.TomlParser} - " + e.getMessage() + ": " + e.detail);
        }
        System.err.printf("[%s] SEVERE {org.wso2.carbon.server.Main handleConfiguration} - %s %n%s%s", now, message, cause, frames);
    }

    private static String trace(Throwable cause) {
        if (cause == null) {
            return "";
        }
        StringWriter out = new StringWriter();
        cause.printStackTrace(new PrintWriter(out, true));
        return out.toString();
    }

    private synchronized void append(String file, String text) {
        try {
            Files.writeString(dir.resolve(file), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            System.err.println(file + ": " + e);
        }
    }
}
