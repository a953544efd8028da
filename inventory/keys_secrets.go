package inventory

func secretsTable() table[Secrets] {
	return table[Secrets]{
		path(row{Name: "identity", Note: "APIMCTL_IDENTITY in the environment, which wins", Doc: "the age identity file that !age values are decrypted with"},
			func(s *Secrets) *string { return &s.Identity }, false),
		secret(row{Name: "passphrase", Note: "none", Doc: "of the identity file, where it is locked"},
			func(s *Secrets) *Secret { return &s.Passphrase }),
		texts(row{Name: "recipients", Note: "the identity's own", Doc: "whom apimctl secrets encrypts values for: age1..."},
			func(s *Secrets) *[]string { return &s.Recipients }),
		path(row{Name: "file", Note: "none", Doc: "a YAML file of names and values for ${var:NAME}, its values or the whole file encrypted with age"},
			func(s *Secrets) *string { return &s.File }, true),
		text(row{
			Name: "on_nodes", Default: Plain, OneOf: []string{Plain, Cipher},
			Doc: "plain: deployment.toml holds passwords, for the service's user alone; cipher: encrypted for the internal keystore",
		}, func(s *Secrets) *string { return &s.OnNodes }),
	}
}
