"""The form of a condition: what stands in the document goes into blanks and comes back unchanged."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.conditions import rows
from profiles.conditions.blanks import Known
from profiles.conditions.forms import ConditionField, kinds_for
from profiles.models import KnownName, Segment, Topic

PLAN = {"attribute": "plan", "op": "is", "value": "pro"}
BOUGHT = {"event": "order_completed", "op": "at_least", "times": 2, "within": "P30D"}


class Posted(HTMLParser):
    """What a browser would send of a page's controls."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.data: dict[str, str] = {}
        self.select = self.area = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attrs}
        if tag == "input":
            self.data[found["name"]] = found.get("value", "")
        elif tag == "select":
            self.select = found["name"]
        elif tag == "option" and self.select and ("selected" in found or self.select not in self.data):
            self.data[self.select] = found["value"]
        elif tag == "textarea":
            self.area = found["name"]
            self.data[self.area] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.area = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.data[self.area] += data


def form_for(workspace: Any = None, **options: Any) -> type[forms.Form]:
    class Form(forms.Form):
        when = ConditionField(**options)

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.fields["when"].bind_workspace(workspace, [("m1", "Welcome")])  # type: ignore[attr-defined]

    return Form


def posted(tree: Any, workspace: Any = None) -> dict[str, str]:
    return Posted(str(form_for(workspace)(initial={"when": tree}, prefix="s")["when"])).data


def back(tree: Any, workspace: Any = None, **changes: str) -> Any:
    """The tree that the form gives back, after changes like `0_value="x"`, as it stands in the widget."""
    data = posted(tree, workspace) | {
        f"s-when-{key.replace('__', '-')}": value for key, value in changes.items()
    }
    return form_for(workspace)(data=data, prefix="s")["when"].value()


names = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=20).map(str.strip)
numbers = st.one_of(
    st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False, width=32)
)
values = st.one_of(texts, numbers, st.booleans())
spans = st.sampled_from(["P30D", "PT1H", "P2W", "P1M", "PT90M", "P1DT6H", "P1Y", "", "soon"])


def comparison(key: str) -> st.SearchStrategy[dict[str, Any]]:
    def leaf(**parts: Any) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({key: names, **parts})

    return st.one_of(
        leaf(
            op=st.sampled_from(["is", "is_not", "gt", "lte", "contains", "starts_with", "before"]),
            value=values,
        ),
        leaf(op=st.sampled_from(["in", "not_in"]), value=st.lists(values, max_size=4)),
        leaf(op=st.just("between"), value=st.tuples(values, values).map(list)),
        leaf(op=st.sampled_from(["exists", "missing"])),
        leaf(op=st.sampled_from(["within_last", "within_next", "anniversary_in"]), value=spans),
        leaf(op=names, value=st.none()),
    )


leaves = st.one_of(
    comparison("attribute"),
    comparison("entry"),
    st.fixed_dictionaries(
        {"event": names},
        optional={
            "op": st.sampled_from(["at_least", "exactly", "never", "odd"]),
            "times": st.one_of(st.integers(0, 99), texts),
            "within": spans,
            "since": st.just("entry"),
            "where": st.lists(comparison("property"), max_size=3),
            "sum": names,
            "value": numbers,
            "note": texts,
        },
    ),
    st.fixed_dictionaries({"segment": names, "op": st.sampled_from(["in", "not_in"])}),
    st.fixed_dictionaries(
        {"consent": names, "op": st.sampled_from(["granted", "unknown"])}, optional={"topic": names}
    ),
    st.fixed_dictionaries({"reachable": names}),
    st.fixed_dictionaries({"message": names, "op": st.sampled_from(["opened", "sent"])}),
    st.dictionaries(names, values, max_size=2),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=4)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=4)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tree=trees)
def test_whatever_stands_in_the_document_comes_back(tree):
    assert rows.same(back(tree), tree)


