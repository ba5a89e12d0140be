#!/bin/sh
# Gets a token as an application does, reports a machine and asks what it misses.
# The values that `kbgap demo` or `kbgap app create` print go into the environment:
#
#   KBGAP_URL=http://127.0.0.1:8080 TENANT_ID=... CLIENT_ID=... CLIENT_SECRET=... examples/ask.sh
set -eu
cd "$(dirname "$0")"
: "${KBGAP_URL:=http://127.0.0.1:8080}" "${TENANT_ID:?}" "${CLIENT_ID:?}" "${CLIENT_SECRET:?}"

# The secret goes through stdin: what stands on a command line is seen by others.
token=$(printf 'client_secret=%s' "$CLIENT_SECRET" |
    curl --silent --show-error --fail "$KBGAP_URL/$TENANT_ID/oauth2/v2.0/token" \
        --data grant_type=client_credentials \
        --data "client_id=$CLIENT_ID" \
        --data @- \
        --data-urlencode 'scope=https://api.securitycenter.microsoft.com/.default' |
    sed 's/.*"access_token":"\([^"]*\)".*/\1/')

api() {
    printf 'header = "Authorization: Bearer %s"\n' "$token" |
        curl --silent --show-error --fail --config - "$@"
    echo
}

api "$KBGAP_URL/ingest/v1/machines" --header 'Content-Type: application/json' --data-binary @pc-017.json
api "$KBGAP_URL/api/machines/pc-017.contoso.com/getmissingkbs"
api "$KBGAP_URL/api/Software/microsoft-_-windows_10/getmissingkbs?\$top=3"
