package standin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** The keystores and the truststore, opened as configured. JKS and PKCS12 are told apart by their content, as the JDK does it. */
final class Stores {
    final SSLContext serving;
    final SSLContext calling;

    private Stores(SSLContext serving, SSLContext calling) {
        this.serving = serving;
        this.calling = calling;
    }

    static Stores open(Settings s) throws ConfigError {
        entry(s, "keystore.primary");
        entry(s, "keystore.internal");
        KeyStore tls = entry(s, "keystore.tls");
        KeyStore trust = load(s.file("truststore.file_name"), s.text("truststore.type"), s.text("truststore.password"));
        try {
            return new Stores(context(tls, s.text("keystore.tls.key_password"), null), context(null, "", trust));
        } catch (GeneralSecurityException e) {
            throw new ConfigError("TLS can't be set up: " + e.getMessage());
        }
    }

    /** The one entry that is configured: the others of the file are not served. */
    private static KeyStore entry(Settings s, String block) throws ConfigError {
        String file = s.text(block + ".file_name");
        KeyStore store = load(s.file(block + ".file_name"), s.text(block + ".type"), s.text(block + ".password"));
        String alias = s.text(block + ".alias");
        char[] password = s.text(block + ".key_password").toCharArray();
        try {
            Key key = store.getKey(alias, password);
            Certificate[] chain = store.getCertificateChain(alias);
            if (key == null || chain == null) {
                throw new ConfigError(block + ": no private key under the alias '" + alias + "' in " + file);
            }
            KeyStore one = KeyStore.getInstance("PKCS12");
            one.load(null, null);
            one.setKeyEntry(alias, key, password, chain);
            return one;
        } catch (GeneralSecurityException | IOException e) {
            throw new ConfigError(block + ": the key '" + alias + "' of " + file + " can't be recovered: " + e.getMessage());
        }
    }

    static KeyStore load(Path file, String type, String password) throws ConfigError {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore store = KeyStore.getInstance(type);
            store.load(in, password.toCharArray());
            return store;
        } catch (GeneralSecurityException | IOException e) {
            throw new ConfigError("Keystore " + file.getFileName() + " can't be loaded: " + e);
        }
    }

    static SSLContext context(KeyStore keys, String password, KeyStore trust) throws GeneralSecurityException {
        KeyManagerFactory k = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        k.init(keys, password.toCharArray());
        TrustManagerFactory t = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        t.init(trust);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys == null ? null : k.getKeyManagers(), trust == null ? null : t.getTrustManagers(), null);
        return context;
    }
}
