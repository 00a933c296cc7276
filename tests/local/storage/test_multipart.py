from email.message import Message

import pytest

from local.storage.multipart import is_upload, parse_upload


def headers(content_type: str) -> Message:
    message = Message()
    message["Content-Type"] = content_type
    return message


UPLOAD = headers('multipart/related; boundary="==7=="')
BODY = (
    b"--==7==\r\ncontent-type: application/json; charset=UTF-8\r\n\r\n"
    b'{"name": "a"}\r\n--==7==\r\ncontent-type: application/gzip\r\n\r\n'
    b"\x1f\x8b\r\n--\r\n\r\nend\r\n--==7==--"
)


def test_an_upload_is_taken_apart_by_its_boundary_alone() -> None:
    upload = parse_upload(UPLOAD, BODY)

    assert upload["meta"] == {"name": "a"}
    assert upload["content"] == b"\x1f\x8b\r\n--\r\n\r\nend"
    assert upload["content-type"] == "application/gzip"


@pytest.mark.parametrize("body", [b"", b"--==7==\r\n\r\n{}"])
def test_a_body_without_its_parts_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="not found"):
        parse_upload(UPLOAD, body)


def test_a_boundary_is_needed() -> None:
    with pytest.raises(ValueError, match="expected a boundary"):
        parse_upload(headers("multipart/related"), BODY)


def test_other_bodies_are_not_uploads() -> None:
    assert not is_upload(headers("application/json"))
