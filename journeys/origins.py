"""What channels may say of the journey a message came from: it stands below us, so we tell it."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.urls import reverse

from channels.models import Message
from channels.origins import Origin, Reason
from journeys.engine import explain
from journeys.engine.explain import Walk
from journeys.models import Journey
from profiles.conditions import why_text
from profiles.masking import Show
from workspaces.models import Workspace


class JourneyOrigins:
    def find(self, workspace_id: int, public_id: UUID) -> int | None:
        return (
            Journey.objects.filter(workspace_id=workspace_id, public_id=public_id)
            .values_list("pk", flat=True)
            .first()
        )

    def describe(self, journey_ids: Collection[int]) -> Mapping[int, Origin]:
        rows = Journey.objects.filter(pk__in=journey_ids).values_list("pk", "public_id", "name")
        return {
            pk: Origin(public_id, name, reverse("journeys:canvas", args=[public_id]))
            for pk, public_id, name in rows
        }

    def why(self, messages: Collection[Message], show: Show) -> Mapping[int, Sequence[Reason]]:
        logs = explain.walks(sorted({message.enrolment_id for message in messages if message.enrolment_id}))
        for log in logs.values():
            log.hide(show)
        workspaces = Workspace.objects.in_bulk({message.workspace_id for message in messages})
        return {
            message.pk: _way_to(message, logs[message.enrolment_id], workspaces[message.workspace_id])
            for message in messages
            if message.enrolment_id in logs
        }


def _way_to(message: Message, walk: Walk, workspace: Workspace) -> list[Reason]:
    """The way in, what was decided on the way, and the step that sent it."""
    found: list[Reason] = []
    visits = [one for one in walk.visits if one.arrived_at <= message.created_at and one.found is not None]
    if not visits:
        return found
    first = visits[0]
    assert first.found is not None
    way = first.found.triggers.get(walk.trigger or "")
    if way is not None:
        texts = [text for leaf in walk.entered_why if (text := str(why_text(leaf, workspace)))]
        title = way.trigger.name or str(way.kind.label)
        found.append(Reason(title, " · ".join(texts), first.arrived_at))
    for visit in visits:
        here = visit.found
        assert here is not None
        text = explain.sentence(here, visit, workspace)
        if visit.step == message.step:
            return [*found, Reason(explain.title(here, visit.step), "", visit.arrived_at)]
        if text:
            found.append(Reason(explain.visit_title(here, visit), text, visit.arrived_at))
    return found
