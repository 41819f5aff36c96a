"""Values that name nobody, and what a workspace adds to that. Remembered a few seconds in the process.

A broken source sends the text "null" as everyone's user id; taken at its word, it would make one person of half the
world.
"""

import time
from dataclasses import dataclass

from django.db.models.signals import post_delete, post_save

from profiles.call import Call
from profiles.models import IdentityRules

SECONDS = 5.0
MOST = 10_000
# In lower case. Zeros and dashes alone ("0", "0000", the empty UUID, an advertising id that was refused) count, too.
_WORDS = """
null nil none undefined unknown anonymous anon guest nan n/a na #n/a -1 true false empty void missing default
(null) (none) <null> <nil> {} [] not_set not-set notset noid no_id unidentified
userid user_id user-id anonymousid anonymous_id {{userid}} {{user_id}} %user_id% $user_id
null@null.com none@none.com na@na.com no@email.com noemail@noemail.com test@test.com a@a.com
"""
BLOCKED = frozenset(_WORDS.split()) | {"[object object]", "(not set)", "not set", "not available"}
_known: dict[int, tuple[float, "Rules"]] = {}


@dataclass(frozen=True, slots=True)
class Rules:
    blocked: frozenset[str] = frozenset()
    email_joins: bool = False
    phone_joins: bool = False

    def names_nobody(self, value: str) -> bool:
        low = value.lower()
        return low in BLOCKED or low in self.blocked or not low.strip("-0 ")


def of(workspace_id: int) -> Rules:
    """A change elsewhere counts within SECONDS."""
    at = time.monotonic()
    remembered = _known.get(workspace_id)
    if remembered and remembered[0] > at:
        return remembered[1]
    row = IdentityRules.objects.filter(workspace_id=workspace_id).first()
    rules = Rules(frozenset(row.blocked), row.email_joins, row.phone_joins) if row else Rules()
    if len(_known) > MOST:
        _known.clear()
    _known[workspace_id] = (at + SECONDS, rules)
    return rules


def clean(call: Call, rules: Rules) -> str | None:
    """Takes the names that name nobody out of the call, so that the next one counts; the reason where none is left."""
    refused = None
    user, anonymous = call.user_id, call.anonymous_id
    if user and rules.names_nobody(user):
        refused, call.user_id = f"userId {user[:40]!r} names nobody", None
    if anonymous and rules.names_nobody(anonymous):
        refused, call.anonymous_id = refused or f"anonymousId {anonymous[:40]!r} names nobody", None
    if call.previous_id and rules.names_nobody(call.previous_id):
        return f"previousId {call.previous_id[:40]!r} names nobody"
    if call.names:
        call.names = tuple(name for name in call.names if not rules.names_nobody(name[1]))
    if call.email and rules.names_nobody(call.email):
        refused, call.email = refused or f"email {call.email[:60]!r} names nobody", None
    if call.phone and rules.names_nobody(call.phone):
        refused, call.phone = refused or f"phone {call.phone[:40]!r} names nobody", None
    if refused is None or call.user_id or call.anonymous_id or call.names or call.email or call.phone:
        return None if call.kind != "alias" or call.user_id else refused
    if call.kind == "identify":
        call.email, call.phone = address(call, "email", rules), address(call, "phone", rules)
    return None if call.email or call.phone else refused


def address(call: Call, kind: str, rules: Rules) -> str | None:
    """The address that an identify call gives her, as a name; None where it can't be one."""
    value = call.traits.get(kind)
    if not isinstance(value, str) or not value or len(value) > 200 or rules.names_nobody(value):
        return None
    return value.lower() if kind == "email" else value


def forget(**_: object) -> None:
    _known.clear()


post_save.connect(forget, sender=IdentityRules, dispatch_uid="identity_rules")
post_delete.connect(forget, sender=IdentityRules, dispatch_uid="identity_rules")
