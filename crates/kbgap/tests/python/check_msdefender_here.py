"""Runs check_msdefender against the server at KBGAP_URL. The package knows only
Microsoft's hosts, so the two places that name them are set before its command line
begins; nothing else of it is changed.
"""

import functools
import os

from check_msdefender.cli import main
from check_msdefender.core import auth, defender

URL = os.environ["KBGAP_URL"]

defender.DefenderClient._get_base_url = lambda self, region: URL
auth.ClientSecretCredential = functools.partial(
    auth.ClientSecretCredential, authority=URL, disable_instance_discovery=True
)

main()
