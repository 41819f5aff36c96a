"""Messages are made here, in the transaction of whoever makes them, a whole batch in one statement."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from struct import Struct
from typing import Any

import msgspec
from django.db import IntegrityError, connection, transaction

from channels import tasks
from lib import binary_copy, uuid7
from lib.fast_sql import array, fetch, run, texts
from lib.nudge import nudge


@dataclass(slots=True)
class NewMessage:
    """A row of the outbox to be. `account_id` None: the workspace's default account of the medium.

    state created (goes out when `due_at` has come), held (waits for whoever holds it) or skipped, with its `reason`.
    (enrolment_id, seq) is the idempotency key: the same pair is stored once.
    """

    workspace_id: int
    profile_id: int
    medium: str
    created_at: datetime
    due_at: datetime
    enrolment_id: int | None = None
    seq: int = 0
    journey_id: int | None = None
    version_id: int | None = None
    step: str = ""
    account_id: int | None = None
    content_version_id: int | None = None
    topic: str = ""
    transactional: bool = False
    address: str = ""
    locale: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    state: str = "created"
    reason: str = ""
    expires_at: datetime | None = None


_COLUMNS = {
    "workspace_id": "bigint", "profile_id": "bigint", "medium": "text", "created_at": "timestamptz",
    "due_at": "timestamptz", "enrolment_id": "bigint", "seq": "integer", "journey_id": "bigint",
    "version_id": "bigint", "step": "text", "account_id": "bigint", "content_version_id": "bigint", "topic": "text",
    "transactional": "boolean", "address": "text", "locale": "text", "variables": "json", "state": "text",
    "reason": "text", "expires_at": "timestamptz",
}  # fmt: skip
_OWN = ("profile_id", "enrolment_id", "seq", "address", "locale", "variables")
_SHARED = tuple(name for name in _COLUMNS if name not in _OWN)
_INSERT = f"""
    insert into channels_message ({", ".join(_COLUMNS)})
    select {", ".join("coalesce(r.account_id, a.id)" if name == "account_id" else f"r.{name}" for name in _COLUMNS)}
    from jsonb_to_recordset(%s::jsonb) r({", ".join(f"{name} {type_}" for name, type_ in _COLUMNS.items())})
    left join channels_account a
        on r.account_id is null and a.workspace_id = r.workspace_id and a.medium = r.medium and a.is_default
    on conflict (enrolment_id, seq) do nothing
    returning account_id, state
