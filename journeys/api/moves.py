"""`moves/`: people who were moved to another version, how far it has come, and putting them back."""

from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journeys import publishing
from journeys.api.base import JourneyAPI
from journeys.models import Move
from lib import clock
from lib.pagination import NewestFirst
from lib.problems import ApiProblem


class MovesView(JourneyAPI):
    @extend_schema(operation_id="journey_moves", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any) -> Response:
        """All moves of the journey, newest first: {"id", "version", "state": moving, moved, undoing or undone, "total",
        "moved", "released", "sent_on", "ended", "undone", "left", "started_at", "started_by", "finished_at",
        "undo_until", "undoable"}."""
        pages = NewestFirst()
        rows = self.journey(request).moves.select_related("version", "started_by").order_by("-id")
        page = pages.paginate_queryset(rows, request, view=_ById)
        now = clock.now()
        return pages.get_paginated_response([publishing.move_shown(move, now) for move in page or []])


class _ById:
    ordering = ("-id",)


class MoveView(JourneyAPI):
    @extend_schema(operation_id="journey_move", responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, public_id: Any, move_id: int) -> Response:
        """One move and how far it has come."""
        return Response(publishing.move_shown(self._move(request, move_id, "view"), clock.now()))

    @extend_schema(operation_id="journey_move_undo", responses=OpenApiTypes.OBJECT)
    def delete(self, request: Request, public_id: Any, move_id: int) -> Response:
        """Puts back whoever has not moved on since: her version, step and due time as before. Three days long, and only
        the latest move."""
        move = self._move(request, move_id, "publish")
        try:
            publishing.undo_move(self.actor(request), move, now=clock.now())
        except publishing.WrongState as wrong:
            raise ApiProblem(409, str(wrong)) from wrong
        return Response(publishing.move_shown(self._move(request, move_id, "view"), clock.now()))

    def _move(self, request: Request, move_id: int, verb: str) -> Move:
        rows = self.journey(request, verb).moves.select_related("version", "started_by")
        move: Move | None = rows.filter(pk=move_id).first()
        if move is None:
            raise Http404
        return move