@pytest.mark.parametrize(
    "tree",
    [
        PLAN,
        BOUGHT,
        {"all": [PLAN]},
        {"any": [PLAN, {"not": BOUGHT}, {"any": [PLAN, {"not": PLAN}]}, {"not": {"all": [PLAN, BOUGHT]}}]},
        {
            **BOUGHT,
            "where": [
                {"property": "total", "op": "between", "value": [1, 2.5]},
                {"property": "x", "op": "missing"},
            ],
        },
        {"event": "paid", "average": "total", "op": "lt", "value": 100, "since": "entry"},
        {"attribute": "vip", "op": "is", "value": True},
        {"attribute": "age", "op": "in", "value": [20, 30]},
        {"attribute": "", "op": "is", "value": ""},
    ],
)
def test_the_usual_shapes_are_sentences_not_json(tree):
    form = rows.from_tree(tree, Known())
    assert rows.JSON not in {row.kind for top in form.rows for row in [top, *top.rows]}
    assert back(tree) == tree


def test_an_empty_condition_has_no_rows_and_stays_empty():
    assert back(None) == {}
    assert back({}) == {}


def test_rows_are_added_copied_and_removed():
    assert back({}, do="add") == {"attribute": "", "op": "is", "value": ""}
    two = back(PLAN, do="add")
    assert two == {"all": [PLAN, {"attribute": "", "op": "is", "value": ""}]}
    assert back(two, do="remove:1") == {"all": [PLAN]}
    assert back({"any": [PLAN]}, do="copy:0") == {"any": [PLAN, PLAN]}
    assert back(PLAN, do="remove:0") == {}


def test_groups_are_added_filled_and_go_with_their_last_row():
    grouped = back(PLAN, do="group")
    blank = {"attribute": "", "op": "is", "value": ""}
    assert grouped == {"all": [PLAN, {"any": [blank]}]}
    assert back(grouped, do="add:1") == {"all": [PLAN, {"any": [blank, blank]}]}
    assert back(grouped, do="remove:1.0") == {"all": [PLAN]}


@pytest.mark.parametrize(
    "do", ["", "fly", "remove:", "remove:9", "remove:0.9", "remove:9.0", "copy:x", "add:7", "remove:0.0.0"]
)
def test_what_cannot_be_done_changes_nothing_that_is_there(do):
    found = back({"all": [PLAN, BOUGHT]}, do=do)
    assert found["all"][:2] == [PLAN, BOUGHT]


def test_all_becomes_any_and_a_row_is_turned_round():
    assert back({"all": [PLAN, BOUGHT]}, match="any") == {"any": [PLAN, BOUGHT]}
    assert back({"all": [PLAN, BOUGHT]}, **{"1__lead": "not"}) == {"all": [PLAN, {"not": BOUGHT}]}


def test_another_kind_starts_with_blanks():
    assert back(PLAN, **{"0__kind": "event"}) == {"event": "", "op": "at_least", "times": 1}
    assert back(PLAN, **{"0__kind": "segment"}) == {"segment": "", "op": "in"}


def test_another_operator_keeps_what_was_typed():
    assert back(PLAN, **{"0__op": "contains"}) == {"attribute": "plan", "op": "contains", "value": "pro"}
    assert back(PLAN, **{"0__op": "exists"}) == {"attribute": "plan", "op": "exists"}
    assert back(PLAN, **{"0__op": "within_last"}) == {"attribute": "plan", "op": "within_last", "value": ""}


def test_property_tests_are_added_and_removed():
    where = [{"property": "", "op": "is", "value": ""}]
    assert back(BOUGHT, **{"0__do": "where"}) == {**BOUGHT, "where": where}
    assert back({**BOUGHT, "where": where}, **{"0__do": "unwhere:0"}) == BOUGHT


def test_a_count_becomes_a_figure_and_back():
    figure = back(BOUGHT, **{"0__how": "sum", "0__of": "total"})
    assert figure == {"event": "order_completed", "sum": "total", "op": "gte", "value": "", "within": "P30D"}
    assert back({**figure, "value": 5}, **{"0__how": "never"}) == {
        "event": "order_completed",
        "op": "never",
        "within": "P30D",
    }


def test_what_is_typed_has_the_type_that_was_seen(workspace, now):
    for name, kind in (("age", "number"), ("vip", "yes_no"), ("plan", "text")):
        KnownName.objects.create(workspace=workspace, kind="attribute", name=name, type=kind, first_seen=now)

    def typed(name: str, value: str, op: str = "is") -> Any:
        return back({"attribute": name, "op": op, "value": ""}, workspace, **{"0__value": value})["value"]

    assert (typed("age", "34"), typed("age", "x"), typed("vip", "true"), typed("plan", "5")) == (
        34,
        "x",
        True,
        "5",
    )
    assert (typed("plan", "5", "gte"), typed("new", "5"), typed("new", "1.5", "gt")) == (5, "5", 1.5)
    assert (
        back({"attribute": "age", "op": "gte", "value": "many"}, workspace, **{"0__value": "12"})["value"]
        == 12
    )


