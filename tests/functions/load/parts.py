"""What a batch's one part holds, and why load gave the batch up."""

from google.cloud import storage

from shared import bucket, clients, landing
from shared.events import IngestCompleted
from shared.settings import settings
from tests.functions.services import messages


def reason() -> str:
    """Why the one dead letter is there."""
    (message,) = messages("load-dead-letters")
    return str(message.attributes["baton_reason"])


def replace_part(event: IngestCompleted, lines: bytes) -> None:
    """Have other lines in the place of those that landed."""
    _part(event).upload_from_string(lines)


def part_lines(event: IngestCompleted) -> bytes:
    """Return the lines that landed."""
    return b"".join(line + b"\n" for line in bucket.read_lines(_part(event).name))


def _part(event: IngestCompleted) -> storage.Blob:
    (landed,) = landing.read_manifest(event.manifest_uri).tables
    name = bucket.object_name(landed.objects[0])
    return clients.storage().bucket(settings().bucket).blob(name)
