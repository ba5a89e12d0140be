SELECT tenant, cve, at_ms FROM detection
