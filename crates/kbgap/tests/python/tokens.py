"""Gets tokens as scripts for the original service do, and asks for missing KBs
with each. Prints a line for each way: its name and the ids that came back.
"""

import os

import msal
import requests
from azure.identity import ClientSecretCredential

URL = os.environ["KBGAP_URL"]
TENANT = os.environ["TENANT_ID"]
CLIENT = os.environ["CLIENT_ID"]
SECRET = os.environ["CLIENT_SECRET"]
AUTHORITY = os.environ["REQUESTS_CA_BUNDLE"]

SCOPES = [
    "https://api.securitycenter.microsoft.com/.default",
    "https://securitycenter.onmicrosoft.com/windowsatpservice/.default",
    "https://api.security.microsoft.com/.default",
    "https://api.securitycenter.windows.com/.default",
]


def by_msal(scope, **settings):
    app = msal.ConfidentialClientApplication(
        CLIENT, client_credential=SECRET, verify=AUTHORITY, **settings
    )
    answer = app.acquire_token_for_client(scopes=[scope])
    assert "access_token" in answer, answer
    assert answer["token_type"] == "Bearer", answer
    again = app.acquire_token_for_client(scopes=[scope])
    assert again["token_source"] == "cache", "the token was asked for twice"
    return answer["access_token"]


def by_azure_identity(scope):
    credential = ClientSecretCredential(
        TENANT, CLIENT, SECRET, authority=URL, disable_instance_discovery=True
    )
    return credential.get_token(scope).token


def ask(name, token):
    answer = requests.get(
        f"{URL}/api/Software/microsoft-_-edge/getmissingkbs",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    answer.raise_for_status()
    print(name, *(row["id"] for row in answer.json()["value"]))


def refused(name, settings):
    app = msal.ConfidentialClientApplication(
        CLIENT, client_credential="wrong", verify=AUTHORITY, **settings
    )
    answer = app.acquire_token_for_client(scopes=SCOPES[:1])
    print(name, answer["error"], answer["error_codes"])


def unknown_tenant():
    try:
        by_msal(
            SCOPES[0],
            authority=f"{URL}/ffffffff-1111-4111-8111-111111111111",
            instance_discovery=False,
        )
    except ValueError as error:
        print("unknown-tenant", "refused" if "authority" in str(error) else error)


def main():
    # Instance discovery proper asks Microsoft; it can be pointed here, or turned off.
    here = {"authority": f"{URL}/{TENANT}", "instance_discovery": False}
    pointed = {
        "authority": f"{URL}/{TENANT}",
        "instance_discovery": f"{URL}/common/discovery/instance",
    }
    for scope in SCOPES:
        ask("msal-authority", by_msal(scope, **here))
        ask("azure-identity", by_azure_identity(scope))
    ask("msal-instance", by_msal(SCOPES[0], **pointed))
    ask("msal-organizations", by_msal(
        SCOPES[0], authority=f"{URL}/organizations", instance_discovery=False))
    for version in ["", "/v2.0"]:
        oidc = {"oidc_authority": f"{URL}/{TENANT}{version}"}
        ask(f"msal-oidc{version}", by_msal(SCOPES[0], **oidc))
    refused("msal-wrong-secret", here)
    unknown_tenant()


main()
