#!/usr/bin/env python3
"""Lists the missing updates of a software, in the way in which scripts for the
original service do it: only the two addresses at the top are other ones.

    KBGAP_URL=http://127.0.0.1:8080 TENANT_ID=... CLIENT_ID=... CLIENT_SECRET=... \\
        python3 examples/missing_kbs.py microsoft-_-windows_10
"""

import json
import os
import sys
import urllib.parse
import urllib.request

BASE = os.environ.get("KBGAP_URL", "http://127.0.0.1:8080")
LOGIN, API = BASE, BASE  # else https://login.microsoftonline.com and https://api.securitycenter.microsoft.com


def token():
    form = {
        "grant_type": "client_credentials",
        "client_id": os.environ["CLIENT_ID"],
        "client_secret": os.environ["CLIENT_SECRET"],
        "resource": "https://api.securitycenter.microsoft.com",
    }
    data = urllib.parse.urlencode(form).encode()
    url = f"{LOGIN}/{os.environ['TENANT_ID']}/oauth2/token"
    with urllib.request.urlopen(url, data) as answer:
        return json.load(answer)["access_token"]


def missing_kbs(software, bearer):
    request = urllib.request.Request(
        f"{API}/api/Software/{software}/getmissingkbs",
        headers={"Authorization": f"Bearer {bearer}"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["value"]


if __name__ == "__main__":
    software = sys.argv[1] if len(sys.argv) > 1 else "microsoft-_-windows_10"
    for kb in missing_kbs(software, token()):
        print(f"KB{kb['id']}  {kb['name']:<30} {kb['machineMissedOn']:>6} machines {kb['cveAddressed']:>4} CVEs")
