"""The journeys whose drawing, or whose live version, sends about a topic or writes an answer to it."""

from django.db import connection
from django.urls import reverse

_FIND = """
select j.name, j.public_id from journeys_journey j
where j.workspace_id = %(workspace)s and j.state <> 'archived' and (
    jsonb_path_exists(j.draft, '$.steps.*.settings.topic ? (@ == $t)', jsonb_build_object('t', %(slug)s::text))
    or (j.state in ('live', 'paused') and exists (
        select from journeys_version v
        where v.journey_id = j.id
            and v.number = (select max(number) from journeys_version m where m.journey_id = j.id)
            and jsonb_path_exists(v.document, '$.steps.*.settings.topic ? (@ == $t)',
                                  jsonb_build_object('t', %(slug)s::text)))))
order by j.name, j.id
"""


def of_topic(workspace_id: int, slug: str) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"workspace": workspace_id, "slug": slug})
        return [(name, reverse("journeys:canvas", kwargs={"id": pk})) for name, pk in cursor.fetchall()]
