"""/api/v1/profiles/: people, looked up, made, changed, erased; their timeline and journeys."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.http import Http404, StreamingHttpResponse
from django.utils.dateparse import parse_datetime
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
from profiles import journeys_of, masking, queries, record_event, reveal, standard, timeline
from profiles.api.identity_rules import IdentityRulesActions
from profiles.api.joins import JoinActions
from profiles.api.notes import NoteActions
from profiles.api.serializers import ProfileSerializer, TimelineEntrySerializer
from profiles.call import Call
from profiles.erase import erase
from profiles.export import download
from profiles.models import Consent, Profile
from workspaces.access import get_or_404, require
from workspaces.actor import Actor
from workspaces.idempotency import idempotent


class ProfileViewSet(IdentityRulesActions, JoinActions, NoteActions, GenericViewSet[Profile]):
    serializer_class = ProfileSerializer
    lookup_field = "public_id"
    lookup_value_converter = "uuid"
    ordering = ("-id",)
    queryset = Profile.objects.none()
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            OpenApiParameter("search", str, description="Name, or the beginning of an id or address"),
            OpenApiParameter("external_id", str),
            OpenApiParameter("email", str, description="The whole address"),
        ]
    )
    def list(self, request: Request) -> Response:
        actor = self._actor("people.view")
        rows = queries.living(actor)
        given = {
            name: request.query_params.get(name, "").strip() for name in ("external_id", "email", "search")
        }
        if any("\0" in text for text in given.values()):
            raise ApiProblem(400, _("Text may not hold NUL characters."))
        if given["external_id"]:
            rows = rows.filter(external_id=given["external_id"])
        if given["email"]:
            require(actor, "people.view_contact")
            rows = rows.filter(email=given["email"].lower())
        page = self.paginate_queryset(queries.search(rows, given["search"], actor)) or []
        return self.get_paginated_response(self._answer(page, many=True))

    def retrieve(self, request: Request, public_id: Any) -> Response:
        profile = self._profile("people.view")
        return self._one(profile)

    @idempotent
    def _create(self, request: Request) -> Response:
        actor = self._actor("people.import")
        data = self._valid(request)
        if not data.get("external_id"):
            raise serializers.ValidationError({"external_id": _("Say who: an external_id is needed.")})
        if queries.living(actor).filter(external_id=data["external_id"]).exists():
            raise ApiProblem(409, _("Somebody has this external_id already; change her by PATCH."))
        self._record(actor, data, user_id=data["external_id"])
        profile = queries.living(actor).get(external_id=data["external_id"])
        return self._one(profile, status.HTTP_201_CREATED)

    def create(self, request: Request) -> Response:
        return self._create(request)

    @extend_schema(request=ProfileSerializer(partial=True))
    def partial_update(self, request: Request, public_id: Any) -> Response:
        """Merges attributes and consents into what is known."""
        profile = self._profile("people.change")
        require_match(request, _tag(profile))
        data = self._valid(request)
        if "external_id" in data and data["external_id"] != profile.external_id:
            raise serializers.ValidationError(
                {"external_id": _("An external_id is changed by an alias call of the tracking API.")}
            )
        self._record(self._actor("people.change"), data, profile_id=profile.pk)
        profile.refresh_from_db()
        return self._one(profile)

    def destroy(self, request: Request, public_id: Any) -> Response:
        """Erasure: attributes, names, events and consents go for good; journeys end."""
        erase(self._actor("people.change"), self._profile("people.change"), clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        responses=TimelineEntrySerializer(many=True),
        parameters=[
            OpenApiParameter("kind", str, enum=[*timeline.KINDS]),
            OpenApiParameter("event", str, description="Only her events of this name"),
            OpenApiParameter("before", OpenApiTypes.DATETIME),
        ],
    )
    @action(detail=True, methods=["get"])
    def timeline(self, request: Request, public_id: Any) -> Response:
        """Events, messages and steps of journeys, newest first; `next_before` goes on."""
        profile = self._profile("people.view")
        raw, before = request.query_params.get("before", ""), None
        if raw:
            try:
                before = parse_datetime(raw.replace(" ", "+"))
            except ValueError:
                before = None
            if before is None or before.tzinfo is None:
                raise serializers.ValidationError({"before": _("Write a moment like 2026-01-31T09:30:00Z.")})
        page = timeline.read(
            profile,
            before=before,
            kind=request.query_params.get("kind", ""),
            name=request.query_params.get("event", ""),
            limit=50,
            mask=self._mask([profile]),
        )
        results = [
            {"at": e.at, "kind": e.kind, "title": str(e.title), "text": str(e.text), "url": e.url}
            for e in page.entries
        ]
        return Response({"results": results, "next_before": page.next_before})

    @extend_schema(
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/html"): OpenApiTypes.STR},
        parameters=[OpenApiParameter("as", str, enum=["json", "html"])],
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, public_id: Any) -> StreamingHttpResponse:
        """Everything that is kept of the person, in full, as JSON or (`?as=html`) as a page to read. Audited."""
        actor = self._actor("people.export")
        how = "html" if request.query_params.get("as") == "html" else "json"
        return download(actor, self._profile("people.export"), how, clock.now())

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def journeys(self, request: Request, public_id: Any) -> Response:
        """At which step of which journey the person stands, and why."""
        profile = self._profile("people.view")
        return Response(
            {"results": journeys_of.read(self._actor("people.view"), profile, self._mask([profile]))}
        )

    # How it is done

    def _actor(self, ability: str) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        require(actor, ability)
        return actor

    def _profile(self, ability: str) -> Profile:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        profile = get_or_404(actor, Profile, self.kwargs["public_id"])
        require(actor, ability)
        if profile.erased_at or profile.merged_into_id:
            raise Http404("erased or merged")
        return profile

    def _valid(self, request: Request) -> dict[str, Any]:
        serializer = ProfileSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _record(self, actor: Actor, data: dict[str, Any], **who: Any) -> None:
        now = clock.now()
        region = standard.region_of(actor.workspace.default_locale)
        call = Call("identify", now, **who, consents=data.get("consents", {}))
        call.traits = standard.attributes(data.get("attributes", {}), region)
        with transaction.atomic():  # what is refused must not leave a new person behind
            result = record_event.record(actor.workspace.pk, None, [call], now)
            if result.rejected:
                raise serializers.ValidationError({"attributes": result.rejected[0][1]})

    def _one(self, profile: Profile, code: int = status.HTTP_200_OK) -> Response:
        answer = Response(self._answer([profile])[0], status=code)
        return tagged(answer, _tag(profile))  # type: ignore[return-value]

    def _answer(self, profiles: Sequence[Profile], many: bool = True) -> Any:
        consents: dict[int, Any] = {}
        rows = Consent.objects.filter(profile__in=profiles).values_list(
            "profile_id", "medium", "topic", "state"
        )
        for pk, medium, topic, state in rows:
            consents.setdefault(pk, {}).setdefault(medium, {})[topic] = state
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        context = {"actor": actor, "consents": consents, "show": self._mask(profiles)}
        return ProfileSerializer(profiles, many=many, context=context).data

    def _mask(self, profiles: Sequence[Profile]) -> masking.Show:
        """A key shows what its role includes. A browser's session shows what its page does: contact details are hidden
        until somebody has given a reason for this person, and for some minutes."""
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        if len(profiles) == 1 and reveal.until(self.request._request, actor, profiles[0], clock.now()):
            return masking.masker(actor, revealed=True)
        return masking.of_request(self.request)


def _tag(profile: Profile) -> str:
    """Attributes and consents may change by a call at any moment: the tag is what the reader saw."""
    consents = sorted(profile.consents.values_list("medium", "topic", "state"))
    seen = repr((profile.updated_at.isoformat(), profile.external_id, consents))
    return hashlib.sha256(seen.encode()).hexdigest()[:20]
