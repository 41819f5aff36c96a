"""The numbers on the canvas as they move: once as JSON, or as server-sent events for as long as one looks."""

import json
import threading
import time
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_GET

from journeys import counts, in_flight
from journeys.models import Journey
from lib import clock
from workspaces.access import get_or_404

# A stream holds a thread of the server: past the cap the browser is told to poll instead.
_open = threading.BoundedSemaphore(40)


@require_GET
def journey_counts(request: HttpRequest, id: UUID) -> HttpResponse:  # noqa: A002 - the name in the URL
    journey = get_or_404(request.actor, Journey, id)  # type: ignore[attr-defined]
    return JsonResponse(
        counts.of_journey(journey.pk, clock.now())
        | {"state": journey.state, "move": in_flight.under_way(journey.pk)}
    )


@require_GET
def journey_live(request: HttpRequest, id: UUID) -> HttpResponseBase:  # noqa: A002 - the name in the URL
    """Sends the counts whenever they differ from those sent before, looking once a second."""
    journey = get_or_404(request.actor, Journey, id)  # type: ignore[attr-defined]
    if not _open.acquire(blocking=False):
        return HttpResponse(status=204)
    return StreamingHttpResponse(
        _Stream(journey.pk),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


class _Stream:
    """An iterator with a close(): a browser that goes away gives its place back."""

    def __init__(self, journey_id: int) -> None:
        self.lines = self._lines(journey_id)
        self.released = False

    def __iter__(self) -> Iterator[str]:
        return self.lines

    def close(self) -> None:
        self.lines.close()
        if not self.released:
            self.released = True
            _open.release()

    @staticmethod
    def _lines(journey_id: int):  # type: ignore[no-untyped-def]
        last = None
        end = time.monotonic() + settings.LIVE_SECONDS
        yield "retry: 1000\n\n"
        while time.monotonic() < end:
            state = Journey.objects.filter(pk=journey_id).values_list("state", flat=True).first()
            numbers = counts.of_journey(journey_id, clock.now()) | {
                "state": state,
                "move": in_flight.under_way(journey_id),
            }
            connection.close()  # back to the pool while we sleep
            seen = {key: value for key, value in numbers.items() if key != "at"}
            yield f"data: {json.dumps(numbers)}\n\n" if seen != last else ": still here\n\n"
            last = seen
            time.sleep(1)
