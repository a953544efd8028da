package standin;

/** What ends the process with status 1 before the log is open. The detail reaches the console only, the message patches.log too. */
final class ConfigError extends Exception {
    private static final long serialVersionUID = 1;
    final String detail;

    ConfigError(String message) {
        this(message, "");
    }

    ConfigError(String message, String detail) {
        super(message);
        this.detail = detail;
    }
}
