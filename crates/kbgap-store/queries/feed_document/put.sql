INSERT INTO feed_document (id, kind, current_release, revision, content_hash, vulnerabilities, fixes, body)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (id) DO UPDATE SET
    kind = excluded.kind,
    current_release = excluded.current_release,
    revision = excluded.revision,
    content_hash = excluded.content_hash,
    vulnerabilities = excluded.vulnerabilities,
    fixes = excluded.fixes,
    body = excluded.body
