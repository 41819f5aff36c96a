import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language

from profiles.models.profile import Profile
from workspaces.models import Workspace


class Topic(models.Model):
    """What messages are about: offers, news, orders. Transactional topics need no consent and no quiet hours.

    `media`: the channels on which people may choose it, none for all of them. `double_opt_in`: a yes by e-mail counts
    once it is confirmed from the mailbox. Archived topics are offered nowhere; what was answered stays.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="topics")
    slug = models.SlugField()
    name = models.CharField(max_length=80)
    name_ko = models.CharField(max_length=80, blank=True, default="", db_default="")
    description = models.CharField(max_length=300, blank=True, default="", db_default="")
    description_ko = models.CharField(max_length=300, blank=True, default="", db_default="")
    transactional = models.BooleanField(default=False)
    double_opt_in = models.BooleanField(default=False, db_default=False)
    media = ArrayField(models.CharField(max_length=16), default=list, db_default=[], blank=True)
    position = models.SmallIntegerField(default=0, db_default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "slug"], name="topic_slug_once")]
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        """In the reader's language."""
        return (self.name_ko if _korean() else "") or self.name

    @property
    def shown_description(self) -> str:
        return (self.description_ko if _korean() else "") or self.description


def _korean() -> bool:
    return (get_language() or "").startswith("ko")


class Consent(models.Model):
    """granted or withdrawn, for one medium and one topic ("*": every topic of the medium). No row: unknown."""

    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="consents", db_index=False)
    medium = models.CharField(max_length=16)
    topic = models.CharField(max_length=50)
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    how = models.CharField(max_length=80, blank=True)
    wording = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "medium", "topic"], name="consent_once")]

    def __str__(self) -> str:
        return f"{self.medium}/{self.topic}: {self.state}"


class ConsentChange(models.Model):
    """Every answer that changed something, for ever: the proof. A trigger refuses changes of what was written.

    `at`: when she answered, `recorded_at`: when we heard of it. `wording`: the words she said yes or no to. Goes with
    the person when she is erased.
    """

    id = models.BigAutoField(primary_key=True)
    profile_id = models.BigIntegerField()
    medium = models.CharField(max_length=16)
    topic = models.CharField(max_length=50)
    state = models.CharField(max_length=10)
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    how = models.CharField(max_length=80, blank=True)
    wording = models.TextField(blank=True)
    source_id = models.BigIntegerField(null=True)
    ip = models.GenericIPAddressField(null=True)
    user_agent = models.TextField(blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(fields=["profile_id", "id"], name="consent_change_person")]

    def __str__(self) -> str:
        return f"{self.medium}/{self.topic}: {self.state}"


class PendingConsent(models.Model):
    """A yes that waits for the click in its confirmation mail (double opt-in)."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workspace_id = models.BigIntegerField()
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="+", db_index=False)
    medium = models.CharField(max_length=16)
    topic = models.CharField(max_length=50)
    asked_at = models.DateTimeField()
    how = models.CharField(max_length=80, blank=True)
    wording = models.TextField(blank=True)
    source_id = models.BigIntegerField(null=True)
    address = models.TextField(default="", db_default="")  # confirmed is the mailbox that the mail went to
    mails = models.SmallIntegerField(default=0, db_default=0)
    mailed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["profile", "medium", "topic"], name="pending_consent_once")
        ]

    def __str__(self) -> str:
        return f"{self.medium}/{self.topic} asked {self.asked_at:%Y-%m-%d}"


class Pause(models.Model):
    """Somebody wants a rest: nothing but transactional messages until then."""

    profile_id = models.BigIntegerField(primary_key=True)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.profile_id} until {self.until:%Y-%m-%d}"
