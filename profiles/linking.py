"""Decides in memory, call by call, who of a batch is who. Writes nothing.

A call with a user id says that its other names (anonymous id, external ids, device) are that user's:

- nobody has the name yet: it is the user's
- a person without a user id has it: she becomes that user, or merges into the one who is there
- it came along with other names of another user: it goes to the one with whom it is seen itself
- it was seen with another user itself: a shared device. It joins nobody with nobody any more, stands for a person of
  its own, and what it brought to the first user is taken back (profiles.parting)

A call without one says that its names are one person's, where no more than one user is among them. User ids are joined
by an alias alone. So who is who does not hang on the order in which calls come.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from profiles.call import Call
from profiles.identity_rules import Rules, clean
from profiles.look_up import Found, Key, Node, addresses, by_address, joining
from profiles.models.identity import FOLLOWS, SEEN, SHARED

CROWD = 20  # names of somebody without a user id: one that brings so many together is no person's own
SEVERAL = "names nobody: several people have this {}; name her by her user id"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The name that two were seen with, and the call that said so."""

    key: Key
    call: Call


@dataclass(slots=True)
class Links:
    """The batch's people: one node a call (None: it names nobody we may write to), and what must be written."""

    of_call: list[Node | None]
    names: dict[Key, Node]
    found: Found
    merges: list[tuple[Node, Node, Evidence]] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    states: dict[Key, int] = field(default_factory=dict)
    claims: dict[int, tuple[Node, Evidence]] = field(default_factory=dict)  # by id(node): who became a user
    parted: list[tuple[Key, Node, Node]] = field(
        default_factory=list
    )  # shared name, its own person, the user
    named_by: dict[int, Key] = field(default_factory=dict)  # the name that a call without a user id goes by
    holders: dict[Key, list[Node]] = field(default_factory=dict)  # whom the batch gives an address
    reasons: dict[int, str] = field(default_factory=dict)
    full: frozenset[int] = frozenset()  # ids of those who have so many names that nobody joins them any more

    def pairs(self) -> list[tuple[int, int]]:
        """(merged, into) of profiles that are in the table."""
        ids = [(loser.id, loser.final().id) for loser, _, _ in self.merges]
        return [(a, b) for a, b in ids if a is not None and b is not None]

    def named(self, kind: str, value: str | None) -> Node | None:
        node = self.names.get((kind, value)) if value else None
        return node.final() if node else None

    def state(self, key: Key) -> int:
        return self.states.get(key, FOLLOWS)

    def new(self, external_id: str | None = None) -> Node:
        node = Node(external_id=external_id, is_new=True)
        self.nodes.append(node)
        return node

    def join(self, loser: Node, winner: Node, evidence: Evidence) -> bool:
        if loser is winner:
            return True
        if {loser.id, winner.id} & self.full:
            return False
        loser.into, loser.becomes = winner, None
        winner.names += loser.names
        self.merges.append((loser, winner, evidence))
        return True

    def origin(self, position: int) -> int | None:
        """Minus the number of the name that an event came by, where it is a user's; so it can be given back."""
        key = self.named_by.get(position)
        node = self.names.get(key) if key else None
        if node is None or node.final().external_id is None:
            return None
        number = self.found.identities.get(key)  # type: ignore[arg-type]
        return -number if number else None


def link(calls: Sequence[Call], found: Found, rules: Rules, full: frozenset[int] = frozenset()) -> Links:
    nodes = list({id(node): node for node in found.nodes.values()}.values())
    links = Links([], dict(found.nodes), found, nodes=nodes, states=dict(found.states), full=full)
    for position, call in enumerate(calls):
        links.of_call.append(_place(position, call, links, rules))
    apart = {key for key, _own, _user in links.parted}
    for position, key in links.named_by.items():
        if key in apart:  # what came before it was known to be shared is nobody's either
            links.of_call[position] = links.names[key]
    return links


def cleaned(calls: Sequence[Call], rules: Rules) -> dict[int, str]:
    """Takes out what names nobody; the reasons of the calls that name nobody then."""
    reasons = {}
    for position, call in enumerate(calls):
        if call.profile_id is None and (reason := clean(call, rules)):
            call.user_id = call.anonymous_id = call.previous_id = call.email = call.phone = None
            call.names = ()
            reasons[position] = reason
    return reasons


def _place(position: int, call: Call, links: Links, rules: Rules) -> Node | None:
    if call.profile_id is not None:
        return links.named("id", str(call.profile_id))
    keys = joining(call, rules)
    if call.user_id:
        return _of_user(position, call, keys, links, rules)
    if keys:
        links.named_by[position], node = _of_names(call, keys, links)
        return node
    if key := by_address(call):
        links.named_by[position] = key
        return _of_address(position, key, links)
    return None


