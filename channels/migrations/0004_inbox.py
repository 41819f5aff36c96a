from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0003_stored_json")]

    operations = [migrations.AddField("message", "closed_at", models.DateTimeField(null=True))]
