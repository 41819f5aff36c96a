import pytest

from lib import api_json


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b"NaN",
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'"\xff\xfe"',
        b'{"a": "\xed\xa0\x80"}',
        b'"\\ud800"',
        b'{"a": "x\\u0000y"}',
        b'{"x\\u0000y": 1}',
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 70 + b"1" + b"}" * 70,
        b'"unfinished',
    ],
)
def test_what_is_no_storable_json_is_refused_with_a_reason(body):
    with pytest.raises(api_json.Unreadable) as refused:
        api_json.read(body)
    assert str(refused.value)


def test_what_is_json_is_read():
    assert api_json.read('{"이름": ["민아", 1.5, null, true]}'.encode()) == {
        "이름": ["민아", 1.5, None, True]
    }
    assert api_json.read(b'"\\\\u0000"') == "\\u0000"
