package standin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The stand-in for both products: an all-in-one, or a gateway where bin/gateway.sh is. See README.md beside the sources. */
public final class StandIn {
    private StandIn() {
    }

    public static void main(String[] args) throws Exception {
        Path home = Path.of(System.getProperty("carbon.home"));
        arguments(args);
        pid(home);
        Log log = new Log(home);
        Node node;
        try {
            Settings settings = Settings.read(home);
            node = new Node(settings, Stores.open(settings), log);
        } catch (ConfigError e) {
            log.severe(e);
            System.exit(1);
            return;
        }
        node.run();
    }

    /** Script arguments come after the script's own -D, so they win. What is unknown is ignored. */
    private static void arguments(String[] args) {
        for (String arg : args) {
            if (arg.startsWith("-D")) {
                String[] pair = arg.substring(2).split("=", 2);
                System.setProperty(pair[0], pair.length == 2 ? pair[1] : "true");
            }
        }
    }

    /** 100 bytes: digits, a newline, NULs. Nothing ever takes the file away. */
    private static void pid(Path home) throws IOException {
        byte[] digits = (ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
        Files.write(home.resolve("wso2carbon.pid"), Arrays.copyOf(digits, 100));
    }
}
