"""The rows of events for COPY."""

from collections.abc import Sequence
from datetime import datetime
from struct import pack

import msgspec

from lib import binary_copy
from profiles.call import Call

COLUMNS = "workspace_id, profile_id, name, ts, received_at, source_id, message_id, properties, context"


def lay_out(
    workspace_id: int,
    source_id: int | None,
    events: Sequence[tuple[Call, int]],
    now: datetime,
    ids: Sequence[int] | None,
    origins: Sequence[int | None],
) -> tuple[str, bytes]:
    """(statement, rows). `ids`: the events' numbers; without, the table gives them. `origins`: by which name a user's
    events came."""
    encode, jsonb, text = msgspec.json.encode, binary_copy.jsonb, binary_copy.text
    bigint, moment = binary_copy.bigint, binary_copy.moment
    of_names = any(origins)
    more = (", id" if ids else "") + (", origin_id" if of_names else "")
    head = pack(">h", 9 + bool(ids) + of_names) + bigint(workspace_id)
    shared = moment(now) + bigint(source_id)
    context, encoded = None, b""
    lines = [binary_copy.START]
    for place, (call, pk) in enumerate(events):
        if call.context is not context:  # the calls of a batch often share one
            context, encoded = call.context, jsonb(encode(call.context))
        named = binary_copy.NULL if call.message_id is None else text(call.message_id)
        lines += (head, bigint(pk), text(call.event or ""), moment(call.ts), shared, named)
        lines += (jsonb(encode(call.properties)), encoded)
        if ids:
            lines.append(bigint(ids[place]))
        if of_names:
            lines.append(bigint(origins[place]))
    lines.append(binary_copy.END)
    return f"copy profiles_event ({COLUMNS}{more}) from stdin (format binary)", b"".join(lines)
