package inventory

// hardeningKey reads what of the production checklist is wanted.
func hardeningKey() key[document] {
	k := nested(row{Name: "hardening", Note: "nothing of it", Doc: "what of the production checklist apply keeps true: docs/hardening.md"},
		func(d *document) *Hardening { return &d.Hardening }, hardeningTable())
	return k
}

// A measure is a key of hardening, which is as all says where it is not written.
type measure struct {
	name, doc string
	at        func(*Hardening) *bool
}

func measures() []measure {
	return []measure{
		{"limits", "files and processes of the account, in /etc/security/limits.d", func(h *Hardening) *bool { return &h.Limits }},
		{"sysctl", "the tuning guide's kernel settings, in /etc/sysctl.d", func(h *Hardening) *bool { return &h.Sysctl }},
		{"files", "keystores are the service's alone, and nobody else writes the product", func(h *Hardening) *bool { return &h.Files }},
		{"log_rotation", "wso2carbon.log rolls", func(h *Hardening) *bool { return &h.LogRotation }},
		{"sandbox", "systemd keeps the node from the rest of the host", func(h *Hardening) *bool { return &h.Sandbox }},
		{"tls", "no listener takes less than TLS 1.2", func(h *Hardening) *bool { return &h.TLS }},
		{"headers", "responses do not name the product", func(h *Hardening) *bool { return &h.Headers }},
		{"no_jmx", "JMX is not served", func(h *Hardening) *bool { return &h.NoJMX }},
		{"jvm", "the JVM options of the security guidelines", func(h *Hardening) *bool { return &h.JVM }},
	}
}

func hardeningTable() table[Hardening] {
	t := table[Hardening]{
		truth(row{Name: "all", Default: "false", Doc: "everything here that is not named"}, func(h *Hardening) *bool { return &h.All }),
	}
	for _, m := range measures() {
		t = append(t, truth(row{Name: m.name, Note: "as all", Doc: m.doc}, m.at))
	}
	return t
}

func (doc *document) settleHardening(d *decoder) {
	doc.Hardening.Given = d.written("hardening")
	for _, m := range measures() {
		if !d.written("hardening." + m.name) {
			*m.at(&doc.Hardening) = doc.Hardening.All
		}
	}
}
