"""The SQL against a slow and obvious reading of the same words, on whatever hypothesis thinks of."""

import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.conditions import Rows, audience, compile_condition, evaluate
from profiles.models import Event, Profile

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
NAMES = ["a", "b"]
EVENTS = ["bought", "viewed"]


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def number(value: Any) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Decimal(str(value))
    try:
        return (
            Decimal(value) if isinstance(value, str) and value.strip("0123456789.-") == "" and value else None
        )
    except ArithmeticError:
        return None


def equal(found: Any, wanted: Any) -> bool:
    if number(found) is not None and number(wanted) is not None and number(found) == number(wanted):
        return True
    if isinstance(found, bool) or isinstance(wanted, bool):
        flags = {"true": True, "false": False}
        one, other = (flags.get(side, side) if isinstance(side, str) else side for side in (found, wanted))
        return one is other
    return isinstance(found, str) and isinstance(wanted, str) and nfc(found) == nfc(wanted)


def compare(test: dict[str, Any], found: Any) -> bool:
    op, wanted = test["op"], test.get("value")
    if op in ("is_not", "not_in", "not_contains"):
        return not compare(
            {**test, "op": {"is_not": "is", "not_in": "in", "not_contains": "contains"}[op]}, found
        )
    if op == "missing":
        return found is None
    if found is None:
        return False
    if op == "exists":
        return True
    if op == "is":
        return equal(found, wanted)
    if op == "in":
        return any(equal(found, one) for one in wanted)
    if op == "contains":
        if isinstance(found, list):
            return any(equal(one, wanted) for one in found)
        return isinstance(found, str) and nfc(wanted) in nfc(found)
    if op in ("starts_with", "ends_with"):
        if not isinstance(found, str):
            return False
        return nfc(found).startswith(nfc(wanted)) if op == "starts_with" else nfc(found).endswith(nfc(wanted))
    left = number(found)
    if left is None:
        return False
    if op == "between":
        return wanted[0] <= left <= wanted[1]
    return {"gt": left > wanted, "gte": left >= wanted, "lt": left < wanted, "lte": left <= wanted}[op]


def holds(
    tree: dict[str, Any], person: dict[str, Any], events: list[tuple[str, int, dict[str, Any]]]
) -> bool:
    if "all" in tree:
        return all(holds(part, person, events) for part in tree["all"])
    if "any" in tree:
        return any(holds(part, person, events) for part in tree["any"])
    if "not" in tree:
        return not holds(tree["not"], person, events)
    if "attribute" in tree:
        return compare(tree, person.get(tree["attribute"]))
    days = int(tree["within"][1:-1]) if "within" in tree else 10**6
    count = sum(
        name == tree["event"]
        and 0 <= ago <= days
        and all(compare(test, properties.get(test["property"])) for test in tree.get("where", []))
        for name, ago, properties in events
    )
    times = tree.get("times", 0)
    return {
        "at_least": count >= times,
        "at_most": count <= times,
        "exactly": count == times,
        "never": count == 0,
    }[tree["op"]]


texts = st.one_of(
    st.sampled_from(["", "x", "pro", "5", "5.0", "-3", "true", "e\u0301", "\u00e9", "x%_'\\", "회원"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=6),
)
numbers = st.one_of(st.integers(-10, 10), st.sampled_from([0.5, 5.0, -3.25]))
values = st.one_of(
    st.none(), st.booleans(), numbers, texts, st.lists(st.one_of(texts, numbers), max_size=3), st.just({})
)
operands = st.one_of(st.booleans(), numbers, texts.filter(bool))


def comparisons(key: str, names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    def leaf(ops: list[str], **parts: Any) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({key: st.sampled_from(names), "op": st.sampled_from(ops), **parts})

    return st.one_of(
        leaf(["exists", "missing"]),
        leaf(["is", "is_not"], value=operands),
        leaf(["in", "not_in"], value=st.lists(operands, min_size=1, max_size=4)),
        leaf(["gt", "gte", "lt", "lte"], value=numbers),
        leaf(["between"], value=st.lists(numbers, min_size=2, max_size=2)),
        leaf(["contains", "not_contains", "starts_with", "ends_with"], value=texts.filter(bool)),
    )


counts = st.fixed_dictionaries(
    {"event": st.sampled_from(EVENTS)},
    optional={
        "within": st.sampled_from(["P0D", "P1D", "P3D"]),
        "where": st.lists(comparisons("property", NAMES), max_size=2),
    },
)
leaves = st.one_of(
    comparisons("attribute", NAMES),
    st.builds(
        lambda leaf, op, times: {**leaf, "op": op, "times": times},
        counts,
        st.sampled_from(["at_least", "at_most", "exactly"]),
        st.integers(0, 3),
    ),
    counts.map(lambda leaf: {**leaf, "op": "never"}),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
objects = st.dictionaries(st.sampled_from(NAMES), values)
people = st.lists(
    st.tuples(objects, st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(-1, 4), objects), max_size=4)),
    min_size=1,
    max_size=3,
)


@pytest.mark.django_db
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(tree=trees, crowd=people)
def test_the_database_reads_a_condition_as_the_reference_does(workspace, tree, crowd):
    with transaction.atomic():
        profiles = Profile.objects.bulk_create(
            Profile(workspace=workspace, attributes=one) for one, _events in crowd
        )
        Event.objects.bulk_create(
            Event(
                workspace_id=workspace.pk,
                profile_id=profile.pk,
                name=name,
                ts=NOW - timedelta(days=ago),
                received_at=NOW,
                properties=properties,
            )
            for profile, (_one, events) in zip(profiles, crowd, strict=True)
            for name, ago, properties in events
        )
        ids = [profile.pk for profile in profiles]
        compiled = compile_condition(tree, workspace.pk)
        (verdict,) = evaluate([compiled], Rows(workspace.pk, ids, NOW))
        (of_many,) = evaluate([compiled], Rows(workspace.pk, ids, NOW), many=1)
        assert verdict.results == of_many.results == [holds(tree, *one) for one in crowd]
        assert audience(compiled, workspace.pk, NOW) == [
            pk for pk, result in zip(ids, verdict.results, strict=True) if result
        ]
        assert audience(compiled, workspace.pk, NOW, limit=10) == audience(compiled, workspace.pk, NOW)
        transaction.set_rollback(True)
