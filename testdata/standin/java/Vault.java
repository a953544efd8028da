package standin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.Map;
import java.util.Properties;
import javax.crypto.Cipher;

/** Puts the plain text of [secrets] where $secret{} stands, unlocked as the kernel does it: by password, password-tmp or password-persist. */
final class Vault {
    private Vault() {
    }

    static void open(Path home, Map<String, Object> values) throws ConfigError, IOException {
        if (values.values().stream().noneMatch(v -> String.valueOf(v).contains("$secret{"))) {
            return;
        }
        Properties conf = new Properties();
        Path file = home.resolve("repository/conf/security/secret-conf.properties");
        if (Files.exists(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                conf.load(in);
            }
        }
        if (!"true".equals(conf.getProperty("secVault.enabled"))) {
            throw new ConfigError("Secure vault is not enabled in secret-conf.properties");
        }
        try {
            decrypt(home, values, password(home));
        } catch (GeneralSecurityException e) {
            throw new ConfigError("Secrets can't be decrypted: " + e.getMessage());
        }
    }

    private static void decrypt(Path home, Map<String, Object> values, String password) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance(String.valueOf(values.get("keystore.internal.type")));
        try (InputStream in = Files.newInputStream(home.resolve("repository/resources/security/" + values.get("keystore.internal.file_name")))) {
            store.load(in, password.toCharArray());
        }
        Key key = store.getKey(String.valueOf(values.get("keystore.internal.alias")), password.toCharArray());
        for (Map.Entry<String, Object> secret : values.entrySet()) {
            if (!secret.getKey().startsWith("secrets.")) {
                continue;
            }
            Cipher cipher = Cipher.getInstance("RSA/ECB/OAEPWithSHA1AndMGF1Padding");
            cipher.init(Cipher.DECRYPT_MODE, key);
            try {
                String plain = new String(cipher.doFinal(Base64.getDecoder().decode(String.valueOf(secret.getValue()))));
                String reference = "$secret{" + secret.getKey().substring("secrets.".length()) + "}";
                values.replaceAll((k, v) -> v instanceof String ? ((String) v).replace(reference, plain) : v);
            } catch (IllegalArgumentException e) {
                throw new GeneralSecurityException(secret.getKey() + " is not base64");
            }
        }
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
