from django.db import migrations

# How conditions read JSON values, without ever failing on one: what is no number, text or moment gives null.
# A moment without a zone is a wall clock in `zone`. The casts are only reached behind a shape that they accept.
FUNCTIONS = r"""
drop function if exists gm_anniversary(jsonb, date, integer);
drop function if exists gm_zone(text, text);
drop function if exists gm_instant(jsonb);
create function gm_text(j jsonb) returns text language sql immutable parallel safe as $$
    select case when jsonb_typeof(j) = 'string' then
        case when octet_length(j #>> '{}') = length(j #>> '{}') then j #>> '{}' else normalize(j #>> '{}', NFC) end
    end
$$;
create function gm_instant(j jsonb, zone text) returns timestamptz language plpgsql stable parallel safe as $$
declare
    t text;
begin
    if jsonb_typeof(j) is distinct from 'string' then return null; end if;
    t := j #>> '{}';
    if length(t) > 40 or t !~ '^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d{1,9})?)?(Z|[-+]\d\d(:?\d\d)?)?)?$'
        or not pg_input_is_valid(t, 'timestamptz') then return null; end if;
    if length(t) > 10 and t ~ '(Z|[-+]\d\d(:?\d\d)?)$' then return t::timestamptz; end if;
    return t::timestamp at time zone zone;
end
$$;
create function gm_days_to_anniversary(j jsonb, zone text, today date) returns integer
language plpgsql stable parallel safe as $$
declare
    day date := gm_instant(j, zone) at time zone zone;
    years int := extract(year from today) - extract(year from day);
    next date := day + make_interval(years => years); -- 29 February: the 28th in other years
begin
    return case when next >= today then next else (day + make_interval(years => years + 1))::date end - today;
end
$$;
create function gm_brief(j jsonb) returns jsonb language sql immutable parallel safe as $$
    select case when pg_column_size(j) > 1000 and length(j::text) > 300 then to_jsonb(left(j::text, 300) || '…') else j end
$$;
"""

DROP = """
drop function gm_brief(jsonb);
drop function gm_days_to_anniversary(jsonb, text, date);
drop function gm_instant(jsonb, text);
drop function gm_text(jsonb);
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0003_profile_name_search")]
    operations = [migrations.RunSQL(FUNCTIONS, DROP)]
