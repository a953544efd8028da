package standin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/** The HTTP ports: the servlet ones and the pass-through ones. */
final class Web {
    private final Node node;
    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(48, 48, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
    private final List<HttpServer> servers = new ArrayList<>();
    private final AtomicInteger busy = new AtomicInteger();
    private volatile boolean draining;

    private interface Page {
        void answer(HttpExchange e) throws IOException;
    }

    Web(Node node) {
        this.node = node;
        pool.allowCoreThreadTimeOut(true);
    }

    void servlet(int port, SSLContext tls) throws IOException {
        HttpServer s = server(port, tls);
        page(s, "/", e -> send(e, 404, ""));
        page(s, "/services/Version", e -> send(e, 200, "<ns:getVersionResponse xmlns:ns=\"http://version.services.core.carbon.wso2.org\"><return>"
            + node.version + "</return></ns:getVersionResponse>"));
        page(s, "/api/am/gateway/v2/server-startup-healthcheck", this::health);
        page(s, "/api/am/gateway/v2/api-artifact", this::artifact);
        if (!node.settings.gateway) {
            page(s, "/internal/data/v1/runtime-artifacts", this::artifacts);
            page(s, "/internal/data/v1/apis", e -> guarded(e, 200, node.apis.listed(query(e).get("gatewayLabel"))));
            page(s, "/internal/data/v1/notify", e -> guarded(e, 200, "{}"));
            for (String portal : List.of("/publisher", "/devportal", "/admin", "/carbon")) {
                page(s, portal, this::portal);
            }
        }
        s.start();
    }

    void passThrough(int port, SSLContext tls) throws IOException {
        HttpServer s = server(port, tls);
        page(s, "/", e -> send(e, 404, ""));
        page(s, "/health-check", e -> send(e, node.ready() ? 200 : 500, ""));
        page(s, "/ping", this::ping);
        s.start();
    }

    /** The WebSocket ports answer the health check alone. */
    void webSocket(int port, SSLContext tls) throws IOException {
        HttpServer s = server(port, tls);
        page(s, "/health-check", e -> send(e, node.ready() ? 200 : 500, ""));
        s.start();
    }

    /** Accepts no more, and waits until what is being answered is answered, at most so many seconds. */
    void drain(double seconds) throws InterruptedException {
        draining = true;
        for (HttpServer s : servers) {
            Sockets.daemon(() -> s.stop((int) Math.ceil(seconds)));
        }
        long end = System.nanoTime() + (long) (seconds * 1e9);
        do {
            Thread.sleep(50);
        } while (busy.get() > 0 && System.nanoTime() < end);
    }

    private HttpServer server(int port, SSLContext tls) throws IOException {
        InetSocketAddress address = new InetSocketAddress("0.0.0.0", port);
        HttpServer s = tls == null ? HttpServer.create(address, 100) : HttpsServer.create(address, 100);
        if (tls != null) {
            ((HttpsServer) s).setHttpsConfigurator(new HttpsConfigurator(tls));
        }
        s.setExecutor(pool);
        servers.add(s);
        return s;
    }

    private void page(HttpServer s, String path, Page page) {
        s.createContext(path, e -> {
            busy.incrementAndGet();
            try {
                page.answer(e);
            } finally {
                e.close();
                busy.decrementAndGet();
            }
        });
    }

    /** Without credentials anybody may ask; with wrong ones even this is refused. */
    private void health(HttpExchange e) throws IOException {
        if (e.getRequestHeaders().containsKey("Authorization") && !admin(e)) {
            send(e, 401, "");
            return;
        }
        send(e, node.ready() ? 200 : 500, "");
    }

    private void portal(HttpExchange e) throws IOException {
        if (e.getRequestHeaders().getFirst("Cookie") == null) {
            e.getResponseHeaders().add("Set-Cookie", "JSESSIONID=" + Long.toHexString(System.nanoTime()) + "." + node.name + "; Path=/; Secure; HttpOnly");
        }
        send(e, 200, "<html><body>" + node.name + "</body></html>\n");
    }

    /** /ping?delay=MS answers later: something to be in flight. */
    private void ping(HttpExchange e) throws IOException {
        Node.sleep(Long.parseLong(query(e).getOrDefault("delay", "0")) / 1e3);
        send(e, 200, node.name + "\n");
    }

    private void artifacts(HttpExchange e) throws IOException {
        String list = node.apis.artifacts(query(e).getOrDefault("gatewayLabel", ""));
        guarded(e, list.isEmpty() ? 404 : 200, list);
    }

    /** One API as it is deployed here; of what is not, a 404. */
    private void artifact(HttpExchange e) throws IOException {
        Map<String, String> query = query(e);
        String artifact = node.apis.artifact(query.get("apiName"), query.get("version"));
        guarded(e, artifact.isEmpty() ? 404 : 200, artifact.isEmpty() ? "{}" : "{\"api\":" + Json.quote(artifact) + "}");
    }

    private static Map<String, String> query(HttpExchange e) {
        Map<String, String> out = new HashMap<>();
        for (String pair : String.valueOf(e.getRequestURI().getRawQuery()).split("&")) {
            String[] parts = pair.split("=", 2);
            out.put(parts[0], parts.length == 1 ? "" : URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return out;
    }

    private void guarded(HttpExchange e, int status, String body) throws IOException {
        if (!admin(e)) {
            e.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"WSO2 API Manager\"");
            send(e, 401, "");
            return;
        }
        e.getResponseHeaders().add("Content-Type", "application/json");
        send(e, status, body);
    }

    private boolean admin(HttpExchange e) {
        String want = basic(node.settings.xml("super_admin.username"), node.settings.xml("super_admin.password"));
        return want.equals(e.getRequestHeaders().getFirst("Authorization"));
    }

    static String basic(String user, String password) {
        return "Basic " + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
    }

    private void send(HttpExchange e, int status, String body) throws IOException {
        e.getRequestBody().readAllBytes();
        if (draining) {
            e.getResponseHeaders().add("Connection", "close");
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        e.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        e.getResponseBody().write(bytes);
    }
}
