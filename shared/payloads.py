"""JSON that others wrote: read within limits, refused in one sentence.

Whatever is wrong with it, BadRequestError says so: the parser's own errors, RecursionError among
them, would look as if they could pass.
"""

import json
from typing import Any

from shared.errors import BadRequestError

# Our own payloads have three levels, Cloud Storage's notifications four.
MOST_LEVELS = 20
LONGEST_QUOTE = 80


def json_object(data: bytes, what: str) -> dict[str, Any]:
    """Return the JSON object in `data`; BadRequestError says that `what` is none."""
    found = f"found {data[:LONGEST_QUOTE]!r}"
    try:
        content = json.loads(data, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(f"{what}: expected JSON, {found}") from error
    if not isinstance(content, dict):
        raise BadRequestError(f"{what}: expected a JSON object, {found}")
    if not is_shallow(content, MOST_LEVELS):
        raise BadRequestError(f"{what}: expected at most {MOST_LEVELS} levels, {found}")
    return content


def quoted(value: object) -> str:
    """Return what a message says of a wrong value, however long that is."""
    return f"{value!r:.{LONGEST_QUOTE}}"


def check_text(text: str, place: str) -> str:
    """Return `text`; BadRequestError when UTF-8 can't write it: JSON has halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadRequestError(f"{place}: expected text, found {quoted(text)}") from error
    return text


def is_shallow(content: Any, most_levels: int) -> bool:
    """Whether nothing in `content` lies deeper than that: what recurses into it may."""
    level = [content]
    for _ in range(most_levels):
        level = [child for value in level for child in _children(value)]
        if not level:
            return True
    return False


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")
