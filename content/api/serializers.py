"""The JSON of contents."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from content.models import Item, ItemVersion
from content.pinning import words

SHAPE = (
    "By language. email: subject, preheader, format (mjml or html), body; sms: body; in_app and social: title, body, "
    "image, actions (a list of {label, url}: 2 at most in_app, 4 social). All are texts and may hold Liquid tokens "
    "over person, entry, context, workspace, unsubscribe_url and view_url."
)


class ItemSerializer(serializers.ModelSerializer[Item]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    team = serializers.SerializerMethodField()
    variants = serializers.SerializerMethodField(help_text=SHAPE)
    updated_by = serializers.SerializerMethodField()

    class Meta:
        model = Item
        fields = (
            "id",
            "slug",
            "name",
            "medium",
            "team",
            "default_locale",
            "variants",
            "revision",
            "created_at",
            "updated_at",
            "updated_by",
        )

    def get_team(self, item: Item) -> str | None:
        return item.team.slug if item.team else None

    def get_variants(self, item: Item) -> dict[str, dict[str, str]]:
        return dict(words(item))  # type: ignore[arg-type]

    def get_updated_by(self, item: Item) -> str | None:
        return item.updated_by.name if item.updated_by else None


class WriteSerializer(serializers.Serializer[Any]):
    """What people write; the places inside of `variants` are checked by the medium."""

    name = serializers.CharField(
        max_length=120, required=False, help_text="Made from the slug if it is left out"
    )
    slug = serializers.CharField(
        max_length=80, required=False, help_text="Made from the name if it is left out"
    )
    medium = serializers.CharField(
        max_length=16, help_text="email, sms, push, in_app, social; fixed once made"
    )
    team = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, help_text="A team's slug; null: everyone's"
    )
    default_locale = serializers.CharField(max_length=16, required=False)
    variants = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False, help_text=SHAPE
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not self.partial and not attrs.get("name"):
            if not attrs.get("slug"):
                raise serializers.ValidationError({"name": _("Give a name or a slug.")})
            attrs["name"] = str(attrs["slug"]).replace("-", " ").replace("_", " ").strip().capitalize()[:120]
        return attrs


class PreviewRequestSerializer(serializers.Serializer[Any]):
    profile = serializers.UUIDField(required=False, allow_null=True, help_text="A person's id")
    attributes = serializers.DictField(required=False, help_text="Or somebody made up")
    entry = serializers.DictField(required=False, help_text="What started the journey")
    context = serializers.DictField(required=False, help_text="What earlier steps wrote")  # type: ignore[assignment]
    locale = serializers.CharField(
        required=False, allow_blank=True, max_length=16, help_text="Instead of the person's own"
    )


class PreviewSerializer(serializers.Serializer[Any]):
    locale = serializers.CharField(help_text="The language that was chosen")
    content = serializers.DictField(
        child=serializers.JSONField(),
        help_text="email: subject, preheader, html, text; sms: body; in_app and social: title, body, image, actions",
    )


class VersionSerializer(serializers.ModelSerializer[ItemVersion]):
    class Meta:
        model = ItemVersion
        fields = ("number", "digest", "default_locale", "variants", "created_at")
