import pytest
from django.utils.translation import override

from profiles.conditions import sentence, why_text
from profiles.conditions.particles import settle
from profiles.models import Segment, Topic

BOUGHT = {"event": "order_completed", "op": "at_least", "times": 2, "within": "P30D"}
PAID = {"event": "paid", "sum": "total", "op": "gte", "value": 100000, "within": "P90D"}

SENTENCES = [
    (None, "no condition yet", "아직 조건이 없어요"),
    ({"attribute": "", "op": "is", "value": ""}, "unfinished condition", "다 채우지 않은 조건"),
    ({"all": []}, "everyone", "모든 고객"),
    ({"any": []}, "nobody", "아무도 없음"),
    ({"attribute": "plan", "op": "is", "value": "pro"}, "plan is pro", "plan이 pro예요"),
    (
        {"attribute": "total_spend", "op": "gte", "value": 100000},
        "total spend is at least 100,000",
        "total spend가 100,000 이상이에요",
    ),
    (
        {"attribute": "plan", "op": "in", "value": ["a", "b"]},
        "plan is one of a, b",
        "plan이 a, b 중 하나예요",
    ),
    (
        {"attribute": "age", "op": "between", "value": [20, 29]},
        "age is between 20 and 29",
        "age가 20에서 29 사이예요",
    ),
    (
        {"attribute": "since", "op": "before", "value": "2026-03-01"},
        "since is before 1 Mar 2026",
        "since가 2026년 3월 1일 전이에요",
    ),
    (
        {"attribute": "seen", "op": "within_last", "value": "P1DT6H"},
        "seen was in the last 1 day 6 hours",
        "seen이 최근 1일 6시간 안이에요",
    ),
    (
        {"attribute": "birthday", "op": "anniversary_in", "value": "P7D"},
        "the anniversary of birthday is in the next 7 days",
        "birthday 기념일이 앞으로 7일 안이에요",
    ),
    ({"attribute": "vip", "op": "is", "value": True}, "vip is yes", "vip이 예예요"),
    ({"attribute": "phone", "op": "missing"}, "phone is not known", "phone 값이 없어요"),
    (
        BOUGHT,
        "did order completed at least 2 times in the last 30 days",
        "최근 30일 동안 order completed를 2번 이상 했어요",
    ),
    ({"event": "signup"}, "did signup", "signup을 했어요"),
    (
        {"event": "signup", "op": "never", "since": "entry"},
        "did not do signup since entering",
        "들어온 뒤 signup을 하지 않았어요",
    ),
    (
        {"event": "회원가입", "op": "exactly", "times": 1},
        "did 회원가입 exactly 1 time",
        "회원가입을 정확히 1번 했어요",
    ),
    (
        {**BOUGHT, "where": [{"property": "total", "op": "gte", "value": 50}]},
        "did order completed at least 2 times in the last 30 days, where total is at least 50",
        "최근 30일 동안 order completed를 2번 이상 했어요 (조건: total이 50 이상이에요)",
    ),
    (
        PAID,
        "the sum of total over paid is at least 100,000 in the last 90 days",
        "최근 90일 동안 paid의 total 합계가 100,000 이상이에요",
    ),
    ({"reachable": "sms"}, "can be reached by text message", "문자로 연락할 수 있어요"),
    ({"entry": "value", "op": "gt", "value": 1.5}, "value is more than 1.5", "value가 1.5보다 커요"),
    ({"message": "m1", "op": "clicked"}, "the message of m1 was clicked", "m1 메시지를 클릭했어요"),
    (
        {
            "any": [
                {"attribute": "a", "op": "exists"},
                {"not": {"all": [{"attribute": "b", "op": "exists"}, {"attribute": "c", "op": "exists"}]}},
            ]
        },
        "a is known or not: (b is known and c is known)",
        "a 값이 있어요 또는 다음이 아니에요: (b 값이 있어요, 그리고 c 값이 있어요)",
    ),
]


@pytest.mark.parametrize(("tree", "english", "_korean"), SENTENCES)
def test_sentence(db, tree, english, _korean):
    assert sentence(tree) == english


@pytest.mark.parametrize(("tree", "_english", "korean"), SENTENCES)
def test_sentence_in_korean(db, tree, _english, korean):
    with override("ko"):
        assert sentence(tree) == korean


