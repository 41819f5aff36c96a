from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('journeys', '0002_stored_json'),
    ]

    operations = [
        migrations.AddField(
            model_name='enrolment',
            name='event_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='finished',
            name='event_id',
            field=models.BigIntegerField(null=True),
        ),
    ]
