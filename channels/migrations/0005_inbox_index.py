from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Beside the running senders: the outbox may be large."""

    atomic = False
    dependencies = [("channels", "0004_inbox")]

    operations = [
        AddIndexConcurrently(
            "message",
            models.Index(
                fields=["profile_id", "id"],
                name="message_inbox",
                condition=models.Q(medium="in_app", state__in=["sent", "delivered"], closed_at=None),
            ),
        ),
    ]
