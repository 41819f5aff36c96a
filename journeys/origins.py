"""What channels may say of the journey a message came from: it stands below us, so we tell it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.urls import reverse

from channels.origins import Origin
from journeys.models import Journey


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
