"""Multipart uploads taken apart by their boundary: the mail parser that the package uses for them
takes 50 ms for 1.6 MB.

https://cloud.google.com/storage/docs/uploading-objects#rest-upload-objects
"""

import json
import re
from email.message import Message
from typing import Any

RELATED = "multipart/related"


def is_upload(headers: Message) -> bool:
    """Whether a request with these headers holds an object's metadata and its content."""
    return headers.get("Content-Type", "").startswith(RELATED)


def parse_upload(headers: Message, body: bytes) -> dict[str, Any]:
    """The metadata, content and content type in such a body; ValueError when it is malformed."""
    found = re.search(r'boundary="?([^";]+)', headers["Content-Type"])
    if found is None:
        raise ValueError("expected a boundary in the Content-Type, found none")
    delimiter = b"--" + found[1].encode()
    first = body.index(delimiter) + len(delimiter)
    second = body.index(b"\r\n" + delimiter, first)
    end = body.rindex(b"\r\n" + delimiter)
    _, metadata = _part(body[first:second])
    content_type, content = _part(body[second + 2 + len(delimiter) : end])
    return {"meta": json.loads(metadata), "content": content, "content-type": content_type}


def _part(part: bytes) -> tuple[str, bytes]:
    """A part's content type and what follows its headers."""
    headers, _, content = part.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-type:\s*([^\r\n;]+)", headers)
    return (found[1].decode() if found else "application/octet-stream"), content