"""


MANY = 50  # from so many on COPY pays
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def create(cursor: Any, rows: Sequence[NewMessage]) -> set[int]:
    """Insert the rows; a pair (enrolment, seq) that is there already is left as it is.

    Returns the ids of the accounts that got something to send (0: there is none for it), for `wake`.
    """
    if not rows:
        return set()
    if len(rows) >= MANY:
        try:
            with transaction.atomic():
                return _copy(cursor, rows)
        except IntegrityError:
            pass  # one of them is there already: the statement below leaves that one as it is
    cursor.execute(_INSERT, [msgspec.json.encode(rows).decode()])
    return {account or 0 for account, state in cursor.fetchall() if state == "created"}


_COPY = f"copy channels_message (public_id, {', '.join(_COLUMNS)}) from stdin"


def _copy(cursor: Any, rows: Sequence[NewMessage]) -> set[int]:
    """The same for many rows, four times as fast. Raises IntegrityError for a pair that is there."""
    cursor.execute(
        "select workspace_id, medium, id from channels_account where is_default and workspace_id = any(%s)",
        [sorted({row.workspace_id for row in rows})],
    )
    default = {(workspace_id, medium): id_ for workspace_id, medium, id_ in cursor.fetchall()}
    lines, accounts = [], set()
    moments: dict[datetime | None, str] = {None: "\\N"}
    for public_id, row in zip(uuid7.bulk(len(rows), rows[0].created_at), rows, strict=True):
        account = row.account_id or default.get((row.workspace_id, row.medium))
        if row.state == "created":
            accounts.add(account or 0)
        for moment in (row.created_at, row.due_at, row.expires_at):
            if moment is not None and moment not in moments:
                moments[moment] = moment.isoformat()
        # In the order of _COLUMNS; numbers and the names of states need no escapes.
        lines.append(
            f"{public_id}\t{row.workspace_id}\t{row.profile_id}\t{row.medium}\t{moments[row.created_at]}\t{moments[row.due_at]}\t"
            f"{_null(row.enrolment_id)}\t{row.seq}\t{_null(row.journey_id)}\t{_null(row.version_id)}\t{_text(row.step)}\t"
            f"{_null(account)}\t{_null(row.content_version_id)}\t{_text(row.topic)}\t{row.transactional}\t"
            f"{_text(row.address)}\t{_text(row.locale)}\t{_text(msgspec.json.encode(row.variables).decode())}\t"
            f"{row.state}\t{row.reason}\t{moments[row.expires_at]}\n"
        )
    with connection.wrap_database_errors, cursor.copy(_COPY) as copy:
        copy.write("".join(lines))
    return accounts


def _null(number: int | None) -> str:
    return "\\N" if number is None else str(number)


def _text(text: str) -> str:
    return text.translate(_ESCAPES) if _SPECIAL.search(text) else text


@dataclass(slots=True)
class Alike:
    """Messages that differ in person, visit and what their templates read alone: what a step sends to thousands.

    `common` has the rest; `rows` are (profile, enrolment, seq, address, locale, variables as JSON).
    """

    common: NewMessage
    rows: list[tuple[int, int, int, str, str, str]]
    laid_out: bytes = b""  # the rows for COPY, once `lay_out` has made them

    @property
    def many(self) -> bool:
        return len(self.rows) >= MANY


_DEFAULT = (
    "select id from channels_account where is_default and workspace_id = %(workspace_id)s::bigint "
    "and medium = %(medium)s::text"
)

_SHARED_VALUES = {name: f"%({name})s::{_COLUMNS[name]}" for name in _SHARED}
_SHARED_VALUES["account_id"] = f"coalesce(%(account_id)s::bigint, ({_DEFAULT}))"

_ALIKE = f"""
    insert into channels_message (profile_id, enrolment_id, seq, address, locale, variables, {", ".join(_SHARED)})
    select u.profile_id, u.enrolment_id, u.seq, u.address, u.locale, u.variables,
        {", ".join(_SHARED_VALUES[name] for name in _SHARED)}
    from rows from (
        unnest(%(profiles)s::bigint[], %(enrolments)s::bigint[], %(seqs)s::integer[], %(addresses)s::text[],
            %(locales)s::text[]),
        json_array_elements(%(variables)s::json)
    ) u(profile_id, enrolment_id, seq, address, locale, variables)
    on conflict (enrolment_id, seq) do nothing
    returning account_id, state
"""

_ONLY_VALUES = {name: f"%(m_{name})s::{type_}" for name, type_ in _COLUMNS.items()}
_ONLY_VALUES["account_id"] = (
    "coalesce(%(m_account_id)s::bigint, (select id from channels_account where is_default "
    "and workspace_id = %(m_workspace_id)s::bigint and medium = %(m_medium)s::text))"
)
# The same for one message, as a part of its caller's statement: `only_values` are its parameters.
ONLY = f"""
    insert into channels_message ({", ".join(_COLUMNS)}) values ({", ".join(_ONLY_VALUES.values())})
    on conflict (enrolment_id, seq) do nothing
    returning account_id, state
