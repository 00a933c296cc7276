"""YAML read strictly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.documents import Section, read
from shared.errors import ConfigurationError


def section(**content: Any) -> Section:
    return Section(content, "leads.yaml")


def test_each_kind_of_value_is_taken_as_it_is() -> None:
    leads = section(text="a", whole=-6, number=0.5, flag=False, texts=["a", "b"], mapping={"a": 1})
    assert leads.text("text") == "a"
    assert leads.whole("whole") == -6
    assert leads.number("number") == 0.5
    assert leads.flag("flag") is False
    assert leads.texts("texts") == ("a", "b")
    assert leads.mapping("mapping") == {"a": 1}
    leads.done()


def test_what_is_missing_takes_its_default() -> None:
    empty = section()
    assert empty.text("a", "b") == "b"
    assert empty.whole("a", 1) == 1
    assert empty.number("a", 0.0) == 0.0
    assert empty.flag("a", default=False) is False
    assert empty.texts("a", ()) == ()
    assert empty.sections("a", []) == []
    assert list(empty.named_sections("a")) == []


@pytest.mark.parametrize("content", [{}, {"day": None}])
def test_what_is_optional_may_be_missing_or_null(content: dict[str, Any]) -> None:
    optional = Section(content, "leads.yaml")
    assert optional.optional_text("day") is None
    assert optional.optional_whole("day") is None
    optional.done()


def test_a_single_text_is_a_list_of_one() -> None:
    assert section(key="job_id").texts("key") == ("job_id",)


def test_a_named_section_without_content_is_an_empty_one() -> None:
    ((name, column),) = section(columns={"id": None}).named_sections("columns")
    assert name == "id"
    column.done()


@pytest.mark.parametrize(
    ("content", "take", "message"),
    [
        ({"a": 1}, lambda s: s.text("a"), "leads.yaml: a: expected a text, found 1"),
        ({}, lambda s: s.text("a"), "leads.yaml: a: expected a text, found nothing"),
        ({"a": "1"}, lambda s: s.whole("a"), "a: expected a whole number, found '1'"),
        ({"a": True}, lambda s: s.whole("a"), "a: expected a whole number, found True"),
        ({"a": True}, lambda s: s.number("a"), "a: expected a number, found True"),
        ({"a": 1}, lambda s: s.flag("a"), "a: expected true or false, found 1"),
        ({"a": 1}, lambda s: s.texts("a"), "a: expected a list of texts, found 1"),
        ({"a": []}, lambda s: s.mapping("a"), r"a: expected a mapping, found \[\]"),
        ({"a": {}}, lambda s: s.sections("a"), "a: expected a list of mappings, found {}"),
        ({"a": [1]}, lambda s: s.sections("a"), r"a\[0\]: expected a mapping, found 1"),
        ({"a": {"b": 0}}, lambda s: list(s.named_sections("a")), "a.b: expected a mapping"),
    ],
)
def test_a_wrong_value_is_named_with_its_place(
    content: dict[str, Any], take: Callable[[Section], object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        take(Section(content, "leads.yaml"))


def test_a_label_that_yaml_takes_for_something_else_must_be_quoted() -> None:
    with pytest.raises(ConfigurationError, match=r"from\[1\]: expected a text, found True.*quotes"):
        section(**{"from": ["Sold", True]}).texts("from")


def test_a_key_that_nobody_asked_for_is_a_typing_error() -> None:
    with pytest.raises(ConfigurationError, match=r"no other keys, found feds\. Correct"):
        section(feds=[]).done()


def test_a_place_within_a_document_is_told(tmp_path: Path) -> None:
    path = tmp_path / "leads.yaml"
    path.write_text("source: {report: {kind: 1}}")
    with pytest.raises(ConfigurationError, match=r"leads.yaml: source: report: kind: expected"):
        read(path).section("source").section("report").text("kind")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", r"leads.yaml: expected a mapping, found \['a'\]"),
        ("", "leads.yaml: expected a mapping, found None"),
        ("a: [", "leads.yaml: expected YAML, found: .*line 1"),
        ("a: 1\nb: 2\na: 3", "(?s)leads.yaml: .*a is given twice: take one out.*line 3"),
    ],
)
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "leads.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=f"(?s){message}"):
        read(path)
