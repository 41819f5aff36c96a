from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('workspaces', '0003_message_caps'),
    ]

    operations = [
        migrations.AddField(
            model_name='workspace',
            name='night_consent',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