"""


def only_values(alike: Alike) -> dict[str, Any]:
    ((profile, enrolment, seq, address, locale, variables),) = alike.rows
    common = alike.common
    return {f"m_{name}": getattr(common, name) for name in _SHARED} | {
        "m_profile_id": profile, "m_enrolment_id": enrolment, "m_seq": seq, "m_address": address,
        "m_locale": locale, "m_variables": variables,
    }  # fmt: skip


_COPIED = ("public_id", "profile_id", "enrolment_id", "seq", "address", "variables", "locale", *_SHARED)
_COPY_ALIKE = f"copy channels_message ({', '.join(_COPIED)}) from stdin (format binary)"
_LINE = Struct(">hi16siqiqiii").pack  # up to the length of the address
_FIELDS: dict[str, Callable[[Any], bytes]] = {
    "bigint": binary_copy.bigint,
    "boolean": binary_copy.boolean,
    "text": binary_copy.text,
    "timestamptz": binary_copy.moment,
}


def create_alike(cursor: Any, kinds: Sequence[Alike]) -> list[Iterable[int]]:
    """`create` for many of some kinds, in half the time; the accounts are to be read after `fast_sql.together`."""
    many = [alike for alike in kinds if alike.many]
    for alike in many:
        if not alike.laid_out:
            find_account(alike.common)
            lay_out(alike)
    if not many or not _copied(cursor, many):
        return [_inserted(alike) for alike in kinds if alike.rows]
    few = [alike for alike in kinds if alike.rows and not alike.many]
    sent = [alike.common.account_id or 0 for alike in many if alike.common.state == "created"]
    return [sent, *map(_inserted, few)]


def _inserted(alike: Alike) -> Iterator[int]:
    values: dict[str, Any] = {name: getattr(alike.common, name) for name in _SHARED}
    profiles, enrolments, seqs, addresses, locales, variables = zip(*alike.rows, strict=True)
    values |= {"profiles": array(profiles), "enrolments": array(enrolments), "seqs": array(seqs)}
    values |= {
        "addresses": texts(addresses),
        "locales": texts(locales),
        "variables": f"[{','.join(variables)}]",
    }
    return _accounts(run(_ALIKE, values))


def _accounts(made: Any) -> Iterator[int]:
    """Nothing is read before somebody asks."""
    for account, state in made.fetchall():
        if state == "created":
            yield account or 0


def find_account(common: NewMessage) -> None:
    """Names the account where the default one is meant."""
    if common.account_id is None:
        found = fetch(f"select ({_DEFAULT})", {"workspace_id": common.workspace_id, "medium": common.medium})
        common.account_id = found[0][0] if found else None


def lay_out(alike: Alike) -> None:
    """The work of `create_alike` that needs no server, for a caller whose server is busy meanwhile; the account is
    found already."""
    common = alike.common
    shared = b"".join(_FIELDS[_COLUMNS[name]](getattr(common, name)) for name in _SHARED)
    tails: dict[str, bytes] = {}  # by locale
    reads: dict[str, bytes] = {}  # by variables: a schedule's people have the same
    lines: list[bytes] = []
    for public_id, (profile, enrolment, seq, address, locale, variables) in zip(
        uuid7.raw(len(alike.rows), common.created_at), alike.rows, strict=True
    ):
        tail = tails.get(locale)
        if tail is None:
            tail = tails[locale] = binary_copy.text(locale) + shared
        read = reads.get(variables)
        if read is None:
            read = reads[variables] = binary_copy.text(variables)
        to = address.encode()
        lines += (
            _LINE(len(_COPIED), 16, public_id, 8, profile, 8, enrolment, 4, seq, len(to)),
            to,
            read,
            tail,
        )
    alike.laid_out = b"".join(lines)


def _copied(cursor: Any, kinds: Sequence[Alike]) -> bool:
    """False, and nothing is written, when one of them is there already."""
    rows = b"".join(alike.laid_out for alike in kinds)
    try:
        with connection.wrap_database_errors, transaction.atomic(), cursor.copy(_COPY_ALIKE) as copy:
            copy.write(binary_copy.START + rows + binary_copy.END)
    except IntegrityError:
        return False
    return True


def wake(accounts: Iterable[int]) -> None:
    """Tell the senders, once the caller's transaction is committed. A broker that is down costs a second, no more."""
    for account in sorted(set(accounts)):
        nudge(tasks.deliver_account, account)
