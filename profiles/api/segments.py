"""/api/v1/segments/: named sets of people, by a condition or as a list; `preview/` tries a condition that is not saved,
`members/` says who is in one."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from lib import clock
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem
from profiles import masking, membership
from profiles.conditions import Compiled, ConditionError
from profiles.models import Profile, Segment
from profiles.segments import editing, lists, trying
from workspaces.access import get_or_404, require, scoped
from workspaces.actor import Actor

PAGE, MOST_NAMES = 100, 10_000


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    slug = serializers.SlugField(max_length=50, required=False)
    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    kind = serializers.ChoiceField(choices=["rules", "list"], required=False)
    condition = serializers.JSONField(required=False)
    team = serializers.SlugField(
        source="team.slug",
        required=False,
        allow_null=True,
        default=None,
        help_text="The team that owns it: only its members change it. null: everyone's",
    )
    revision = serializers.IntegerField(source="version", read_only=True)
    size = serializers.SerializerMethodField(help_text="null while it is counted for the first time")
    state = serializers.SerializerMethodField(help_text="counting or fresh")

    class Meta:
        model = Segment
        fields = (
            "id",
            "slug",
            "name",
            "description",
            "kind",
            "condition",
            "team",
            "revision",
            "size",
            "state",
        )

    def get_size(self, segment: Segment) -> int | None:
        if segment.is_counting and segment.filled_at is None:
            return None
        sizes: dict[int, int] = self.context.get("sizes", {})
        return sizes.get(segment.pk, segment.size)

    def get_state(self, segment: Segment) -> str:
        return "counting" if segment.is_counting else "fresh"


class PeopleSerializer(serializers.Serializer[Any]):
    people = serializers.ListField(
        child=serializers.CharField(max_length=300),
        max_length=MOST_NAMES,
        help_text="Member numbers, e-mail addresses, phone numbers or ids of people",
    )


class SegmentViewSet(GenericViewSet[Segment]):
    serializer_class = SegmentSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    ordering = ("-id",)
    queryset = Segment.objects.none()
    filter_backends: list[Any] = []

    def get_queryset(self) -> Any:
        rows = scoped(self._actor("segments.view"), Segment).filter(archived_at=None).select_related("team")
        return rows.filter(team__slug=team) if (team := self.request.query_params.get("team")) else rows

    @extend_schema(parameters=[OpenApiParameter("team", str, description="Only those of this team")])
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self._shown(page))

    def create(self, request: Request) -> Response:
        """`slug` is what conditions name; name and slug are made from each other where one is left out. A list
        (`kind`) has no condition; its people come by `members/`."""
        actor = self._actor("segments.edit")
        data = self._valid(request, partial=False)
        kind, slug = data.get("kind", Segment.RULES), data.get("slug", "")
        if kind == Segment.RULES and "condition" not in data:
            raise serializers.ValidationError({"condition": _("Say who belongs to it.")})
        name = data.get("name") or slug.replace("-", " ").replace("_", " ").capitalize()
        try:
            segment = editing.create(
                actor,
                name=name,
                slug=slug,
                kind=kind,
                condition=data.get("condition"),
                description=data.get("description", ""),
                team=_team(data) or "",
                now=clock.now(),
            )
        except ConditionError as error:
            raise refused(error) from error
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        return self._answer(segment, status.HTTP_201_CREATED)

    def retrieve(self, request: Request, public_id: Any) -> Response:
        return self._answer(self._segment())

    @extend_schema(request=SegmentSerializer(partial=True))
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Name, description, condition and team; the slug stays, since journeys name it. Needs If-Match."""
        actor, segment = self._actor("segments.edit"), self._segment("change")
        require_match(request._request, segment.version)
        data = self._valid(request, partial=True)
        given: dict[str, Any] = {
            name: data[name] for name in ("name", "description", "condition") if name in data
        }
        if "team" in data:
            given["team"] = _team(data) or ""
        try:
            segment = editing.change(actor, segment, segment.version, clock.now(), **given)
        except ConditionError as error:
            raise refused(error) from error
        except ValidationError as error:
            raise serializers.ValidationError(error.message_dict) from error
        except editing.Conflict as conflict:
            text = _("Somebody has changed this meanwhile.")
            raise ApiProblem(412, text, revision=conflict.version) from conflict
        return self._answer(segment)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: Any) -> Response:
        """Put away. 409, and where, while journeys or other segments use it."""
        actor = self._actor("segments.edit")
        try:
            editing.archive(actor, self._segment("change"), clock.now())
        except editing.InUse as used:
            where = [{"kind": use.kind, "title": use.title, "how": str(use.how)} for use in used.uses]
            raise ApiProblem(409, _("It is still used."), used_in=where) from used
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """{"condition": {...}} gives the count of people for whom it holds (`estimate` with its range where an exact
        count takes too long, null count where even that does), how many can be reached, and ten of them with why."""
        actor = self._actor("segments.view")
        require(actor, "people.view")
        body = request.data if isinstance(request.data, dict) else {}
        compiled = _compiled(body.get("condition"), actor)
        now, workspace = clock.now(), actor.workspace
        counts = trying.count(workspace, [compiled.root], now)
        total = counts[0] if counts else None
        show = masking.of_request(request)
        people = trying.some(workspace, compiled, now)
        return Response(
            {
                "count": total.value if total else None,
                "estimate": None if total is None or total.exact else {"low": total.low, "high": total.high},
                "reach": {
                    one.medium: one.count.value for one in trying.reach(workspace, compiled.root, total, now)
                }
                if total
                else {},
                "sample": [
                    {
                        "id": person.public_id,
                        "name": masking.name_of(person, show),
                        "why": masking.facts(why, show),
                    }
                    for person, why in people
                ],
            }
        )

    @extend_schema(
        methods=["GET"],
        parameters=[OpenApiParameter("after", int), OpenApiParameter("limit", int)],
        responses=OpenApiTypes.OBJECT,
    )
    @extend_schema(methods=["POST", "DELETE"], request=PeopleSerializer, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get", "post", "delete"], pagination_class=None)
    def members(self, request: Request, public_id: Any) -> Response:
        """Who is in it, in pages (`next` is the `after` of the following one). POST and DELETE put people into a list,
        or take them out; `not_found` are the names that nobody has."""
        if request.method == "GET":
            return self._members(request, self._segment())
        actor, segment = self._actor("segments.edit"), self._segment("change")
        if not segment.is_list:
            raise ApiProblem(409, _("Its condition says who belongs to it; only a list is kept by hand."))
        body = PeopleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        names = [name.strip().replace("\0", "") for name in body.validated_data["people"]]
        found = lists.match(actor.workspace.pk, names)
        people = sorted({pk for pk in found if pk is not None})
        act = lists.put if request.method == "POST" else lists.take_out
        moved = act(actor, segment, people, clock.now())
        unknown = [name for name, pk in zip(names, found, strict=True) if pk is None]
        return Response(
            {"added" if request.method == "POST" else "removed": moved, "not_found": unknown[:MOST_NAMES]}
        )

    def _members(self, request: Request, segment: Segment) -> Response:
        require(self._actor("people.view"), "people.view")
        after, limit = _number(request, "after", 0), min(_number(request, "limit", PAGE), 1000) or PAGE
        with connection.cursor() as cursor:
            cursor.execute(
                "select m.profile_id, m.since from profiles_segmentmember m where m.segment_id = %s "
                "and m.profile_id > %s order by m.profile_id limit %s",
                [segment.pk, after, limit],
            )
            rows = cursor.fetchall()
        people = Profile.objects.in_bulk([pk for pk, _since in rows])
        self._actor("people.view")
        show = masking.of_request(request)
        results = [
            {
                "id": people[pk].public_id,
                "external_id": people[pk].external_id,
                "name": masking.name_of(people[pk], show),
                "since": since,
            }
            for pk, since in rows
            if pk in people
        ]
        return Response({"next": rows[-1][0] if len(rows) == limit else None, "results": results})

    def _actor(self, ability: str) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        require(actor, ability)
        return actor

    def _segment(self, verb: str = "view") -> Segment:
        actor, named = self._actor("segments.view"), self.kwargs["public_id"]
        segment = get_or_404(actor, Segment, named, verb, related=("team",))
        if segment.archived_at is not None:
            raise Http404("it was put away")
        return segment

    def _shown(self, segments: Any) -> Any:
        sizes = membership.sizes_now(segment.pk for segment in segments)
        return SegmentSerializer(segments, many=True, context={"sizes": sizes}).data

    def _answer(self, segment: Segment, code: int = 200) -> Response:
        response = Response(self._shown([segment])[0], status=code)
        tagged(response, segment.version)  # type: ignore[arg-type]
        return response

    def _valid(self, request: Request, *, partial: bool) -> dict[str, Any]:
        serializer = SegmentSerializer(data=request.data, partial=partial)
        serializer.is_valid(raise_exception=True)
        data = dict(serializer.validated_data)
        if not partial and not (data.get("name") or data.get("slug")):
            raise serializers.ValidationError({"slug": _("Give it a name.")})
        return data


def _team(data: dict[str, Any]) -> str | None:
    found: str | None = (data.get("team") or {}).get("slug")
    return found


def _compiled(condition: Any, actor: Actor) -> Compiled:
    try:
        return editing.check(condition, actor.workspace, pointer="/condition")
    except ConditionError as error:
        raise refused(error) from error


def refused(error: ConditionError) -> ApiProblem:
    errors = [{"pointer": at, "detail": message, "code": "condition"} for at, message in error.problems]
    text = _("The condition can't be read.")
    return ApiProblem(400, errors[0]["detail"] if len(errors) == 1 else text, errors=errors)


def _number(request: Request, name: str, default: int) -> int:
    raw = request.query_params.get(name, "")
    return int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 16 else default
