package standin;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/** Ports behind which nothing speaks: they accept, shake hands where they are TLS, and hold the connection until the peer ends it. */
final class Sockets {
    private final List<ServerSocket> open = new CopyOnWriteArrayList<>();

    void plain(int port) throws IOException {
        accept(new ServerSocket(port, 100, InetAddress.getByName("0.0.0.0")));
    }

    /** With a protocol that the JDK has disabled the port listens and every handshake on it breaks, as on the real one. */
    void tls(int port, SSLContext context, List<String> protocols) throws IOException {
        SSLServerSocket s = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(port, 100, InetAddress.getByName("0.0.0.0"));
        if (!protocols.isEmpty()) {
            s.setEnabledProtocols(protocols.toArray(new String[0]));
        }
        accept(s);
    }

    void close() {
        for (ServerSocket s : open) {
            try {
                s.close();
            } catch (IOException e) {
                System.err.println(e);
            }
        }
    }

    private void accept(ServerSocket s) {
        open.add(s);
        daemon(() -> {
            while (!s.isClosed()) {
                try {
                    Socket c = s.accept();
                    daemon(() -> hold(c));
                } catch (IOException e) {
                    // Closed: the loop ends.
                }
            }
        });
    }

    private static void hold(Socket c) {
        try (c; InputStream in = c.getInputStream()) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The peer's to end it as it likes.
        }
    }

    static void daemon(Runnable work) {
        Thread t = new Thread(work);
        t.setDaemon(true);
        t.start();
    }
}
