"""Every argument, block and reference in terraform/ is one that the provider knows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.evaluation import Evaluated
from tests.terraform.hcl import Block, read
from tests.terraform.provider_schema import DIFFERENCES, NEWER, Argument, resource_schema

TERRAFORM = Path(__file__).resolve().parents[2] / "terraform"
META_ARGUMENTS = {"for_each", "count", "depends_on", "provider"}
META_BLOCKS = {"lifecycle"}
INDEX = r"(?:\[[^\[\]]*(?:\[[^\]]*\])?\])?"
REFERENCE = re.compile(rf"\b(data\.)?(google_\w+)\.([a-z]\w*){INDEX}\.([a-z]\w*)")

BLOCKS = [b for b in read(TERRAFORM).blocks if b.kind in ("resource", "data")]
GOOGLE = [b for b in BLOCKS if b.labels[0].startswith("google_")]


def name_of(block: Block) -> str:
    return ".".join(block.labels)


def nested(block: Block) -> Iterator[tuple[str, Block]]:
    """The blocks inside, a dynamic one as what it repeats."""
    for inner in block.blocks:
        if inner.kind == "dynamic":
            yield inner.labels[0], inner.of("content")[0]
        elif inner.kind not in META_BLOCKS:
            yield inner.kind, inner


def check(block: Block, kind: str, blocks: dict[str, dict[str, Argument]], place: str) -> None:
    known = blocks[kind]
    newer = {name.removeprefix(f"{place}.") for name in NEWER}
    given = set(block.attributes) - META_ARGUMENTS - newer
    inside = [(name, inner) for name, inner in nested(block) if name not in newer]
    names = {name for name, _ in inside}
    assert given | names <= set(known), f"{place}: unknown {sorted((given | names) - set(known))}"
    required = {name for name, argument in known.items() if argument.required}
    assert required <= given | names, f"{place}: missing {sorted(required - given - names)}"
    for name in given:
        assert known[name].block is None, f"{place}: {name} is a block"
        assert f"{place}.{name}" not in DIFFERENCES, DIFFERENCES[f"{place}.{name}"]
    for name, inner in inside:
        assert known[name].block, f"{place}: {name} is an argument"
        check(inner, known[name].block, blocks, f"{place}.{name}")


@pytest.mark.parametrize("block", GOOGLE, ids=name_of)
def test_the_provider_knows_each_argument_and_block(block: Block, bindings: Path) -> None:
    schema = resource_schema(block.labels[0], data=block.kind == "data")
    check(block, schema.root, schema.blocks, block.labels[0])


def test_the_provider_exports_each_attribute_that_is_referred_to(bindings: Path) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in TERRAFORM.glob("*.tf"))
    references = set(REFERENCE.findall(text))
    assert len(references) > 20
    for data, kind, _, attribute in references:
        exported = resource_schema(kind, data=bool(data)).exported
        assert attribute in exported, f"{kind} exports no {attribute}"


def fits(value: Any, argument: Argument) -> bool:
    """Whether a value is of an argument's type, or becomes it by Terraform's own conversion."""
    if value is None:
        return not argument.required
    if argument.block or "Sequence" in argument.type:
        return isinstance(value, list)
    if "Mapping" in argument.type:
        return isinstance(value, dict)
    if "jsii.Number" in argument.type:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, bool) if "bool" in argument.type else isinstance(value, str)


def check_values(value: dict[str, Any], kind: str, blocks: Any, place: str) -> None:
    for name, argument in blocks[kind].items():
        if name in value:
            assert fits(value[name], argument), f"{place}.{name}: {value[name]!r}"
            for inner in value[name] if argument.block and value[name] else []:
                check_values(inner, argument.block, blocks, f"{place}.{name}")


def test_each_value_is_of_its_arguments_type(evaluated: Evaluated, bindings: Path) -> None:
    for block in GOOGLE:
        if block.kind == "resource":
            schema = resource_schema(block.labels[0])
            for instance in evaluated.resources[name_of(block)].values():
                check_values(instance, schema.root, schema.blocks, name_of(block))
