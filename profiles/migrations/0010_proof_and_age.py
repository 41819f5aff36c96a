"""The proof can't be rewritten; answers from before have their first line in it; events are found by age."""

from django.db import migrations

TRIGGER = """
create function profiles_proof_stays() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - 'profile_id' is distinct from to_jsonb(old) - 'profile_id' then
        raise exception 'the history of consents is never changed';
    end if;
    return new;
end $$;
create trigger profiles_consentchange_stays before update on profiles_consentchange
for each row execute function profiles_proof_stays();
"""
UNDO = "drop trigger profiles_consentchange_stays on profiles_consentchange; drop function profiles_proof_stays();"
BACKFILL = """
insert into profiles_consentchange (profile_id, medium, topic, state, at, recorded_at, how, wording, user_agent)
select profile_id, medium, topic, state, at, at, how, wording, '' from profiles_consent order by id
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0009_consent_and_privacy")]
    operations = [
        migrations.RunSQL(TRIGGER, UNDO),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
        # A handful of pages: rows of a month lie about in the order they happened.
        migrations.RunSQL(
            "create index profiles_event_age on profiles_event using brin (ts)"
            " with (pages_per_range = 32, autosummarize = on)",
            "drop index profiles_event_age",
        ),
    ]
