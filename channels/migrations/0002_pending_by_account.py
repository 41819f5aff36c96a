from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0001_initial")]

    operations = [
        migrations.RemoveIndex("message", "message_pending"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["account_id", "due_at"],
                name="message_pending",
                condition=models.Q(state="created", frozen=False),
            ),
        ),
    ]
