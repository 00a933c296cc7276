"""Runs in an unpacked zip, with nothing installed but its requirements: imports the function as the
platform does, posts one request to it, and prints the status.

Arguments: the function, the path, and the push's JSON or nothing.
"""

import json
import sys
from pathlib import Path

from functions_framework import create_app

function, path, body = sys.argv[1:]
client = create_app(function, str(Path("main.py").resolve())).test_client()
eager = {"google.cloud.bigquery", "google.cloud.storage", "google.pubsub_v1"} & {*sys.modules}
assert not eager, f"expected Google's clients to be imported at their first use, found {eager}"
response = client.post(path, json=json.loads(body)) if body else client.get(path)

shared = Path(str(sys.modules["shared.topology"].__file__))
assert shared.is_relative_to(Path.cwd()), f"expected the zip's own shared/, found {shared}"
sys.stdout.write(f"{response.status_code}\n")
