"""Application default credentials that ask nobody for a token.

google-cloud-bigquery has no anonymous mode by environment variable: an unmodified client needs
`GOOGLE_APPLICATION_CREDENTIALS`, the emulators' hosts set or not. A service account's key would
need a token endpoint, and google-auth would look its region up at Google in the background; a
user's credentials that hold an unexpired token need neither.
"""

import json
from pathlib import Path

FILE_NAME = "application_default_credentials.json"

_AUTHORIZED_USER = {
    "type": "authorized_user",
    "client_id": "local",
    "client_secret": "local",
    "refresh_token": "local",
    "token": "local",
    "expiry": "9999-12-31T00:00:00Z",  # UTC; never reached, so never refreshed
    "universe_domain": "googleapis.com",
}


def write_credentials(folder: Path) -> Path:
    """Write a file for `GOOGLE_APPLICATION_CREDENTIALS` into `folder` (made if missing).

    The credentials open nothing but the local cloud: Google refuses them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    path.write_text(json.dumps(_AUTHORIZED_USER, indent=2) + "\n", encoding="utf-8")
    return path
