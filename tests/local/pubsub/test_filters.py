import pytest

from local.pubsub.filters import FilterError, parse_filter

MAPLE = {"tree": "maple", "leaf-shape": "palmate", "city": "Phoenix"}


@pytest.mark.parametrize(
    "source",
    [
        "",
        "attributes:tree",
        'attributes.tree = "maple"',
        'attributes.tree="maple"',
        'attributes.tree != "oak"',
        'attributes.soil != "clay"',
        'attributes.leaf-shape = "palmate"',
        'attributes."leaf-shape" = "palmate"',
        'hasPrefix(attributes.city, "Pho")',
        "NOT attributes:soil",
        "NOT NOT attributes:tree",
        'attributes:tree AND attributes.city = "Phoenix" AND NOT attributes:soil',
        "attributes:soil OR attributes:sky OR attributes:tree",
        "attributes:tree AND (attributes:soil OR attributes:city)",
        "NOT (attributes:soil OR attributes:sky)",
        "(((attributes:tree)))",
        'attributes:tree\n  AND attributes.tree = "\\u006daple"',
    ],
)
def test_a_filter_lets_a_matching_message_through(source: str) -> None:
    assert parse_filter(source)(MAPLE)


@pytest.mark.parametrize(
    "source",
    [
        "attributes:soil",
        'attributes.tree = "Maple"',
        'attributes.tree != "maple"',
        'attributes.soil = ""',
        'hasPrefix(attributes.city, "pho")',
        'hasPrefix(attributes.soil, "")',
        "NOT attributes:tree",
        "NOT attributes:tree AND attributes:city",
        "attributes:tree AND attributes:soil",
        "attributes:soil OR attributes:sky",
    ],
)
def test_a_filter_holds_back_any_other_message(source: str) -> None:
    assert not parse_filter(source)(MAPLE)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("tree", "Expected 'attributes' at 0"),
        ("attributes", "Expected '.' at 10"),
        ("attributes.tree", "Expected '=' at 15"),
        ("attributes.tree = maple", "a text in double quotes at 18"),
        ("attributes.tree = 'maple'", 'Unexpected "\'" at 18'),
        ('attributes.tree == "maple"', "a text in double quotes at 17"),
        ('attributes.tree > "maple"', "Unexpected '>'"),
        ('attributes. = "maple"', "an attribute's key at 12"),
        ("hasPrefix(attributes:tree)", "Expected '.' at 20"),
        ('hasSuffix(attributes.tree, "e")', "Expected 'attributes' at 0"),
        ("(attributes:tree", "Expected ')' at 16"),
        ("attributes:tree and attributes:city", "Expected the end"),
        ("attributes:tree AND attributes:city OR attributes:soil", "AND beside OR in parentheses"),
        ("attributes:tree AND", "Expected 'attributes' at 19"),
        ('data = "x"', "Expected 'attributes' at 0"),
        ('attributes.tree = "\\q"', "Unexpected '\"'"),
        (" ", "Expected 'attributes'"),
    ],
)
def test_a_malformed_filter_says_where_it_is_wrong(source: str, complaint: str) -> None:
    with pytest.raises(FilterError) as error:
        parse_filter(source)
    assert complaint in str(error.value)


def test_a_filter_of_256_bytes_is_the_longest() -> None:
    longest = f'attributes.k = "{"é" * 119}é"'
    assert len(longest.encode()) == 257
    with pytest.raises(FilterError, match="256 bytes"):
        parse_filter(longest)
    assert not parse_filter(longest.replace("é", "e", 1))({"k": "x"})