REASONS = [
    (
        {**BOUGHT},
        3,
        True,
        "order_completed 3 times in the last 30 days (at least 2)",
        "최근 30일 동안 order_completed 3번 (2번 이상)",
    ),
    (
        {**BOUGHT},
        1,
        False,
        "order_completed 1 time in the last 30 days (at least 2)",
        "최근 30일 동안 order_completed 1번 (2번 이상)",
    ),
    (
        {**BOUGHT},
        27,
        True,
        "order_completed 27 times or more in the last 30 days (at least 2)",
        "최근 30일 동안 order_completed 27번 이상 (2번 이상)",
    ),
    ({"event": "x", "op": "never"}, 0, True, "x 0 times (never)", "x 0번 (한 적 없음)"),
    (
        {"event": "paid"},
        "2026-03-10T12:00:00+00:00",
        True,
        "paid happened on Tue 10 Mar 2026, 12:00",
        "2026년 3월 10일 (화) 12:00에 paid 이벤트가 있었어요",
    ),
    (
        PAID,
        182000.5,
        True,
        "the sum of total over paid in the last 90 days: 182,000.5 (at least 100,000)",
        "최근 90일 동안 paid의 total 합계: 182,000.5 (100,000 이상)",
    ),
    ({"attribute": "plan", "op": "is", "value": "pro"}, "pro", True, "plan is pro", "plan이 pro예요"),
    (
        {"attribute": "plan", "op": "is", "value": "pro"},
        "basic",
        False,
        "plan is basic (wanted: pro)",
        "plan이 basic이에요 (기준: pro)",
    ),
    (
        {"attribute": "plan", "op": "is", "value": "pro"},
        None,
        False,
        "plan is not known (wanted: pro)",
        "plan 값이 없어요 (기준: pro)",
    ),
    (
        {"entry": "value", "op": "gte", "value": 50000},
        90000,
        True,
        "value is 90,000 (at least 50,000)",
        "value가 90,000이에요 (50,000 이상)",
    ),
    ({"reachable": "email"}, False, False, "can't be reached by email", "이메일로 연락할 수 없어요"),
    (
        {"message": "m1", "op": "opened"},
        False,
        False,
        "not: the message of m1 was opened",
        "다음이 아니에요: m1 메시지를 열어 봤어요",
    ),
]


@pytest.mark.parametrize(("leaf", "value", "result", "english", "_korean"), REASONS)
def test_why(db, leaf, value, result, english, _korean):
    assert why_text({"condition": leaf, "value": value, "result": result}) == english


@pytest.mark.parametrize(("leaf", "value", "result", "_english", "korean"), REASONS)
def test_why_in_korean(db, leaf, value, result, _english, korean):
    with override("ko"):
        assert why_text({"condition": leaf, "value": value, "result": result}) == korean


def test_why_of_consent_and_segment_tells_what_was_found(workspace):
    Topic.objects.create(workspace=workspace, slug="offers", name="Offers")
    Segment.objects.create(workspace=workspace, slug="vip", name="Very important", condition={})
    consent, segment = (
        {"consent": "email", "topic": "offers", "op": "granted"},
        {"segment": "vip", "op": "in"},
    )
    assert sentence(consent, workspace) == "agreed to Offers by email"
    assert why_text({"condition": consent, "value": "unknown", "result": False}, workspace) == (
        "was never asked about Offers by email"
    )
    assert sentence({"consent": "sms", "op": "withdrawn"}, workspace) == "refused everything by text message"
    assert sentence(segment, workspace) == "is in “Very important”"
    assert (
        why_text({"condition": segment, "value": False, "result": False}, workspace)
        == "is not in “Very important”"
    )


@pytest.mark.parametrize(
    "entry",
    [{}, {"condition": None}, {"condition": {"x": 1}}, {"condition": {"consent": "email"}, "value": []}],
)
def test_why_of_something_unreadable_is_silent(db, entry):
    assert why_text(entry) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("나무(이/가)", "나무가"),
        ("길목(이/가)", "길목이"),
        ("서울(으로/로)", "서울로"),
        ("길목(으로/로)", "길목으로"),
        ("3(을/를)", "3을"),
        ("“VIP”(은/는)", "“VIP”은"),
        ("a (b) c", "a (b) c"),
        ("(이/가)", "가"),
    ],
)
def test_particles_follow_the_sound_before_them(text, expected):
    assert settle(text) == expected
