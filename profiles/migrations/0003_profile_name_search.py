from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# Word by word the expression of profiles.queries.NAME.
NAME = """
create index profile_name on profiles_profile using gin (
    lower(coalesce(attributes->>'first_name', '') || ' ' || coalesce(attributes->>'last_name', '')
    || coalesce(attributes->>'first_name', '') || ' ' || coalesce(attributes->>'name', '')) gin_trgm_ops
)
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0002_condition_functions")]

    operations = [TrigramExtension(), migrations.RunSQL(NAME, "drop index profile_name")]
