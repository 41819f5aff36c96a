"""Answers to htmx: events for the page, redirects, refreshes."""

import json
from typing import Any

from django.http import HttpResponse


def trigger(response: HttpResponse, event: str, detail: Any = None) -> HttpResponse:
    """Have htmx raise `event` on the element; called twice, both are raised. Header values are ASCII: JSON is too."""
    events = json.loads(response.get("HX-Trigger", "{}"))
    events[event] = detail
    response["HX-Trigger"] = json.dumps(events)
    return response


def go_to(url: str) -> HttpResponse:
    """Load another page, as a redirect would without htmx."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = url
    return response


def refresh() -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Refresh"] = "true"
    return response
