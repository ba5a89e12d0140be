SELECT id, kind, current_release, revision, content_hash, vulnerabilities, fixes, body
FROM feed_document
ORDER BY id
