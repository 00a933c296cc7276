"""People of one name: the second is called `Name (2)`, so that a table's key is unique."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

Key = tuple[Any, ...]


class Homonyms:
    """Numbers the names of keys; `known` is how often each came before, also in earlier parts."""

    def __init__(self, known: Mapping[str, int]) -> None:
        self.known = dict(known)

    def numbered(self, keys: Iterable[Key], place: int) -> list[str]:
        """Return the names, at `place` of the keys, with a number where a key comes again."""
        return [self._numbered(key, place) for key in keys]

    def _numbered(self, key: Key, place: int) -> str:
        count = self.known.get(_text(key), 0) + 1
        own = key
        while _text(own) in self.known:
            own = (*key[:place], f"{key[place]} ({count})", *key[place + 1 :])
            count += _text(own) in self.known
        self.known[_text(key)] = count
        self.known.setdefault(_text(own), 1)
        return str(own[place])


def _text(key: Key) -> str:
    return orjson.dumps(key, str).decode()
