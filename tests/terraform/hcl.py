"""The structure of Terraform's files: blocks and attributes, expressions left as their source text.

Terraform itself checks the syntax and evaluates the expressions; this only takes files apart, so
that arguments can be looked up in the provider's schema and resources be evaluated without one.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

CLOSING = {"(": ")", "[": "]", "{": "}"}
BLANK = re.compile(r"(\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
SPACES = re.compile(r"[ \t]*")
NAME = re.compile(r"[A-Za-z_][\w-]*")
LABEL = re.compile(r'[ \t]*"([^"]*)"')
HEREDOC = re.compile(r"<<-?(\w+)\n.*?\n[ \t]*\1\b", re.DOTALL)


@dataclass
class Block:
    """A block: its type, labels, attributes (name to expression) and nested blocks."""

    kind: str
    labels: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)

    def of(self, kind: str) -> list["Block"]:
        """The nested blocks of one type."""
        return [block for block in self.blocks if block.kind == kind]


def read(folder: Path) -> Block:
    """Every .tf file of a folder as one nameless block."""
    module = Block("module")
    for path in sorted(folder.glob("*.tf")):
        _body(path.read_text(encoding="utf-8"), 0, module)
    return module


def _body(text: str, at: int, block: Block) -> int:
    """Read attributes and blocks until the body's end; returns the place after it."""
    while True:
        at = _after(BLANK, text, at)
        if at == len(text) or text[at] == "}":
            return at + 1
        name = NAME.match(text, at)
        assert name, f"expected a name, found {text[at : at + 40]!r}"
        at = _item(text, name.end(), name.group(), block)


def _item(text: str, at: int, name: str, block: Block) -> int:
    labels: list[str] = []
    while label := LABEL.match(text, at):
        labels.append(label.group(1))
        at = label.end()
    at = _after(SPACES, text, at)
    if text[at] == "{":
        nested = Block(name, tuple(labels))
        block.blocks.append(nested)
        return _body(text, at + 1, nested)
    start = at + 1
    end = _expression_end(text, start)
    block.attributes[name] = text[start:end].strip()
    return end


def _expression_end(text: str, at: int) -> int:
    """Where an expression ends that begins at `at`: at its line's end, or a closing bracket."""
    while at < len(text) and text[at] not in "\n)]}":
        at = _token_end(text, at)
    return at


def _token_end(text: str, at: int) -> int:
    if text[at] == '"':
        return _string_end(text, at + 1)
    if text[at] in CLOSING:
        return _bracket_end(text, at)
    if text[at] == "#" or text.startswith("//", at):
        return text.index("\n", at)
    if heredoc := HEREDOC.match(text, at):
        return heredoc.end()
    return at + 1


def _bracket_end(text: str, at: int) -> int:
    closing = CLOSING[text[at]]
    at += 1
    while text[at] != closing:
        at = _token_end(text, at)
    return at + 1


def _string_end(text: str, at: int) -> int:
    while text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$${", "%%{"), at):
            at += 3
        elif text.startswith(("${", "%{"), at):
            at = _bracket_end(text, at + 1)
        else:
            at += 1
    return at + 1


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
