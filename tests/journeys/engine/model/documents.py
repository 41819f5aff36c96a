"""Random journeys: every kind of step that needs nothing from outside, roads that join and part, loops with a wait in
them, all modes of re-entry, exits and goals."""

from typing import Any

from hypothesis import strategies as st

from tests.journeys.engine.model.reference import DURATIONS

EVENTS = ("start", "order", "visit", "quit")
DURATION = st.sampled_from(sorted(DURATIONS))
PAUSES = ("wait", "wait_until", "wait_for_event")


def leaves() -> st.SearchStrategy[dict[str, Any]]:
    counted = {"event": st.sampled_from(EVENTS), "op": st.just("at_least"), "times": st.integers(1, 3)}
    return st.one_of(
        st.fixed_dictionaries(counted),
        st.fixed_dictionaries({**counted, "within": DURATION}),
        st.fixed_dictionaries({**counted, "since": st.just("entry")}),
        st.fixed_dictionaries({"event": st.sampled_from(EVENTS), "op": st.just("never"), "within": DURATION}),
        st.fixed_dictionaries(
            {"attribute": st.just("plan"), "op": st.sampled_from(["is", "is_not"]), "value": st.just("pro")}
        ),
        st.fixed_dictionaries(
            {"attribute": st.just("points"), "op": st.just("gte"), "value": st.integers(0, 5)}
        ),
        st.fixed_dictionaries({"attribute": st.sampled_from(["plan", "points"]), "op": st.just("missing")}),
        st.fixed_dictionaries({"entry": st.just("value"), "op": st.just("gte"), "value": st.integers(0, 9)}),
    )


CONDITIONS = st.recursive(
    leaves(),
    lambda parts: st.one_of(
        st.builds(lambda found: {"all": found}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda found: {"any": found}, st.lists(parts, min_size=1, max_size=3)),
        st.builds(lambda found: {"not": found}, parts),
    ),
    max_leaves=4,
)


@st.composite
def step(draw: Any, alone: bool) -> tuple[str, dict[str, Any], list[str]]:
    """(kind, settings, outlets). `alone`: nobody is in the journey twice, so that steps that depend on the order in
    which her enrolments move may be used."""
    ordered = ("wait_until", "update_profile") if alone else ()
    kind = draw(
        st.sampled_from(("wait", "wait_for_event", "branch", "branch", "split", "send_email", *ordered))
    )
    if kind == "wait":
        return kind, {"for": draw(DURATION)}, ["next"]
    if kind == "wait_until":
        return kind, {"at": draw(st.sampled_from(["00:00", "09:00", "18:30"]))}, ["next"]
    if kind == "wait_for_event":
        ways = [
            {"key": f"k{place}", "event": event}
            | ({"where": [{"property": "value", "op": "gte", "value": at_least}]} if at_least else {})
            for place, (event, at_least) in enumerate(
                draw(
                    st.lists(
                        st.tuples(st.sampled_from(EVENTS[:3]), st.integers(0, 6)), min_size=1, max_size=3
                    )
                )
            )
        ]
        settings = {
            "branches": ways,
            "within": draw(DURATION),
            "already": draw(st.sampled_from(["ignore", "count"])),
        }
        return kind, settings, [*(way["key"] for way in ways), "timeout"]
    if kind == "branch":
        ways = [
            {"key": f"k{place}", "when": when}
            for place, when in enumerate(draw(st.lists(CONDITIONS, min_size=1, max_size=3)))
        ]
        return kind, {"branches": ways}, [*(way["key"] for way in ways), "else"]
    if kind == "split":
        shares = [
            {"key": f"k{place}", "weight": weight}
            for place, weight in enumerate(draw(st.lists(st.integers(1, 90), min_size=1, max_size=3)))
        ]
        return kind, {"shares": shares}, [share["key"] for share in shares]
    if kind == "update_profile":
        settings = draw(
            st.one_of(
                st.builds(lambda plan: {"set": {"plan": plan}}, st.sampled_from(["pro", "free"])),
                st.builds(lambda number: {"increment": {"points": number}}, st.integers(1, 3)),
            )
        )
        return kind, settings, ["next"]
    return kind, {"content": "mail", "topic": "offers"}, ["next"]


@st.composite
def policies(draw: Any) -> dict[str, Any]:
    reentry: dict[str, Any] = {"mode": draw(st.sampled_from(["never", "after_exit", "every_time"]))}
    if reentry["mode"] == "after_exit" and draw(st.booleans()):
        reentry["cooldown"] = draw(DURATION)
    if draw(st.booleans()):
        reentry["key"] = "order"
    found: dict[str, Any] = {"reentry": reentry, "quiet_hours": "none"}
    if draw(st.booleans()):
        found["exit_when"] = [{"event": "quit"} | ({"match_key": True} if reentry.get("key") else {})]
    if draw(st.booleans()):
        found["goal"] = {"event": "order", "within": draw(DURATION), "on_reach": "leave"}
    return found


@st.composite
def documents(draw: Any, policy: dict[str, Any] | None = None) -> dict[str, Any]:
    """With `policy` the document is an edit of one that has it."""
    policy = policy or draw(policies())
    alone = policy["reentry"]["mode"] != "every_time" and not policy["reentry"].get("key")
    made = [draw(step(alone)) for _n in range(draw(st.integers(1, 7)))]
    steps: dict[str, Any] = {}
    for place, (kind, settings, outlets) in enumerate(made):
        later = [f"s{n}" for n in range(place + 1, len(made))] + ["end"]
        # Back is allowed from a wait that lets hours pass: rounds of minutes would take most of the test's time.
        slow = kind == "wait" and settings["for"] in ("PT6H", "P1D", "P3D")
        back = [f"s{n}" for n in range(place + 1)] if slow else []
        steps[f"s{place}"] = {
            "kind": kind,
            "settings": settings,
            "next": {outlet: draw(st.sampled_from([*later, *later, *back])) for outlet in outlets},
        }
    steps["end"] = {"kind": "end", "settings": {"outcome": "done"}, "next": {}}
    trigger: dict[str, Any] = {"kind": "event", "event": "start", "next": "s0"}
    if draw(st.booleans()):
        trigger["where"] = {"entry": "value", "op": "gte", "value": draw(st.integers(0, 5))}
    return {
        "format": "gilmok.journey/1",
        "name": "Model",
        "time_zone": "UTC",
        "triggers": {"t": trigger},
        "steps": steps,
        "policy": policy,
    }
