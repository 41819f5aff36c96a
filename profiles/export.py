"""Everything that is kept of one person, as JSON for machines or as a page for her: streamed, part by part."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import StreamingHttpResponse
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from profiles import personal_data, wording
from profiles.models import Profile
from workspaces import audit, words
from workspaces.actor import Actor

FORMAT = "gilmok.person/1"
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #17201c }}
section {{ border-top: 1px solid #d9dfdc; padding: 1rem 0 }} h2 {{ font-size: 1.15rem }}
dl {{ display: grid; grid-template-columns: 12rem 1fr; gap: .15rem 1rem; margin: 0 }}
dl.row {{ padding: .6rem 0; border-top: 1px dotted #d9dfdc }} dt {{ color: #5b6661 }}
dd {{ margin: 0; overflow-wrap: anywhere; white-space: pre-wrap }} dd dl {{ grid-template-columns: 9rem 1fr }}
@media (max-width: 40rem) {{ dl {{ grid-template-columns: 1fr }} dd {{ margin-bottom: .4rem }} }}
</style></head><body><h1>{title}</h1><p>{lead}</p>
"""


def note(actor: Actor, profile: Profile, how: str, now: datetime) -> None:
    """The audit entry: who took everything about whom, when."""
    audit.record(actor, "person.exported", profile, {"format": how}, at=now)


def download(actor: Actor, profile: Profile, how: str, now: datetime) -> StreamingHttpResponse:
    """The file, streamed; who took it is noted first."""
    note(actor, profile, how, now)
    if how == "html":
        parts = as_html(profile, actor.workspace.name, actor.workspace.time_zone, now)
        kind = "text/html; charset=utf-8"
    else:
        parts, kind = as_json(profile, now), "application/json"
    response = StreamingHttpResponse(parts, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="person-{profile.public_id}.{how}"'
    response["Cache-Control"] = "no-store"
    return response


def as_json(profile: Profile, now: datetime) -> Iterator[str]:
    ids = personal_data.ids_of(profile)
    yield f'{{"format": {json.dumps(FORMAT)}, "exported_at": {json.dumps(now.isoformat())}'
    for part in personal_data.parts():
        yield f", {json.dumps(part.key)}: ["
        comma = ""
        for row in part.read(profile, ids):
            yield comma + json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)
            comma = ",\n"
        yield "]"
    yield "}\n"


def as_html(profile: Profile, workspace_name: str, zone: str, now: datetime) -> Iterator[str]:
    """A file that opens in any browser, without scripts, in the reader's language."""
    ids = personal_data.ids_of(profile)
    title = _("What %(company)s knows of %(person)s") % {
        "company": workspace_name,
        "person": profile.display_name,
    }
    lead = _("Everything that is kept, as of %(moment)s.") % {"moment": words.full(words.in_zone(now, zone))}
    yield _PAGE.format(lang=get_language() or "en", title=escape(title), lead=escape(lead))
    for part in personal_data.parts():
        yield f"<section><h2>{escape(part.label)}</h2>"
        count = 0
        for row in part.read(profile, ids):
            count += 1
            yield f'<dl class="row">{_entries(row, zone)}</dl>\n'
        if not count:
            yield f"<p>{escape(_('Nothing.'))}</p>"
        yield "</section>\n"
    yield "</body></html>\n"


def _entries(row: dict[str, Any], zone: str) -> str:
    return "".join(
        f"<dt>{escape(wording.attribute_label(str(key)))}</dt><dd>{_value(value, zone)}</dd>"
        for key, value in row.items()
        if value not in (None, "", [], {})
    )


def _value(value: Any, zone: str) -> str:
    if isinstance(value, dict):
        return f"<dl>{_entries(value, zone)}</dl>"
    if isinstance(value, list):
        return "<br>".join(_value(one, zone) for one in value)
    if isinstance(value, datetime):
        return escape(words.full(words.in_zone(value, zone)))
    if isinstance(value, bool):
        return escape(_("Yes") if value else _("No"))
    return escape(str(value))
