"""What a simulation has to say beside its answer: what it could not do as asked, and where the journey itself ends in
the air. One sentence each, naming the place."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from journeys.engine import explain, holdout
from journeys.engine.explain import Walk
from journeys.engine.run import MAX_VISITS
from journeys.models import Failure, Finished
from lib.localtime import zone

if TYPE_CHECKING:
    from journeys.engine.simulate.playing import Run


def of_request(run: "Run") -> Iterator[str]:
    """What can't be taken as it was given."""
    for key in run.found.unread:
        if key == "policy":
            yield _("The journey's rules can't be read, so none of them holds.")
        elif key in run.found.document.triggers:
            yield _("“%(key)s” can't be read, so nobody enters by it.") % {"key": key}
        else:
            yield _("“%(key)s” can't be read, so nobody gets past it.") % {"key": key}
    for key, way in run.draws.items():
        if key == holdout.DRAW:
            continue
        step = run.found.steps.get(key)
        if step is None:
            yield _("A way is drawn at “%(key)s”, but there is no such step.") % {"key": key}
        elif way not in {outlet.key for outlet in step.kind.outlets(step.settings)}:
            title = explain.title(run.found, key)
            yield _("“%(way)s” is no way out of “%(step)s”, so chance decides.") % {"way": way, "step": title}
    for reaction in run.reactions:
        if reaction.step not in run.found.document.steps:
            yield _("There is no step “%(key)s” to react to.") % {"key": reaction.step}
    name = run.profile.attributes.get("time_zone")
    if name and (not isinstance(name, str) or zone(name) is None):
        yield _("“%(zone)s” is no time zone, so the journey's is used.") % {"zone": name}


def of_end(run: "Run", ended: Mapping[int, Finished], walks: Mapping[int, Walk]) -> Iterator[str]:
    """Where she could not go on."""
    for id_, row in ended.items():
        title = explain.title(run.found, row.step)
        if row.outcome == "unconnected":
            last = walks[id_].visits[-1] if walks[id_].visits else None
            yield _("“%(step)s” leads nowhere on its way “%(way)s”, so the walk ends there.") % {
                "step": title,
                "way": _way(run, row.step, last.outlet if last else None),
            }
        elif row.outcome == "too_many_visits":
            yield _("“%(step)s” was visited %(most)s times: the road goes in circles.") % {
                "step": title,
                "most": MAX_VISITS,
            }
    for failure in Failure.objects.filter(journey_id=run.found.journey_id).order_by("pk"):
        yield f"{explain.title(run.found, failure.step)}: {failure.error}"


def _way(run: "Run", step: str, outlet: str | None) -> str:
    known = run.found.steps.get(step)
    if known is None or outlet is None:
        return outlet or ""
    return next((str(o.label) for o in known.kind.outlets(known.settings) if o.key == outlet), outlet)
