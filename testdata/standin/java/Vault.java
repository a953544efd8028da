package standin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Cipher;

/**
 * Puts the plain text of [secrets] where $secret{} stands: with the key and the algorithm of secret-conf.properties, unlocked as the kernel
 * does it, by password, password-tmp or password-persist.
 */
final class Vault {
    private final Map<String, String> plain = new TreeMap<>();

    private Vault() {
    }

    static Map<String, Object> open(Path home, Map<String, Object> written) throws ConfigError, IOException {
        if (written.values().stream().noneMatch(v -> String.valueOf(v).contains("$secret{"))) {
            return written;
        }
        Properties conf = load(home.resolve("repository/conf/security/secret-conf.properties"));
        if (!"true".equals(conf.getProperty("secVault.enabled"))) {
            throw new ConfigError("Secure vault is not enabled in secret-conf.properties");
        }
        Path texts = home.resolve(conf.getProperty("secretRepositories.file.location", "cipher-text.properties"));
        generate(texts, written);
        Vault vault = new Vault();
        try {
            vault.decrypt(conf, home, load(texts), password(home));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new ConfigError("Secrets can't be decrypted: " + e.getMessage());
        }
        Map<String, Object> values = new TreeMap<>();
        written.forEach((key, value) -> values.put(key, vault.replace(value)));
        return values;
    }

    private static Properties load(Path file) throws IOException {
        Properties all = new Properties();
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                all.load(in);
            }
        }
        return all;
    }

    /** The product's template copies [secrets]. */
    private static void generate(Path file, Map<String, Object> written) throws IOException {
        StringBuilder out = new StringBuilder();
        written.forEach((key, value) -> {
            if (key.startsWith("secrets.")) {
                out.append(key.substring("secrets.".length())).append('=').append(value).append('\n');
            }
        });
        Files.createDirectories(file.getParent());
        Files.writeString(file, out);
    }

    private void decrypt(Properties conf, Path home, Properties texts, String password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(conf.getProperty("keystore.identity.type", ""));
        try (InputStream in = Files.newInputStream(home.resolve(conf.getProperty("keystore.identity.location", "")))) {
            store.load(in, password.toCharArray());
        }
        String alias = conf.getProperty("keystore.identity.alias", "");
        Key key = store.getKey(alias, password.toCharArray());
        if (key == null) {
            throw new GeneralSecurityException("no key under the alias " + alias);
        }
        for (String name : texts.stringPropertyNames()) {
            Cipher cipher = Cipher.getInstance(conf.getProperty("secretRepositories.file.algorithm", "RSA"));
            cipher.init(Cipher.DECRYPT_MODE, key);
            try {
                plain.put(name, new String(cipher.doFinal(Base64.getDecoder().decode(texts.getProperty(name))), StandardCharsets.UTF_8));
            } catch (IllegalArgumentException e) {
                throw new GeneralSecurityException(name + " is not base64");
            }
        }
    }

    private Object replace(Object value) {
        if (value instanceof List) {
            return ((List<?>) value).stream().map(this::replace).collect(Collectors.toList());
        }
        if (value instanceof Map) {
            Map<String, Object> all = new LinkedHashMap<>();
            ((Map<?, ?>) value).forEach((k, v) -> all.put((String) k, replace(v)));
            return all;
        }
        if (!(value instanceof String)) {
            return value;
        }
        String text = (String) value;
        for (Map.Entry<String, String> secret : plain.entrySet()) {
            text = text.replace("$secret{" + secret.getKey() + "}", secret.getValue());
        }
        return text;
    }

    private static String password(Path home) throws ConfigError, IOException {
        Path once = home.resolve("password");
        Path used = home.resolve("password-tmp");
        Path kept = home.resolve("password-persist");
        if (Files.exists(once)) {
            Files.move(once, Boolean.getBoolean("persist.password") ? kept : used);
            return Files.readAllLines(Files.exists(used) ? used : kept).get(0);
        }
        if (Files.exists(used)) {
            String password = Files.readAllLines(used).get(0);
            Files.delete(used);
            return password;
        }
        if (Files.exists(kept)) {
            return Files.readAllLines(kept).get(0);
        }
        throw new ConfigError("[Please Enter Primary KeyStore Password of Carbon Server : ] no console to read it from");
    }
}
