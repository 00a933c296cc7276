"""YAML documents read strictly: an error says where it is, what was expected, what was found."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from shared.errors import ConfigurationError


class Section:
    """A mapping of a YAML document, its keys taken one by one, none left over."""

    def __init__(self, content: object, place: str) -> None:
        if not isinstance(content, dict):
            raise ConfigurationError(f"{place}: expected a mapping, found {content!r}")
        self._content: dict[str, Any] = {str(key): value for key, value in content.items()}
        self.place = place

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that nobody has taken yet."""
        return tuple(self._content)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required when no default is given."""
        return str(self._take(key, str, "a text", default))

    def optional_text(self, key: str) -> str | None:
        """A string, or None when it is missing or null."""
        return (
            self.text(key) if self._content.get(key) is not None else self._content.pop(key, None)
        )

    def whole(self, key: str, default: int | None = None) -> int:
        """An integer; required when no default is given."""
        return int(self._take(key, int, "a whole number", default))

    def optional_whole(self, key: str) -> int | None:
        """An integer, or None when it is missing or null."""
        return (
            self.whole(key) if self._content.get(key) is not None else self._content.pop(key, None)
        )

    def number(self, key: str, default: float | None = None) -> float:
        """An integer or float; required when no default is given."""
        return float(self._take(key, (int, float), "a number", default))

    def optional_day(self, key: str) -> date | None:
        """A day as YAML writes it, or None when it is missing."""
        found: date | None = self._take(key, (date, type(None)), "a day such as 2026-01-31", None)
        return found

    def number_or_date(self, key: str) -> float | int | date:
        """A number, or a day as YAML writes it."""
        found: float | int | date = self._take(key, (int, float, date), "a number or a day", None)
        return found

    def flag(self, key: str, default: bool | None = None) -> bool:
        """true or false; required when no default is given."""
        return bool(self._take(key, bool, "true or false", default))

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of strings; a single string is a list of one."""
        value = self._take(key, (list, str, tuple), "a list of texts", default)
        items = (value,) if isinstance(value, str) else tuple(value)
        for position, item in enumerate(items):
            if not isinstance(item, str):
                raise ConfigurationError(
                    f"{self.place}: {key}[{position}]: expected a text, found {item!r}. "
                    "Put it in quotes."
                )
        return items

    def mapping(self, key: str, default: dict[str, Any] | None = None) -> dict[str, Any]:
        """A mapping handed on as it is."""
        return dict(self._take(key, dict, "a mapping", default))

    def section(self, key: str) -> "Section":
        """A required mapping, read strictly in its turn."""
        return Section(self._take(key, dict, "a mapping", None), f"{self.place}: {key}")

    def sections(self, key: str, default: list[Any] | None = None) -> list["Section"]:
        """A list of mappings."""
        items = self._take(key, list, "a list of mappings", default)
        return [Section(item, f"{self.place}: {key}[{n}]") for n, item in enumerate(items)]

    def named_sections(self, key: str) -> Iterator[tuple[str, "Section"]]:
        """A mapping of names to mappings; a missing mapping or value is an empty one."""
        for name, content in self.mapping(key, {}).items():
            empty: dict[str, Any] = {}
            place = f"{self.place}: {key}.{name}"
            yield str(name), Section(empty if content is None else content, place)

    def done(self) -> None:
        """Check that nothing is left that nobody asked for: a typing error, most likely."""
        if self._content:
            raise ConfigurationError(
                f"{self.place}: expected no other keys, found {', '.join(sorted(self._content))}. "
                "Correct the spelling, or take them out."
            )

    def _take(self, key: str, kind: Any, expected: str, default: Any) -> Any:
        value = self._content.pop(key, default)
        wrong = not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))
        if wrong:
            found = "nothing" if value is None else repr(value)
            raise ConfigurationError(f"{self.place}: {key}: expected {expected}, found {found}")
        return value


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML would keep the last without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value} is given twice: take one out", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read(path: Path) -> Section:
    """The YAML document in `path`; ConfigurationError when it isn't a mapping."""
    try:
        return Section(_StrictLoader(path.read_text(encoding="utf-8")).get_single_data(), path.name)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{path.name}: expected YAML, found: {error}") from error
