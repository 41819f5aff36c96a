import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_value_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("GILMOK_X", "7")
    assert env.integer("GILMOK_X", 1) == 7


def test_a_value_comes_from_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("  from a file\n")
    monkeypatch.setenv("GILMOK_X_FILE", str(tmp_path / "secret"))
    assert env.text("GILMOK_X") == "from a file"


@pytest.mark.parametrize(
    ("read", "value", "said"),
    [
        (lambda name: env.integer(name, 1), "many", "whole number"),
        (lambda name: env.integer(name, 1, high=5), "6", "from 0 to 5"),
        (lambda name: env.flag(name, True), "maybe", "1 or 0"),
        (lambda name: env.database(name, ""), "mysql://a/b", "postgresql://"),
        (lambda name: env.database(name, ""), "postgresql://host-only", "postgresql://"),
        (lambda name: env.broker(name, ""), "http://x", "redis:// or amqp://"),
        (lambda name: env.choice(name, "a", {"a", "b"}), "c", "one of a, b"),
        (lambda name: env.web_address(name, ""), "ftp://x", "https://"),
        (lambda name: env.web_address(name, ""), "https://x/path", "https://"),
        (lambda name: env.rate(name, ""), "fast", "1200/min"),
        (env.secret_key, "short", "50 random characters"),
    ],
)
def test_a_bad_value_is_refused_by_name(monkeypatch, read, value, said):
    monkeypatch.setenv("GILMOK_X", value)
    with pytest.raises(ImproperlyConfigured) as refused:
        read("GILMOK_X")
    assert "GILMOK_X" in str(refused.value)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setenv("GILMOK_X_FILE", "/nowhere/at/all")
    with pytest.raises(ImproperlyConfigured, match="/nowhere/at/all"):
        env.text("GILMOK_X")


def test_database_addresses_are_unquoted(monkeypatch):
    monkeypatch.setenv("GILMOK_X", "postgresql://us%40er:p%2Fw@db.example:6543/gil%20mok")
    found = env.database("GILMOK_X", "")
    assert [found[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "us@er",
        "p/w",
        "db.example",
        "6543",
        "gil mok",
    ]


def test_addresses_lose_the_slash_at_their_end(monkeypatch):
    monkeypatch.setenv("GILMOK_X", "https://journeys.example.com/")
    assert env.web_address("GILMOK_X", "") == "https://journeys.example.com"
