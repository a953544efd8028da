package standin;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** What a gateway lacks of its all-in-one nodes before it deploys anything. */
final class Needs {
    private static final Pattern ADDRESS = Pattern.compile("(tcp|ssl)://([^:/\\s\\[\\]]+):(\\d+)");

    private interface Check {
        void hold() throws IOException, GeneralSecurityException, ConfigError;
    }

    private final Settings settings;
    private final SSLContext calling;
    private final Map<String, Check> checks = new LinkedHashMap<>();
    private final Apis apis;

    Needs(Settings settings, SSLContext calling, Apis apis) {
        this.settings = settings;
        this.calling = calling;
        this.apis = apis;
        service("apim.key_manager", false);
        service("apim.event_hub", true);
        jms("apim.event_hub.event_listening_endpoints", settings.text("apim.event_hub.jms.ssl"));
        jms("apim.throttling.throttle_decision_endpoints", settings.text("apim.throttling.jms.ssl"));
        group("traffic_manager_urls", "tcp");
        group("traffic_manager_auth_urls", "ssl");
    }

    int size() {
        return checks.size();
    }

    /** One line for each thing that is lacking; none if the gateway has all it needs. */
    List<String> lacking() {
        List<String> out = new ArrayList<>();
        checks.forEach((name, check) -> {
            try {
                check.hold();
            } catch (IOException | GeneralSecurityException | ConfigError | RuntimeException e) {
                out.add(name + ": " + e);
            }
        });
        return out;
    }

    private void service(String block, boolean hub) {
        String url = settings.xml(block + ".service_url");
        checks.put(block + ".service_url " + url, () -> {
            if (hub && !settings.is("apim.event_hub.enable")) {
                throw new ConfigError("apim.event_hub.enable is not true");
            }
            String answer = fetch(new URL(new URL(url), "/internal/data/v1/runtime-artifacts?type=Synapse&gatewayLabel=" + apis.labels()), block);
            if (hub) {
                apis.fetched(answer);
            }
        });
    }

    private String fetch(URL url, String block) throws IOException {
        HttpURLConnection c = (HttpURLConnection) url.openConnection();
        c.setConnectTimeout(2000);
        c.setReadTimeout(5000);
        c.setInstanceFollowRedirects(false);
        c.setRequestProperty("Authorization", Web.basic(settings.xml(block + ".username"), settings.xml(block + ".password")));
        if (c instanceof HttpsURLConnection) {
            ((HttpsURLConnection) c).setSSLSocketFactory(calling.getSocketFactory());
            // The JDK asks the verifier only where its own check of the name has said no.
            ((HttpsURLConnection) c).setHostnameVerifier((host, session) -> lenient(host));
        }
        int status = c.getResponseCode();
        if (status == 404) {
            return "[]"; // no artifacts for these labels: nothing to deploy, and nobody complains
        }
        if (status != 200) {
            throw new IOException("HTTP " + status + " from " + url);
        }
        return new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private static boolean lenient(String host) {
        String mode = System.getProperty("httpclient.hostnameVerifier", "");
        return mode.equals("AllowAll") || (mode.equals("DefaultAndLocalhost") && host.equals("localhost"));
    }

    private void jms(String key, String ssl) {
        if (settings.texts(key).isEmpty()) {
            checks.put(key, () -> {
                throw new ConfigError("not set");
            });
        }
        for (String url : settings.texts(key)) {
            checks.put(key + " " + url, () -> {
                if (ssl.startsWith("true'")) {
                    connect(url, "tcp", brokerTrust(Settings.unescape(ssl)));
                } else {
                    connect(url, "tcp", null);
                }
            });
        }
    }

    private void group(String name, String scheme) {
        List<String> urls = new ArrayList<>();
        settings.members("apim.throttling.url_group", name).forEach(urls::add);
        if (urls.isEmpty()) {
            checks.put("apim.throttling.url_group[]." + name, () -> {
                throw new ConfigError("not set");
            });
        }
        for (String url : urls) {
            checks.put("apim.throttling.url_group[]." + name + " " + url, () -> connect(url, scheme, scheme.equals("ssl") ? calling : null));
        }
    }

    private void connect(String url, String scheme, SSLContext tls) throws IOException, ConfigError {
        Matcher m = ADDRESS.matcher(url);
        if (!m.matches() || !m.group(1).equals(scheme)) {
            throw new ConfigError("no " + scheme + "://HOST:PORT");
        }
        try (Socket s = new Socket()) {
            s.connect(new InetSocketAddress(m.group(2), Integer.parseInt(m.group(3))), 2000);
            if (tls != null) {
                s.setSoTimeout(5000);
                try (SSLSocket over = (SSLSocket) tls.getSocketFactory().createSocket(s, m.group(2), s.getPort(), false)) {
                    over.startHandshake();
                }
            }
        }
    }

    /** The broker url's ssl option brings its own truststore, in quotes that the product does not balance. */
    private SSLContext brokerTrust(String ssl) throws GeneralSecurityException, ConfigError {
        KeyStore trust = Stores.load(path(option(ssl, "trust_store")), "JKS", option(ssl, "trust_store_password"));
        Stores.load(path(option(ssl, "key_store")), "JKS", option(ssl, "key_store_password"));
        String alias = option(ssl, "ssl_cert_alias");
        if (!trust.containsAlias(alias)) {
            throw new ConfigError("ssl_cert_alias " + alias + " is not in the truststore");
        }
        return Stores.context(null, "", trust);
    }

    private Path path(String name) {
        return settings.home.resolve(name);
    }

    private static String option(String ssl, String name) throws ConfigError {
        Matcher m = Pattern.compile("&" + name + "='([^']*)(?:'|$)").matcher(ssl);
        if (!m.find()) {
            throw new ConfigError("the ssl option has no " + name);
        }
        return m.group(1);
    }
}
