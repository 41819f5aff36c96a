from django.db import migrations

# What a call says of a person, folded into what is known: of each attribute the newest is kept. Times are ms; all
# attributes are of `at`, but those that `times` names, also of some that were taken away. What a call only fills in
# (told at 0) gives way to anything. One function, since the row is locked already and nothing is read twice.
TELL = """
create function profiles_tell(
    inout attributes jsonb, inout times jsonb, inout at bigint,
    fill jsonb, given jsonb, gone text[], told jsonb, told_at bigint
) language plpgsql as $$
declare
    was constant bigint := at;
    late boolean;
    name text;
    value jsonb;
begin
    if fill <> '{}' then
        select attributes || coalesce(jsonb_object_agg(f.key, f.value), '{}'),
               times || coalesce(jsonb_object_agg(f.key, 0), '{}')
        into attributes, times
        from jsonb_each(fill) f where not attributes ? f.key;
    end if;
    if given = '{}' and gone = '{}' then
        return;
    end if;
    late := told_at < was or exists (select from jsonb_each(told) t where t.value::bigint < was);
    if late then
        for name, value in select * from jsonb_each(given) union all select g, null from unnest(gone) g loop
            if coalesce((told ->> name)::bigint, told_at)
                < coalesce((times ->> name)::bigint, case when attributes ? name then was else -1 end)
            then
                given := given - name;
                gone := array_remove(gone, name);
            end if;
        end loop;
    end if;
    if told_at > was then
        select times || coalesce(jsonb_object_agg(k, was), '{}') into times
        from jsonb_object_keys(attributes) k where not times ? k;
        at := told_at;
    end if;
    -- What is said keeps no time by name, but where it is other than the row's.
    times := times - array(select jsonb_object_keys(given)) || coalesce((
        select jsonb_object_agg(k, coalesce((told ->> k)::bigint, told_at))
        from (select jsonb_object_keys(given) k union all select unnest(gone)) s
        where not given ? k or coalesce((told ->> k)::bigint, told_at) <> at
    ), '{}');
    attributes := (attributes || given) - gone;
end
$$
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0013_joins")]
    operations = [migrations.RunSQL(TELL, "drop function profiles_tell")]
