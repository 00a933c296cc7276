"""Records of CSV files, read at once and one by one."""

import csv
import io

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import file_lines
from csv_records import csv_records
from file_lines import line_groups, open_lines
from shared.errors import ContractError

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=6)
special = st.sampled_from(["", ",", '"', "\n", "\r\n", 'a "b', "x\u2028y", "x\x1cy"])
rows = st.lists(st.lists(cells | special, min_size=1, max_size=4), max_size=12)


def read(content: bytes, block: int) -> list[list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_lines, "BLOCK_BYTES", block)
        groups = line_groups(open_lines(io.BytesIO(content), 2**30))
        return [record for records in csv_records(groups) for record in records]


def written(records: list[list[str]], ending: str, quoting: int) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=ending, quoting=quoting).writerows(records)  # type: ignore[arg-type]
    return text.getvalue().encode()


@settings(max_examples=300)
@given(
    rows,
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([1, 7, 40, 2**20]),
)
@example([["a"], ["b\nc"], ["d"]], "\n", csv.QUOTE_MINIMAL, 7)
def test_what_was_written_is_read_back(
    records: list[list[str]], ending: str, quoting: int, block: int
) -> None:
    expected = [record for record in records if any(record)]
    assert read(b"\xef\xbb\xbf" + written(records, ending, quoting), block) == expected


@pytest.mark.parametrize("block", [1, 8, 2**20])
def test_a_quote_inside_of_a_text_is_a_quote(block: int) -> None:
    content = b'size,name\n5" pipe,Ann\n6" pipe,Bob\n7,"Cy, Di"\n'
    assert read(content, block)[1:] == [['5" pipe', "Ann"], ['6" pipe', "Bob"], ["7", "Cy, Di"]]


@pytest.mark.parametrize("block", [1, 8, 2**20])
def test_an_error_names_the_line_of_the_file(block: int) -> None:
    content = b"a,b\n" * 20 + b'"x,"y"z\n' + b"a,b\n" * 20
    with pytest.raises(ContractError, match="line 21: expected CSV"):
        read(content, block)


def test_lines_may_end_as_on_old_machines() -> None:
    assert read(b"a,b\r1,2\r", 2**20) == [["a", "b"], ["1", "2"]]
