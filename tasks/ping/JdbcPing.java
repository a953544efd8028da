import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Properties;

/**
 * Connects to a database once, with the driver on its class path, and says in one line why it cannot; exit status 1 is that it cannot.
 * Its arguments are the driver's class, the user, and how the database is named to people. The JDBC URL, which may hold a password, and
 * the password are lines of its standard input.
 * JdbcPing.class beside it is made with: javac --release 11 -g:none JdbcPing.java
 */
public final class JdbcPing {
    private static final int SECONDS = 10;

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String driver = args[0];
        String user = args[1];
        String where = args[2];
        String url = in.readLine();
        String password = in.readLine();
        String why;
        try {
            why = ping(driver, url, user, password);
        } catch (SQLException e) {
            why = reason(e, where, user);
        } catch (LinkageError | RuntimeException e) {
            why = e.toString();
        }
        if (why != null) {
            why = why.replaceAll("\\s+", " ");
            System.err.println(password.isEmpty() ? why : why.replace(password, "(secret)"));
            System.exit(1);
        }
        System.exit(0); // a driver's threads may linger
    }

    private static String ping(String name, String url, String user, String password) throws SQLException {
        Driver driver;
        try {
            driver = (Driver) Class.forName(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            return "no driver ".concat(name).concat(" in ").concat(System.getProperty("java.class.path"));
        } catch (UnsupportedClassVersionError e) {
            return "the driver needs a later Java than ".concat(System.getProperty("java.version"));
        }
        Properties login = new Properties();
        login.setProperty("user", user);
        login.setProperty("password", password);
        String millis = Integer.toString(SECONDS * 1000);
        String seconds = Integer.toString(SECONDS);
        boolean counts = url.startsWith("jdbc:postgresql:") || url.startsWith("jdbc:sqlserver:");
        login.setProperty("connectTimeout", counts ? seconds : millis);
        login.setProperty("socketTimeout", url.startsWith("jdbc:postgresql:") ? seconds : millis);
        login.setProperty("loginTimeout", seconds);
        login.setProperty("oracle.net.CONNECT_TIMEOUT", millis);
        try (Connection c = driver.connect(url, login)) {
            return c == null ? "the driver does not take the JDBC URL" : null;
        }
    }

    /** What is wrong, by what the drivers agree on: the cause below all others, and the first two characters of the SQL state. */
    private static String reason(SQLException e, String where, String user) {
        for (Throwable t = e; t != null; t = t.getCause() == t ? null : t.getCause()) {
            if (t instanceof UnknownHostException) {
                return "unknown host: ".concat(where);
            }
            if (t instanceof SocketTimeoutException) {
                return "no answer within 10 seconds: ".concat(where);
            }
            if (t instanceof ConnectException) {
                return "nothing listens there, or a firewall refuses: ".concat(where);
            }
        }
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        if (state.startsWith("28") || e.getErrorCode() == 1017 || e.getErrorCode() == 18456) {
            return "wrong user or password: ".concat(user).concat(" at ").concat(where);
        }
        if (state.equals("3D000") || e.getErrorCode() == 1049 || e.getErrorCode() == 4060) {
            return "unknown database: ".concat(where);
        }
        return String.valueOf(e.getMessage());
    }
}
