"""Lines of files, in groups, within limits."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

import file_lines
from file_lines import LONGEST_LINE_BYTES, line_groups, open_lines
from shared.errors import ContractError

PLENTY = 2**30


def groups(content: bytes, most_bytes: int = PLENTY) -> list[bytes]:
    return list(line_groups(open_lines(io.BytesIO(content), most_bytes)))


@given(st.lists(st.binary(max_size=30).map(lambda line: b"x" + line), max_size=50))
def test_every_line_comes_whole_and_once(lines: list[bytes]) -> None:
    content = b"\n".join(lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_lines, "BLOCK_BYTES", 16)
        found = groups(content)
    assert b"".join(found) == content
    assert all(group.endswith(b"\n") for group in found[:-1])


@pytest.mark.parametrize("ending", [b"", b"\n", b"\nshort\n"])
@pytest.mark.parametrize("before", [b"", b"a\nb\n", b"x" * 1000 + b"\n"])
def test_a_line_has_a_longest_length(before: bytes, ending: bytes) -> None:
    longest = b"x" * LONGEST_LINE_BYTES
    assert b"".join(groups(before + longest + ending)) == before + longest + ending
    number = before.count(b"\n") + 1
    expected = f"line {number}: expected at most 4,194,304 bytes, found 9,000,000"
    with pytest.raises(ContractError, match=expected):
        groups(before + b"x" * 9_000_000 + ending)


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_a_file_unpacks_to_at_most_so_many_bytes(pack: type[bytes]) -> None:
    lines = b"a,b,c\n" * 100_000
    assert b"".join(groups(pack(lines), most_bytes=len(lines))) == lines
    with pytest.raises(
        ContractError, match=r"expected at most 599,999 bytes unpacked, found 6\d\d,"
    ):
        groups(pack(lines), most_bytes=len(lines) - 1)
