package render

import "strings"

// SecretConf is secret-conf.properties: how the product's secure vault finds the key that decrypts [secrets], as its cipher tool writes it.
// The algorithm has to be named: without it the vault takes RSA with PKCS#1 padding, which opens none of what Conceal is for.
func SecretConf(store, kind, alias string) []byte {
	const handler = "org.wso2.carbon.securevault.DefaultSecretCallbackHandler"
	lines := []string{
		header[:len(header)-1],
		"carbon.secretProvider=org.wso2.securevault.secret.handler.SecretManagerSecretCallbackHandler",
		"keystore.identity.alias=" + property(alias),
		"keystore.identity.key.password=identity.key.password",
		"keystore.identity.key.secretProvider=" + handler,
		"keystore.identity.location=" + property(store),
		"keystore.identity.store.password=identity.store.password",
		"keystore.identity.store.secretProvider=" + handler,
		"keystore.identity.type=" + property(kind),
		"secVault.enabled=true",
		"secretRepositories=file",
		"secretRepositories.file.algorithm=RSA/ECB/OAEPwithSHA1andMGF1Padding",
		"secretRepositories.file.location=repository/conf/security/cipher-text.properties",
		"secretRepositories.file.provider=org.wso2.securevault.secret.repository.FileBaseSecretRepositoryProvider",
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// property is a value of a Java properties file.
func property(s string) string { return strings.ReplaceAll(s, `\`, `\\`) }
