import django.db.models.deletion
from django.db import migrations, models

# Segments belonged to nobody so far, and are everyone's own: what each role may do with such.
GRANTS = """
insert into auth_group (name)
select distinct 'w' || s.workspace_id || '/*/' || r.role
from profiles_segment s cross join unnest(%(roles)s::text[]) r(role)
on conflict (name) do nothing;

insert into guardian_groupobjectpermission (object_pk, content_type_id, group_id, permission_id)
select s.id, p.content_type_id, g.id, p.id
from profiles_segment s
cross join (
    select role, 'view_segment' as codename from unnest(%(roles)s::text[]) r(role)
    union all select role, 'change_segment' from unnest(array['owner', 'admin', 'marketer']) r(role)
) may
join auth_group g on g.name = 'w' || s.workspace_id || '/*/' || may.role
join auth_permission p on p.codename = may.codename
join django_content_type t on t.id = p.content_type_id and t.app_label = 'profiles' and t.model = 'segment'
on conflict do nothing;
""".replace("%(roles)s", "array['owner', 'admin', 'marketer', 'editor', 'approver', 'analyst', 'viewer']")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("guardian", "0003_remove_groupobjectpermission_guardian_gr_content_ae6aec_idx_and_more"),
        ("profiles", "0015_followed_segments"),
        ("workspaces", "0003_message_caps"),
    ]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="team",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="workspaces.team",
            ),
        ),
        migrations.RunSQL(GRANTS, migrations.RunSQL.noop),
    ]
