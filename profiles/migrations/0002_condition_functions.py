from django.db import migrations

# What conditions ask of JSON values, without ever failing on one: a text that is no number gives null.
FUNCTIONS = r"""
create function gm_number(j jsonb) returns numeric language sql immutable parallel safe as $$
    select case jsonb_typeof(j)
        when 'number' then (j #>> '{}')::numeric
        when 'string' then case
            when length(j #>> '{}') < 60 and (j #>> '{}') ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\s*$'
            then (j #>> '{}')::numeric end
    end
$$;
create function gm_instant(j jsonb) returns timestamptz language sql stable parallel safe as $$
    select case when jsonb_typeof(j) = 'string' and (j #>> '{}') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
        and pg_input_is_valid(j #>> '{}', 'timestamptz') then (j #>> '{}')::timestamptz end
$$;
create function gm_zone(wanted text, otherwise text) returns text language sql stable parallel safe as $$
    select case when wanted is not null and exists (select 1 from pg_timezone_names where name = wanted)
        then wanted else otherwise end
$$;
create function gm_anniversary(j jsonb, today date, days integer) returns boolean language sql stable parallel safe as $$
    select coalesce((
        select to_char(today + days, 'MM-DD') = to_char(d, 'MM-DD')
            or (to_char(d, 'MM-DD') = '02-29' and to_char(today + days, 'MM-DD') = '02-28'
                and to_char(today + days + 1, 'MM-DD') = '03-01')
        from (select gm_instant(j)::date d) at
    ), false)
$$;
"""

DROP = """
drop function if exists gm_anniversary(jsonb, date, integer);
drop function if exists gm_zone(text, text);
drop function if exists gm_instant(jsonb);
drop function if exists gm_number(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
