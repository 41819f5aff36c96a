"""Whatever stands in a document: the checks answer, each problem has its place, and each mend leaves a document."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeys import checking
from journeys.api.documents import merge
from journeys.document.problems import pointer
from journeys.document.shape import parse
from journeys.steps.registry import steps
from journeys.triggers.registry import triggers

KEYS = ["a", "b", "c", "d", "m/1", "~"]
words = st.one_of(
    st.sampled_from(
        ["", "plan", "go", "hello", *KEYS, "entry.x", "context.y", "PT0S", "P1D", "-P1M", "2026-01-01"]
    ),
    st.sampled_from(
        ["{{ person.x }}", "{% for a in (1..9) %}", "{{ entry.x | nope }}", "{{ context['y'] }}", "{{"]
    ),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5),
)
numbers = st.one_of(st.integers(-(10**40), 10**40), st.floats(allow_nan=False, allow_infinity=False))
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, words),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=5,
)
leaf = st.one_of(
    values,
    st.builds(
        lambda key, name, op, value, more: {key: name, "op": op, "value": value, **more},
        st.sampled_from(
            ["attribute", "event", "segment", "consent", "reachable", "message", "entry", "context"]
        ),
        words,
        st.sampled_from(
            ["is", "in", "gt", "between", "at_least", "never", "clicked", "exists", "within_last", "?"]
        ),
        values,
        st.sampled_from(
            [{}, {"times": 2}, {"where": [{"property": "p", "op": "is", "value": 1}]}, {"sum": "p"}]
        ),
    ),
)
conditions = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=4,
)
ways = st.lists(
    st.fixed_dictionaries(
        {"key": words},
        optional={
            "when": conditions,
            "event": words,
            "where": st.lists(conditions, max_size=2),
            "label": words,
        },
    ),
    max_size=3,
)
odd = st.dictionaries(words, values, max_size=3)


def a_kind(registry, inside):
    """A kind's example, some of its settings replaced by anything."""
    return st.sampled_from(list(registry)).flatmap(
        lambda kind: st.builds(
            lambda changed: (kind.kind, {**kind.defaults(), **changed}),
            st.dictionaries(
                st.sampled_from([*kind.schema()["properties"], "x"]), st.one_of(values, inside), max_size=3
            ),
        )
    )


step = st.builds(
    lambda kind, following, more: {"kind": kind[0], "settings": kind[1], "next": following, **more},
    st.one_of(
        a_kind(steps, st.one_of(conditions, ways)),
        st.tuples(words, odd),
        st.tuples(st.sampled_from(["branch", "wait_for_event"]), ways.map(lambda found: {"branches": found})),
    ),
    st.dictionaries(
        st.one_of(st.sampled_from(["next", "else", "a", "timeout"]), words), st.sampled_from([*KEYS, "gone"])
    ),
    st.sampled_from([{}, {"name": "A name"}, {"team": "email"}]),
)
trigger = st.builds(
    lambda kind, following: {**kind[1], "kind": kind[0], "next": following},
    st.one_of(a_kind(triggers, conditions), st.tuples(words, odd)),
    st.sampled_from([*KEYS, None, "gone"]),
)
rule = st.fixed_dictionaries(
    {}, optional={"event": words, "condition": conditions, "where": st.lists(leaf, max_size=2)}
)
policies = st.one_of(
    odd,
    st.fixed_dictionaries(
        {},
        optional={
            "exit_when": st.lists(rule, max_size=2),
            "goal": rule,
            "max_stay": words,
            "reentry": st.fixed_dictionaries({}, optional={"key": words}),
        },
    ),
)
documents = st.fixed_dictionaries(
    {
        "name": words,
        "triggers": st.dictionaries(st.sampled_from(["t", "s"]), trigger, max_size=2),
        "steps": st.dictionaries(st.sampled_from(KEYS), step, max_size=6),
        "policy": policies,
    }
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.data_too_large,
    ],
)
@given(document=documents)
def _never_fail(workspace, seen, document):
    found = checking.find(document, workspace)
    parsed = parse(document)
    seen.update(problem.code for problem in found)
    for problem in found:
        assert problem.message and problem.severity in ("error", "warning")
        assert problem.step is None or problem.step in {**parsed.triggers, **parsed.steps}
        pointer(problem, parsed)
        if problem.fix and "patch" in problem.fix:
            after = json.loads(json.dumps(merge(document, problem.fix["patch"])))
            parse(after)
            assert after != json.loads(json.dumps(document))
    json.dumps([problem.as_dict() for problem in found])


def test_the_checks_never_fail(workspace, knows, mail):
    seen: set[str] = set()  # every rule has its say in this
    _never_fail(workspace, seen)
    assert len(seen) > 15, sorted(seen)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=values)
def test_what_is_no_document_has_one_problem(workspace, document):
    found = checking.find(document, workspace)
    if not isinstance(document, dict):
        assert [problem.code for problem in found] == ["unreadable"]


@pytest.mark.parametrize("size", [2001, 10_000])
def test_too_many_steps_are_refused_at_once(workspace, size):
    steps = {
        f"s{n}": {"kind": "wait", "settings": {"for": "PT1H"}, "next": {"next": f"s{n + 1}"}}
        for n in range(size)
    }
    document = {
        "name": "Long",
        "triggers": {"t": {"kind": "event", "event": "go", "next": "s0"}},
        "steps": steps,
    }
    assert [problem.code for problem in checking.find(document, workspace)] == ["too_many_steps"]