def _of_user(position: int, call: Call, keys: list[Key], links: Links, rules: Rules) -> Node | None:
    assert call.user_id
    user = links.named("user_id", call.user_id)
    if user is None:
        user = _claimed(call, keys, links) or links.new(call.user_id)
        links.names["user_id", call.user_id] = user
    for key in keys:
        _attach(key, user, call, links)
    for key in addresses(call, rules):
        _attach_address(key, user, call, links)
    if call.previous_id and call.previous_id != call.user_id and not _alias(call, user, links):
        links.reasons[position] = "this alias was taken back by hand"
        return None
    return user


def _claimed(call: Call, keys: list[Key], links: Links) -> Node | None:
    """A person without a user id who turns out to be this user."""
    for key in keys:
        node = links.named(*key)
        if node is None or node.external_id is not None or links.state(key) == SHARED:
            continue
        node.external_id = call.user_id
        if not node.is_new:
            node.becomes = call.user_id
            links.claims[id(node)] = (node, Evidence(key, call))
        return node
    return None


def _attach(key: Key, user: Node, call: Call, links: Links) -> None:
    node, state = links.named(*key), links.state(key)
    if state == SHARED:
        return
    if node is not None and node is not user:
        if node.external_id is None:
            if not links.join(node, user, Evidence(key, call)):
                return
        elif state == SEEN:
            own = links.new()
            links.parted.append((key, own, node))
            links.names[key], links.states[key] = own, SHARED
            return
    links.names[key], links.states[key] = user, SEEN


def _attach_address(key: Key, user: Node, call: Call, links: Links) -> None:
    """An address joins only somebody who was named by nothing else."""
    holders = links.holders.setdefault(key, [])
    if user not in holders:
        holders.append(user)
    if key not in links.states or links.states[key] == SHARED:
        return
    node = links.named(*key)
    if node is None or node is user:
        return
    if node.external_id is not None:
        links.states[key] = SHARED
    elif links.join(node, user, Evidence(key, call)):
        links.names[key], links.states[key] = user, SEEN


def _of_names(call: Call, keys: list[Key], links: Links) -> tuple[Key, Node]:
    free = [key for key in keys if links.state(key) != SHARED]
    crowded = any(node.names >= CROWD for key in free if (node := links.named(*key)))
    if len(free) < 2 or crowded:
        key = (free or keys)[0]
        return key, links.named(*key) or _named_anew(key, links)
    nodes = list(dict.fromkeys(node for key in free if (node := links.named(*key))))
    users = [node for node in nodes if node.external_id is not None]
    person = (users or nodes or [links.new()])[0]
    for key in free:
        node = links.named(*key)
        if node is None:
            links.names[key] = person
            links.states.setdefault(key, FOLLOWS)
            person.names += 1
        elif (
            node is not person
            and node.external_id is None
            and len(users) < 2
            and links.join(node, person, Evidence(key, call))
        ):
            links.names[key] = person
    return free[0], links.named(*free[0]) or person


def _named_anew(key: Key, links: Links) -> Node:
    links.names[key] = node = links.new()
    links.states.setdefault(key, FOLLOWS)
    node.names = 1
    return node


def _of_address(position: int, key: Key, links: Links) -> Node | None:
    known, holders = links.named(*key), links.holders.get(key, [])
    several = key in links.found.several or (
        links.state(key) == SHARED and known is not None and known.external_id is not None
    )
    people = {node.final() for node in holders} | ({known} if known else set())
    if several or (key not in links.states and len(people) > 1):
        links.reasons[position] = SEVERAL.format(key[0])
        return None
    if known is None:
        known = people.pop() if people else links.new()
        links.names[key] = known
        if known.external_id is None:
            links.states[key] = FOLLOWS
    return known


def _alias(call: Call, user: Node, links: Links) -> bool:
    """An alias joins whatever the old name stands for, a user too. False: somebody took this one back."""
    previous = call.previous_id or ""
    old, visitor = links.named("user_id", previous), links.named("anonymous_id", previous)
    if (previous, call.user_id or "") in links.found.taken_back:
        return False
    if old is not None:
        links.join(old, user, Evidence(("user_id", previous), call))
    if visitor is not None:
        _attach(("anonymous_id", previous), user, call, links)
    elif old is None:
        for kind in ("anonymous_id", "user_id"):
            links.names[kind, previous] = user
        links.states["anonymous_id", previous] = SEEN
    return True
