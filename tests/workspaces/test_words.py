from datetime import UTC, datetime, timedelta

import pytest
from django.utils import translation

from workspaces import words

NOW = datetime(2026, 11, 17, 14, 32, tzinfo=UTC)


def in_language(language, function, *arguments, **more):
    with translation.override(language):
        return function(*arguments, **more)


@pytest.mark.parametrize(
    ("value", "english", "korean"),
    [
        (0, "0", "0"),
        (999, "999", "999"),
        (4000, "4k", "4천"),
        (38000, "38k", "3.8만"),
        (312_000_000, "312M", "3.1억"),
    ],
)
def test_compact_counts(value, english, korean):
    assert (in_language("en", words.compact, value), in_language("ko", words.compact, value)) == (
        english,
        korean,
    )


def test_numbers_have_commas_a_true_minus_and_a_dash_for_none():
    assert [words.number(n) for n in (48210, -3, 1.5, None)] == ["48,210", "−3", "1.5", "–"]
    assert [words.percent(n) for n in (0.244, -0.003, None)] == ["24.4%", "−0.3%", "–"]


@pytest.mark.parametrize(
    ("ago", "english"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=4), "4 min ago"),
        (timedelta(hours=3), "Today 11:32"),
        (timedelta(days=1), "Yesterday"),
        (timedelta(days=2), "15 Nov"),
        (timedelta(days=400), "13 Oct 2025"),
        (timedelta(minutes=-5), "in 5 min"),
        (timedelta(hours=-20), "Tomorrow 10:32"),
        (timedelta(days=-3), "20 Nov 14:32"),
    ],
)
def test_near_moments(ago, english):
    assert in_language("en", words.near, NOW - ago, NOW) == english


def test_full_moments_and_days():
    assert in_language("en", words.full, NOW) == "Tue 17 Nov 2026, 14:32"
    assert in_language("ko", words.full, NOW) == "2026년 11월 17일 (화) 14:32"
    assert in_language("en", words.day, NOW, NOW) == "Tue 17 Nov"
    assert in_language("ko", words.day, NOW, NOW) == "11월 17일 (화)"


def test_spans_say_their_two_largest_parts():
    span = timedelta(days=1, hours=6, minutes=20)
    assert (in_language("en", words.span, span), in_language("ko", words.span, span)) == (
        "1 day 6 h",
        "1일 6시간",
    )
    assert in_language("en", words.span, timedelta(0)) == "0 s"


@pytest.mark.parametrize(
    ("word", "pair", "whole"),
    [
        ("서연", "이/가", "서연이"),
        ("민재", "이/가", "민재가"),
        ("쿠폰", "을/를", "쿠폰을"),
        ("서울", "으로/로", "서울로"),
        ("부산", "으로/로", "부산으로"),
        ("3", "은/는", "3은"),
        ("2", "은/는", "2는"),
        ("Email", "을/를", "Email을"),
        ("“환영”", "을/를", "“환영”을"),
    ],
)
def test_particles_follow_the_last_sound(word, pair, whole):
    assert words.with_particle(word, pair) == whole


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Seoyeon Kim", "SK"),
        ("김서연", "서"),
        ("이산", "이"),
        ("kim@example.com", "K"),
        ("Cher", "C"),
        ("", "?"),
    ],
)
def test_initials(name, letters):
    assert words.initials(name) == letters


def test_contacts_are_masked():
    assert words.mask_email("yujin.jung@example.com") == "yujin•••@…"
    assert words.mask_email("a@b.c") == "a•••@…"
    assert [
        words.mask_phone(p) for p in ("+82 10-1234-2048", "010-1234-2048", "+1 415 555 0100", "", "112")
    ] == [
        "010-••••-2048",
        "010-••••-2048",
        "••••-0100",
        "",
        "••••",
    ]


def test_unknown_zones_are_read_as_utc():
    assert words.in_zone(NOW, "No/Where") == NOW
