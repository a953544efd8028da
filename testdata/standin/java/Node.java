package standin;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;

/** A node from its start to its end. */
final class Node {
    private static final String CORE = "org.wso2.carbon.core.internal.";

    final Settings settings;
    final String name;
    final String version;
    private final Stores stores;
    private final Log log;
    private final Faults faults;
    private final Web web;
    private final Sockets sockets = new Sockets();
    private final Needs needs;
    final Apis apis;
    private volatile boolean deployed;
    private boolean broken;

    Node(Settings settings, Stores stores, Log log) throws IOException {
        this.settings = settings;
        this.stores = stores;
        this.log = log;
        faults = new Faults(settings.home);
        String host = System.getenv("HOSTNAME");
        name = host != null ? host : InetAddress.getLocalHost().getHostName();
        version = Files.readString(settings.home.resolve("bin/version.txt")).trim();
        web = new Web(this);
        apis = new Apis(settings, faults);
        needs = new Needs(settings, stores.calling, apis);
    }

    boolean ready() {
        return deployed || faults.is("false.200");
    }

    void run() throws Exception {
        long from = System.nanoTime();
        double seconds = faults.number("start.seconds", 2);
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop));
        crash(faults.number("crash.after", -1));
        log.info(CORE + "CarbonCoreActivator", "Starting WSO2 Carbon...");
        log.info(CORE + "CarbonCoreActivator", "Carbon Home      : " + settings.home);
        log.info(CORE + "CarbonCoreActivator", "Java Version     : " + System.getProperty("java.version"));
        configuration();
        sleep(seconds * 0.4);
        listen(this::servlet);
        sleep(seconds * 0.3);
        listen(this::transports);
        log.info(CORE + "StartupFinalizerServiceComponent", "Server           :  " + version);
        log.info(CORE + "StartupFinalizerServiceComponent", "WSO2 Carbon started in " + (System.nanoTime() - from) / 1_000_000_000 + " sec");
        Sockets.daemon(() -> deploy(seconds * 0.3));
        new CountDownLatch(1).await();
    }

    private void configuration() throws IOException {
        for (String bad : Template.write(settings.home, settings.written)) {
            broken("Error while reading generated configuration " + bad, null);
        }
        if (!settings.xml("super_admin.username").matches("\\S{3,30}") || !settings.xml("super_admin.password").matches("\\S{5,30}")) {
            broken("Cannot create the super admin: user name or password does not match the user store's regular expression", null);
        }
    }

    private void broken(String message, Exception cause) {
        broken = true;
        log.error("org.wso2.carbon.user.core.internal.Activator", message, cause == null ? new IllegalStateException(message) : cause);
    }

    private interface Ports {
        void open() throws IOException;
    }

    /** A port in use is a line in the log: the process stays, and never gets ready. */
    private void listen(Ports ports) {
        try {
            ports.open();
        } catch (BindException e) {
            broken("Error while starting a transport listener: " + e.getMessage(), e);
        } catch (IOException | IllegalArgumentException e) {
            broken("Error while initialising a transport: " + e.getMessage(), e);
        }
    }

    private void servlet() throws IOException {
        web.servlet(settings.port("transport.http.properties.port"), null);
        web.servlet(settings.port("transport.https.properties.port"), stores.serving);
    }

    private void transports() throws IOException {
        web.passThrough(settings.port("transport.passthru_https.listener.parameters.port"), stores.serving);
        if (settings.is("transport.passthru_http.listener.enable")) {
            web.passThrough(settings.port("transport.passthru_http.listener.parameters.port"), null);
        }
        if (settings.gateway) {
            if (settings.is("apim.ws.enable")) {
                web.webSocket(settings.port("apim.ws.port"), null);
            }
            web.webSocket(settings.port("apim.wss.port"), stores.serving);
        } else {
            broker();
            sockets.plain(settings.port("transport.binary.receiver.tcpPort"));
            sockets.tls(settings.port("transport.binary.receiver.sslPort"), stores.serving, List.of());
        }
    }

    private void broker() throws IOException {
        sockets.plain(settings.port("broker.transport.amqp.default_connection.port"));
        String ssl = "broker.transport.amqp.ssl_connection.";
        if (!settings.is(ssl + "enabled")) {
            return;
        }
        try {
            String password = settings.text(ssl + "keystore.password");
            SSLContext context = Stores.context(Stores.load(settings.home.resolve(settings.text(ssl + "keystore.location")), "JKS", password), password, null);
            sockets.tls(settings.port(ssl + "port"), context, List.of(settings.text(ssl + "ssl_enabled_protocols").split(",\\s*")));
        } catch (ConfigError | java.security.GeneralSecurityException e) {
            broken("Error while starting the AMQP transport over SSL: " + e.getMessage(), e);
        }
    }

    private void deploy(double seconds) {
        databases();
        if (settings.gateway && !hub()) {
            return;
        }
        sleep(seconds);
        if (!broken && !faults.is("never.healthy")) {
            apis.deploy(log);
            deployed = true;
        }
    }

    /** Tries every 2 seconds until the databases are there with their tables; with db.tries set, ends the process after so many. */
    private void databases() {
        List<String> names = settings.gateway ? List.of("shared_db") : List.of("shared_db", "apim_db");
        Databases db = null;
        for (int tries = 1; ; tries++) {
            try {
                db = db == null ? new Databases(settings) : db;
                for (String name : names) {
                    db.check(name);
                }
                return;
            } catch (SQLException | IOException | RuntimeException e) {
                log.error("org.wso2.carbon.ndatasource.core.DataSourceRepository", "Error in initialising a data source: " + e.getMessage(), e);
            }
            if (tries == faults.number("db.tries", 0)) {
                System.exit(1);
            }
            sleep(2);
        }
    }

    /** False if no all-in-one was there at the first try: then this gateway deploys nothing until it is restarted. */
    private boolean hub() {
        List<String> lacking = needs.lacking();
        boolean stranded = lacking.size() == needs.size();
        for (; !lacking.isEmpty(); lacking = needs.lacking()) {
            for (String lack : lacking) {
                log.error("org.wso2.carbon.apimgt.gateway.listeners.GatewayStartupListener", "Waiting for " + lack, null);
            }
            sleep(2);
        }
        return !stranded;
    }

    private void crash(double seconds) {
        if (seconds >= 0) {
            Sockets.daemon(() -> {
                sleep(seconds);
                log.error("org.wso2.carbon.bootstrap.Bootstrap", "Fatal error: the server ends", new OutOfMemoryError("Java heap space"));
                Runtime.getRuntime().halt((int) faults.number("crash.status", 1));
            });
        }
    }

    private void stop() {
        log.info(CORE + "CarbonServerManager", "Shutdown hook triggered....");
        sockets.close();
        try {
            web.drain(faults.number("drain.seconds", 30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        while (faults.is("hang.on.stop")) {
            sleep(1);
        }
        sleep(faults.number("slow.stop", 0));
        log.info(CORE + "CarbonServerManager", "Halting JVM");
    }

    static void sleep(double seconds) {
        try {
            Thread.sleep((long) (seconds * 1000));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
