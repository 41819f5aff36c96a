import re
import uuid

from django.db import models
from django.db.models import F, Func, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Left, Lower

from workspaces.models import Workspace

HANGUL = re.compile("[가-힣]+")


class Profile(models.Model):
    """One customer. `attributes` is the truth; the generated columns are what look-ups and delivery need of it.

    Standard attributes (snake case): email, phone, first_name, last_name, birthday, locale, time_zone, country, city.
    `external_id` is the user id that the company's own systems use.
    """

    public_id = models.UUIDField(
        default=uuid.uuid4, db_default=Func(function="uuidv7"), unique=True, editable=False
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    external_id = models.TextField(null=True, blank=True)  # noqa: DJ001 - unique where there is one
    attributes = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    email = models.GeneratedField(
        expression=Lower(Left(KT("attributes__email"), 254)),
        output_field=models.TextField(null=True),
        db_persist=True,
    )
    phone = models.GeneratedField(
        expression=Left(KT("attributes__phone"), 32),
        output_field=models.TextField(null=True),
        db_persist=True,
    )
    # When attributes were said, in ms: all at attributes_at, but those that attribute_times names (also of some that
    # were taken away). An older call that comes late finds out by them what is newer than itself.
    attributes_at = models.BigIntegerField(default=0, db_default=0)
    attribute_times = models.JSONField(default=dict, db_default=Value({}, models.JSONField()))
    created_at = models.DateTimeField(db_default=Func(function="now"))
    updated_at = models.DateTimeField(db_default=Func(function="now"))
    erased_at = models.DateTimeField(null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "external_id"], name="profile_external_id_once"),
        ]
        indexes = [
            models.Index(F("workspace"), F("email"), name="profile_email"),
            models.Index(F("workspace"), F("phone"), name="profile_phone"),
            models.Index(F("workspace"), F("id").desc(), name="profile_newest"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def display_name(self) -> str:
        """Her name (Korean ones family name first), else the external id, else the address; never empty."""
        return self.name or str(self.external_id or self.email or self.phone or self.public_id)

    @property
    def name(self) -> str:
        """First and last name in the order of their script, or the name as a whole, or ""."""
        first, last, whole = (
            str(self.attributes.get(key) or "") for key in ("first_name", "last_name", "name")
        )
        if first and last and HANGUL.fullmatch(first + last):
            return last + first
        return " ".join(part for part in (first, last) if part) or whole
