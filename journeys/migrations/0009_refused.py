import django.contrib.postgres.indexes
from django.db import migrations, models

import lib.stored_json

# Rewritten in place: room on each page, and cleaned up often.
ROOM = """
alter table journeys_refused set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_vacuum_threshold = 1000);
"""


class Migration(migrations.Migration):
    dependencies = [("journeys", "0008_watches")]

    operations = [
        migrations.CreateModel(
            name="Refused",
            fields=[
                ("profile_id", models.BigIntegerField()),
                ("journey_id", models.BigIntegerField()),
                ("trigger", models.TextField()),
                ("version_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("kind", models.TextField()),
                ("why", lib.stored_json.StoredJSON(default=list)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "profile_id",
                        "journey_id",
                        "trigger",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(
                        autosummarize=True, fields=["at"], name="refused_age"
                    )
                ]
            },
        ),
        migrations.RunSQL(ROOM, migrations.RunSQL.noop),
    ]