def test_an_unfinished_condition_is_told_and_kept(db):
    form = form_for()(data=posted({"all": [PLAN, {"event": "", "op": "at_least", "times": 1}]}), prefix="s")
    assert form.errors == {"when": ["Choose an event."]}
    field: Any = form.fields["when"]
    assert field.partial == {"all": [PLAN, {"event": "", "op": "at_least", "times": 1}]}
    html = str(form["when"])
    assert html.count("Choose an event.") == 1
    assert "gm-blank--empty" in html


def test_required_and_not():
    data = posted(None)
    assert form_for()(data=data, prefix="s").errors == {"when": ["Add a condition."]}
    form = form_for(required=False)(data=data, prefix="s")
    assert form.is_valid()
    assert form.cleaned_data == {"when": None}


def test_json_that_is_none_is_kept_as_it_was_written():
    deep = {"all": [{"any": [{"any": [PLAN]}]}]}
    assert back(deep) == deep
    assert back(deep, **{"0__0__json": "{broken"}) == {"all": [{"any": ["{broken"]}]}
    assert back({"all": [{"any": ["{broken"]}]}, **{"0__0__json": '{"event": "a"}'}) == {
        "all": [{"any": [{"event": "a"}]}]
    }


def test_only_the_kinds_asked_for_are_offered(db):
    assert kinds_for(["event", "attribute"]) == ["attribute", "event"]
    html = str(form_for(leaves=["event"])(initial={"when": PLAN})["when"])
    assert 'value="segment"' not in html
    assert 'value="attribute" selected' in html  # what stands there is shown whatever is offered


def test_what_the_workspace_knows_is_suggested(workspace, now, statements):
    KnownName.objects.create(workspace=workspace, kind="event", name="order_completed", first_seen=now)
    KnownName.objects.create(
        workspace=workspace, kind="property", event="order_completed", name="total", first_seen=now
    )
    Segment.objects.create(workspace=workspace, slug="vip", name="Very <important>", condition=PLAN)
    Topic.objects.create(workspace=workspace, slug="offers", name="Offers")
    tree = {
        "all": [
            {**BOUGHT, "where": [{"property": "total", "op": "gte", "value": 5}]},
            {"segment": "vip", "op": "in"},
            {"consent": "email", "topic": "offers", "op": "granted"},
            {"message": "m1", "op": "opened"},
            PLAN,
        ]
    }
    form = form_for(workspace)(initial={"when": tree})
    html = ""

    def render() -> None:
        nonlocal html
        html = str(form["when"])

    assert statements(render) == 3
    for option in (
        "Very &lt;important&gt;</option>",
        "Offers</option>",
        "Welcome</option>",
        '<option value="total">',
    ):
        assert option in html


@pytest.mark.parametrize(
    "data",
    [
        {"s-when-rows": "x"},
        {"s-when-rows": "-1"},
        {"s-when-rows": "99999999"},
        {"s-when-rows": "2"},
        {"s-when-rows": "1", "s-when-0-was_kind": "nonsense"},
        {"s-when-rows": "1", "s-when-0-was_kind": "json", "s-when-0-json": "[" * 20000},
        {
            "s-when-rows": "1",
            "s-when-0-was_kind": "event",
            "s-when-0-tests": "9" * 400,
            "s-when-0-times": "9" * 400,
        },
        {
            "s-when-rows": "1",
            "s-when-0-was_kind": "group",
            "s-when-0-rows": "1",
            "s-when-0-0-was_kind": "group",
        },
        {
            "s-when-rows": "1",
            "s-when-0-was_kind": "attribute",
            "s-when-0-name": "a\0b",
            "s-when-0-op": "is",
            "s-when-0-value": "\ud800",
        },
    ],
)
def test_odd_posts_are_no_errors_of_ours(db, data):
    form = form_for()(data=data, prefix="s")
    form.is_valid()
    assert str(form["when"])
