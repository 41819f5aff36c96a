"""/api/v1/profiles/{id}/notes/: what colleagues wrote down about a person."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from lib import clock
from lib.preconditions import require_match, tagged
from lib.problems import ApiProblem
from profiles import masking, notes
from profiles.models import Note, Profile
from workspaces.actor import Actor


class NoteSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    text = serializers.CharField(
        max_length=notes.LONGEST, help_text="Addresses in it are masked like anywhere."
    )
    author = serializers.CharField(source="author.name", default="", read_only=True)
    at = serializers.DateTimeField(source="created_at", read_only=True)
    edited_at = serializers.DateTimeField(read_only=True, allow_null=True)


class NoteActions:
    """Part of the view set of profiles."""

    @extend_schema(methods=["get"], responses=NoteSerializer(many=True))
    @extend_schema(methods=["post"], request=NoteSerializer, responses={201: NoteSerializer})
    @action(detail=True, methods=["get", "post"])
    def notes(self, request: Request, public_id: Any) -> Response:
        """Newest first; POST writes one."""
        writes = request.method == "POST"
        profile: Profile = self._profile("people.note" if writes else "people.view")  # type: ignore[attr-defined]
        if not writes:
            redact = _redactor(request, profile)
            return Response({"results": [_shown(note, redact) for note in notes.of(profile)]})
        if profile.erased_at is not None:
            raise ApiProblem(409, "This person is erased.")
        text = _text(request)
        note = notes.add(request.actor, profile, text, clock.now())  # type: ignore[attr-defined]
        return _tagged(request, profile, note, status.HTTP_201_CREATED)

    @extend_schema(methods=["patch"], request=NoteSerializer, responses=NoteSerializer)
    @extend_schema(methods=["delete"], responses={204: None})
    @action(detail=True, methods=["patch", "delete"], url_path="notes/<uuid:note_id>", url_name="note")
    def one_note(self, request: Request, public_id: Any, note_id: UUID) -> Response:
        """Of who wrote it, and of administrators. PATCH needs If-Match."""
        profile: Profile = self._profile("people.view")  # type: ignore[attr-defined]
        note, actor = notes.find(profile, note_id), _actor(request)
        if request.method == "DELETE":
            notes.remove(actor, note, clock.now())
            return Response(status=status.HTTP_204_NO_CONTENT)
        notes.require_own(actor, note)
        require_match(request, _revision(note))
        notes.change(actor, note, _text(request), clock.now())
        return _tagged(request, profile, note)


def _actor(request: Request) -> Actor:
    return request.actor  # type: ignore[attr-defined, no-any-return]


def _text(request: Request) -> str:
    serializer = NoteSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    try:
        return notes.clean(serializer.validated_data["text"])
    except notes.Unfit as unfit:
        raise serializers.ValidationError({"text": str(unfit)}) from None


def _redactor(request: Request, profile: Profile) -> Any:
    show = masking.of_request(request)
    redact = masking.redactor(profile.attributes, show)
    return lambda text: redact(str(show("", text)))


def _shown(note: Note, redact: Any) -> dict[str, Any]:
    return {**NoteSerializer(note).data, "text": redact(note.text)}


def _revision(note: Note) -> str:
    return str(int((note.edited_at or note.created_at).timestamp() * 1_000_000))


def _tagged(request: Request, profile: Profile, note: Note, code: int = 200) -> Response:
    shown = _shown(note, _redactor(request, profile))
    return tagged(Response(shown, status=code), _revision(note))  # type: ignore[return-value]
