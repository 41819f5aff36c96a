from typing import Any, cast

from django.utils.translation import gettext as _
from rest_framework import serializers

from profiles import consent
from profiles.masking import masker
from profiles.models import Profile
from profiles.segment_calls import MAX_NAME, Refused, check
from workspaces.actor import Actor


class ProfileSerializer(serializers.ModelSerializer[Profile]):
    """A person. `attributes` merges on PATCH: null takes one away. Contact details and sensitive attributes are
    masked for readers whose role doesn't include them."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    external_id = serializers.CharField(max_length=MAX_NAME, required=False, allow_null=True)
    attributes = serializers.DictField(required=False)
    consents = serializers.DictField(required=False, help_text='{"email": {"offers": "granted"}}')

    class Meta:
        model = Profile
        fields = ["id", "external_id", "attributes", "consents", "created_at", "updated_at"]
        read_only_fields = ["created_at", "updated_at"]

    def to_representation(self, profile: Profile) -> dict[str, Any]:
        actor: Actor = self.context["actor"]
        shared = cast(dict[str, Any], self.context)
        if "show" not in shared:  # one look at the classes for a whole page of people
            shared["show"] = masker(actor, contacts=True)
        mask = shared["show"]
        return {
            "id": str(profile.public_id),
            "external_id": profile.external_id,
            "attributes": {name: mask(name, value) for name, value in profile.attributes.items()},
            "consents": self.context["consents"].get(profile.pk, {}),
            "created_at": profile.created_at.isoformat(),
            "updated_at": profile.updated_at.isoformat(),
        }

    def validate_attributes(self, value: dict[str, Any]) -> dict[str, Any]:
        if "consents" in value:
            raise serializers.ValidationError(_("Consents stand beside the attributes, not in them."))
        try:
            check(value, "attributes")
        except Refused as refused:
            raise serializers.ValidationError(str(refused)) from None
        return value

    def validate_consents(self, value: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(consent.read(value))
        except ValueError as refused:
            raise serializers.ValidationError(str(refused)) from None


class TimelineEntrySerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    kind = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField()
