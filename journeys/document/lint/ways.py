"""Steps that nobody gets to, roads that nobody gets out of, and loops without a wait."""

from collections.abc import Iterator

from journeys.document import fixes
from journeys.document.policy import Policy
from journeys.document.problem import Context, Problem
from journeys.document.roads import Roads


def problems(roads: Roads, policy: Policy | None, context: Context) -> Iterator[Problem]:
    yield from _unreachable(roads, context)
    yield from _endless(roads, policy, context)
    yield from _breathless(roads, context)


def _unreachable(roads: Roads, context: Context) -> Iterator[Problem]:
    _ = context.gettext
    if not roads.document.triggers:
        return
    for key in roads.stops:
        if key not in roads.there:
            yield Problem(
                "warning",
                "unreachable",
                _("Nobody gets here: no road leads to this step."),
                key,
                fix=fixes.fix(_("Remove this step"), fixes.without_step(roads.document, key)),
            )


def _endless(roads: Roads, policy: Policy | None, context: Context) -> Iterator[Problem]:
    """Rings that only the longest stay ends; a rule that makes people leave is a way out, too."""
    if policy is None or policy.exit_when or (policy.goal and policy.goal.on_reach == "leave"):
        return
    loose = {
        key
        for key, stop in roads.stops.items()
        if stop.may_end or any(outlet not in dict(roads.following[key]) for outlet in stop.outlets)
    }
    out = loose | roads.behind(loose)
    if roads.tired:
        return
    # Of all that lead to the same ring its own first step tells.
    for group in reversed(roads.groups):
        members = set(group)
        further = any(target not in members for key in group for _outlet, target in roads.following[key])
        if not further and not members & out and members & roads.there:
            yield Problem(
                "warning",
                "no_way_out",
                context.gettext(
                    "Whoever gets here goes round until the journey's longest stay is over: no road leads to an end."
                ),
                min(group, key=roads.place.__getitem__),
            )


def _breathless(roads: Roads, context: Context) -> Iterator[Problem]:
    _ = context.gettext
    for ring in roads.rings(lambda stop: stop.closes_loops):
        members = set(ring)
        back = [
            (key, outlet)
            for key in ring
            for outlet, target in roads.following[key]
            if target == ring[0] and key in members
        ]
        yield Problem(
            "error",
            "loop_without_wait",
            _("This road leads back here without a wait of at least a minute."),
            ring[0],
            fix=fixes.fix(
                _("Wait a day before going back"), fixes.with_wait(roads.document, back, ring[0], "P1D")
            ),
        )
