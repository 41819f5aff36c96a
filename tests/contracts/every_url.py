"""The table of every route: who may do what. test_every_url.py asks each of them as everyone.

A route that is missing here fails the suite: say who may use it before it goes out. Rights are the roles of a member of
the team "email", to which the world's objects belong.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from channels.models import Account, Message, Suppression
from content.media.registry import media
from content.models import Item, Variant
from journeys.models import Journey, Move, Replay, Secret, StoredTest, Version
from lib.secrets import encrypt
from profiles import changing_identity_rules as rules_of
from profiles.models import (
    ComputedAttribute,
    Join,
    KnownName,
    Note,
    Profile,
    Pull,
    Retention,
    Segment,
    Source,
    Store,
    Topic,
    Upload,
)
from tests.factories.workspaces import make_user, make_workspace, team
from workspaces import api_keys
from workspaces.models import Membership, User, Workspace
from workspaces.roles import ROLES, grant

NOW = datetime(2026, 11, 17, 5, 32, tzinfo=UTC)
EVERYONE = frozenset(ROLES)
ADMINS = frozenset({"owner", "admin"})
BUILDERS = ADMINS | {"marketer"}
IMPORTERS = BUILDERS
WRITERS = BUILDERS | {"editor"}
USERS = BUILDERS | {"approver"}  # may send through accounts and see contacts
NOTERS = WRITERS | USERS  # may write notes about people
WATCHERS = BUILDERS | {"analyst"}  # may see sources and what they send
PUBLISHERS = ADMINS | {"approver"}
CALL = {
    "type": "track",
    "userId": "c1",
    "event": "x",
    "batch": [{"type": "track", "userId": "c1", "event": "x"}],
}
DEVICE = {"userId": "c1", "type": "ios", "token": "0123456789abcdef"}
DOCUMENT = {
    "format": "gilmok.journey/1",
    "name": "Welcome",
    "triggers": {"t1": {"kind": "event", "event": "order_placed", "next": "e1"}},
    "steps": {"e1": {"kind": "end", "settings": {}, "next": {}}},
}


GIVEN = {"person": {"attributes": {}}, "start": "2026-01-05T10:00:00Z", "until": "2026-01-06T10:00:00Z"}
FIGURE = {"name": "visits", "kind": "count", "event": "x"}
STORE = {"name": "Hongdae", "latitude": 37.55, "longitude": 126.92}
STEP = {"key": "e1", "kind": "end", "node": '{"kind": "end", "settings": {}}'}


@dataclass
class World:
    """A workspace with one of everything and a member of each role; another with its owner, the stranger."""

    here: Workspace = field(default_factory=make_workspace)

    def __post_init__(self) -> None:
        self.users: dict[str, User] = {role: make_user(self.here, role, ("email",)) for role in ROLES}
        self.users["stranger"] = make_user(make_workspace(), "owner", ("email",))
        email = team(self.here, "email")
        self.journey = Journey.objects.create(workspace=self.here, team=email, name="Welcome", draft=DOCUMENT)
        self.test = StoredTest.objects.create(
            journey=self.journey,
            name="Stays",
            given=GIVEN,
            expect={"entered": 0},
            created_at=NOW,
            updated_at=NOW,
        )
        self.replay = Replay.objects.create(
            journey=self.journey, days=1, sample=1, revision=1, state="done", created_at=NOW
        )
        self.item = Item.objects.create(
            workspace=self.here, team=email, slug="hello", name="Hello", medium="email"
        )
        version = Version.objects.create(journey=self.journey, number=1, document=DOCUMENT, published_at=NOW)
        self.move = Move.objects.create(journey=self.journey, version=version, state="moved", started_at=NOW)
        Variant.objects.create(
            item=self.item, locale="en", data={"subject": "Hi", "format": "html", "body": "<p>Hi</p>"}
        )
        self.account = Account.objects.create(
            workspace=self.here, team=email, name="SMTP", medium="email", kind="smtp", settings={}
        )
        for obj in (self.journey, self.item, self.account):
            grant(obj)
        self.profile = Profile.objects.create(
            workspace=self.here, external_id="c1", attributes={"first_name": "Yujin"}
        )
        self.note = Note.objects.create(
            workspace=self.here, profile=self.profile, text="Called", created_at=NOW
        )
        self.join = Join.objects.create(
            workspace=self.here, at=NOW, kind="anonymous_id", value="a", how="named", person=self.profile,
            before={"user": None, "attributes": {}, "times": {}, "at": 0, "created_at": NOW.isoformat(), "names": [],
                    "consents": [], "proofs": [], "devices": [],
                    "held": {}, "held_consents": [], "upto": 0, "moved": {}},
        )  # fmt: skip
        self.source = Source.objects.create(workspace=self.here, name="Web")
        self.sql = Source.objects.create(workspace=self.here, name="Orders", kind="sql")
        Pull.objects.create(source=self.sql)
        self.hook = Source.objects.create(workspace=self.here, name="CRM", kind="hook")
        self.upload = Upload.objects.create(
            source=Source.objects.create(workspace=self.here, name="Files", kind="file"),
            name="people.csv", size=10, state="done", rejected=1, rejects=5, created_at=NOW,
        )  # fmt: skip
        self.secret = Secret.objects.create(
            workspace=self.here, name="shop", value=encrypt("x"), created_at=NOW, changed_at=NOW
        )
        self.segment = Segment.objects.create(
            workspace=self.here, team=email, slug="all", name="All", condition={"all": []}
        )
        self.segment_list = Segment.objects.create(
            workspace=self.here, team=email, slug="hand", name="By hand", kind="list", stale_since=None
        )
        for segment in (self.segment, self.segment_list):
            grant(segment)
        self.topic = Topic.objects.create(workspace=self.here, slug="offers", name="Offers")
        self.retention = Retention.objects.create(workspace=self.here, event="page", days=30)
        self.suppression = Suppression.objects.create(
            workspace=self.here, medium="email", address="b@example.com", reason="by_hand", at=NOW
        )
        self.message = Message.objects.create(
            workspace_id=self.here.pk, profile_id=self.profile.pk, medium="email", created_at=NOW, due_at=NOW
        )
        self.key, _plain = api_keys.create(self.here, "Shop", "editor", [email], at=NOW)
        self.name = KnownName.objects.create(
            workspace=self.here, kind="attribute", name="plan", type="text", first_seen=NOW
        )
        self.figure = ComputedAttribute.objects.create(
            workspace=self.here, name="orders_ever", kind="count", event="x", state="live", fill_after=NOW,
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        self.store = Store.objects.create(
            workspace=self.here,
            slug="gangnam",
            name="Gangnam",
            latitude=37.5,
            longitude=127.0,
            created_at=NOW,
        )
        self.viewer = Membership.objects.get(user=self.users["viewer"])


@dataclass(frozen=True)
class Rule:
    """Who may; what is sent (form fields, or JSON when `json`); headers."""

    who: frozenset[str]
    body: Callable[[World], Any] = lambda _world: {}
    json: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Route:
    """`of_object`: names something of a workspace, so strangers get 404. `public`: asks for no session. `keyed`: takes
    a source's write key and nothing else, so everyone here is a stranger to it."""

    methods: dict[str, Rule]
    kwargs: Callable[[World], dict[str, Any]] = lambda _world: {}
    of_object: bool = False
    public: bool = False
    keyed: bool = False


def page(who: frozenset[str] = EVERYONE, **more: Rule) -> Route:
    return Route({"GET": Rule(who), **more})


def public(kwargs: Callable[[World], dict[str, Any]] = lambda _world: {}, **methods: Rule) -> Route:
    return Route(methods or {"GET": Rule(EVERYONE)}, kwargs, public=True)


def json_rule(who: frozenset[str], body: Callable[[World], Any] = lambda _world: {}, **headers: str) -> Rule:
    return Rule(who, body, json=True, headers=tuple((k.replace("_", "-"), v) for k, v in headers.items()))


def member_fields(world: World) -> dict[str, Any]:
    return {f"m{world.viewer.pk}-role": "analyst"}


TOKEN: Callable[[World], dict[str, Any]] = lambda _world: {"token": "no-token"}  # noqa: E731


def id_of(name: str, key: str = "id") -> Callable[[World], dict[str, Any]]:
    """The public id of the world's journey, item, account, profile or message as the route's argument `key`."""
    return lambda world: {key: getattr(world, name).public_id}


def of(name: str, key: str = "id", **methods: Rule) -> Route:
    """A route of one object of the world."""
    return Route(methods, id_of(name, key), of_object=True)


def note_route(**methods: Rule) -> Route:
    def named(world: World) -> dict[str, Any]:
        return {"public_id": world.profile.public_id, "note_id": world.note.public_id}

    return Route(methods, named, of_object=True)


def source_route(name: str, **methods: Rule) -> Route:
    return Route(methods, lambda world: {"source_id": getattr(world, name).pk}, of_object=True)


def first_starter() -> dict[str, Any]:
    kind = next(kind for kind in media if kind.starters)
    return {"medium": kind.kind, "key": kind.starters[0].key}


ROUTES: dict[str, Route] = {
    "home": page(),
    "login": public(GET=Rule(EVERYONE)),
    "logout": Route({"POST": Rule(EVERYONE)}, public=True),
    "workspaces:preferences": public(POST=Rule(EVERYONE, lambda _world: {"language": "ko"})),
    "workspaces:team": page(),
    "workspaces:member": Route(
        {"GET": Rule(ADMINS), "POST": Rule(ADMINS, member_fields)},
        lambda world: {"membership_id": world.viewer.pk},
        of_object=True,
    ),
    "workspaces:api-keys": page(ADMINS, POST=Rule(ADMINS, lambda _world: {"name": "K", "role": "viewer"})),
    "workspaces:api-key-revocation": Route(
        {"POST": Rule(ADMINS)}, lambda world: {"key_id": world.key.pk}, of_object=True
    ),
    "schema": public(),
    "api-docs": public(),
    "health": page(PUBLISHERS),
    "health-news": Route({"POST": Rule(PUBLISHERS)}),
    "healthz": public(),
    "readyz": public(),
    "metrics": public(),  # a token of its own, see tests/config/operations/test_metrics.py
    "channels:open": public(TOKEN),
    "channels:click": public(TOKEN),
    "channels:preferences": public(TOKEN, GET=Rule(EVERYONE), POST=Rule(EVERYONE)),
    "channels:confirm": public(TOKEN, GET=Rule(EVERYONE), POST=Rule(EVERYONE)),
    "channels:view": public(TOKEN),
    "channels:callback": public(
        lambda world: {"kind": "smtp", "account_id": world.account.public_id}, POST=Rule(EVERYONE)
    ),
    **{
        f"channels:{name}": Route(
            {"POST": json_rule(EVERYONE)}, lambda world: {"channel": world.account.public_id}, keyed=True
        )
        for name in ("inbox", "inbox-events")
    },
    # Channels
    "channels:list": page(),
    "channels:caps": Route({"POST": Rule(ADMINS, lambda _world: {"email_day": "3"})}),
    "channels:create": Route({"GET": Rule(ADMINS), "POST": Rule(ADMINS)}, lambda _world: {"kind": "smtp"}),
    "channels:edit": of("account", "account_id", GET=Rule(ADMINS), POST=Rule(ADMINS)),
    "channels:test-message": of("account", "account_id", POST=Rule(USERS)),
    "channels:activity": of("account", "account_id", POST=Rule(ADMINS)),
    "channels:delete": of("account", "account_id", POST=Rule(ADMINS)),
    "api-channel-list": page(POST=json_rule(ADMINS)),
    "api-channel-detail": of(
        "account", "public_id", GET=Rule(EVERYONE), PATCH=json_rule(ADMINS), DELETE=json_rule(ADMINS)
    ),
    "api-channel-test-message": of("account", "public_id", POST=json_rule(USERS)),
    "api-message-list": page(),
    "api-message-detail": of("message", "public_id", GET=Rule(EVERYONE)),
    # What sources send
    **{
        f"track-{kind}": Route({"POST": json_rule(EVERYONE, lambda _world: CALL)}, keyed=True)
        for kind in (
            *("identify", "track", "page", "screen", "group", "alias", "batch", "import"),
            *("i", "t", "p", "s", "g", "a", "b"),
        )
    },
    "track-m": public(POST=Rule(EVERYONE)),
    "track-settings": Route({"GET": Rule(EVERYONE)}, lambda _world: {"write_key": "wk_no"}, keyed=True),
    "track-source-config": Route({"GET": Rule(EVERYONE)}, keyed=True),
    "track-devices": Route(
        {
            "POST": json_rule(EVERYONE, lambda _world: DEVICE),
            "DELETE": json_rule(EVERYONE, lambda _world: DEVICE),
        },
        keyed=True,
    ),
    # Journeys
    "journeys:list": page(),
    "journeys:create": Route({"POST": Rule(BUILDERS, lambda _world: {"name": "New", "team": "email"})}),
    "journeys:canvas": of("journey", GET=Rule(EVERYONE)),
    # The panel keeps nothing: readers get it as text.
    "journeys:inspector": of("journey", POST=Rule(EVERYONE, lambda _world: STEP)),
    "journeys:counts": of("journey", GET=Rule(EVERYONE)),
    "journeys:versions": of("journey", GET=Rule(EVERYONE)),
    "journeys:restoration": Route(
        {"POST": Rule(BUILDERS, lambda _world: {"revision": "1"})},
        lambda world: {"id": world.journey.public_id, "number": 1},
        of_object=True,
    ),
    "journeys:undoing": Route(
        {"POST": Rule(PUBLISHERS)},
        lambda world: {"id": world.journey.public_id, "move_id": world.move.pk},
        of_object=True,
    ),
    "journeys:live": of("journey", GET=Rule(EVERYONE)),
    # Asking what would have happened changes nothing.
    "journeys:replay": of("journey", GET=Rule(EVERYONE), POST=Rule(EVERYONE, lambda _world: {"days": "7"})),
    "journeys:step-people": Route(
        {"GET": Rule(EVERYONE)}, lambda world: {"id": world.journey.public_id, "key": "e1"}, of_object=True
    ),
    "journeys:failures": Route(
        {"GET": Rule(PUBLISHERS)}, lambda world: {"id": world.journey.public_id, "key": "e1"}, of_object=True
    ),
    "journeys:resumption": Route(
        {"POST": Rule(PUBLISHERS)}, lambda world: {"id": world.journey.public_id, "key": "e1"}, of_object=True
    ),
    "webhooks:secrets": page(ADMINS, POST=Rule(ADMINS, lambda _world: {"name": "crm", "value": "x"})),
    "webhooks:secret-deletion": Route(
        {"POST": Rule(ADMINS)}, lambda world: {"secret_id": world.secret.pk}, of_object=True
    ),
    "api-journey-list": page(POST=json_rule(BUILDERS, lambda _world: {"name": "New"})),
    "api-journey-detail": of(
        "journey",
        "public_id",
        GET=Rule(EVERYONE),
        PATCH=json_rule(BUILDERS, lambda _world: {"name": "Other"}),
        DELETE=json_rule(BUILDERS),
    ),
    "api-journey-document": of(
        "journey",
        "public_id",
        GET=Rule(EVERYONE),
        PUT=json_rule(BUILDERS, lambda _world: DOCUMENT, If_Match='"1"'),
        PATCH=json_rule(BUILDERS, lambda _world: {"name": "Other"}, If_Match='"1"'),
    ),
    "api-journey-problems": of("journey", "public_id", GET=Rule(EVERYONE)),
    "api-journey-publication": of(
        "journey", "public_id", GET=Rule(EVERYONE), POST=json_rule(PUBLISHERS), DELETE=json_rule(PUBLISHERS)
    ),
    "api-journey-pause": of("journey", "public_id", POST=json_rule(PUBLISHERS), DELETE=json_rule(PUBLISHERS)),
    "api-journey-publication-plan": of("journey", "public_id", GET=Rule(EVERYONE)),
    "api-journey-moves": of("journey", "public_id", GET=Rule(EVERYONE)),
    "api-journey-move": Route(
        {"GET": Rule(EVERYONE), "DELETE": json_rule(PUBLISHERS)},
        lambda world: {"public_id": world.journey.public_id, "move_id": world.move.pk},
        of_object=True,
    ),
    "api-journey-comparison": of("journey", "public_id", GET=Rule(EVERYONE, lambda _world: {"from": "1"})),
    "api-journey-restoration": Route(
        {"POST": json_rule(BUILDERS, If_Match='"1"')},
        lambda world: {"public_id": world.journey.public_id, "number": 1},
        of_object=True,
    ),
    "api-journey-versions": of("journey", "public_id", GET=Rule(EVERYONE)),
    "api-journey-version": Route(
        {"GET": Rule(EVERYONE)},
        lambda world: {"public_id": world.journey.public_id, "number": 1},
        of_object=True,
    ),
    # A test changes nothing.
    "api-journey-simulations": of(
        "journey", "public_id", POST=json_rule(EVERYONE, lambda _world: {"person": {"attributes": {}}})
    ),
    "api-journey-test-people": of("journey", "public_id", GET=Rule(EVERYONE)),
    "api-journey-replays": of("journey", "public_id", GET=Rule(EVERYONE), POST=json_rule(EVERYONE)),
    "api-journey-replay": Route(
        {"GET": Rule(EVERYONE)},
        lambda world: {"public_id": world.journey.public_id, "replay_id": world.replay.public_id},
        of_object=True,
    ),
    "api-journey-tests": of(
        "journey",
        "public_id",
        GET=Rule(EVERYONE),
        POST=json_rule(BUILDERS, lambda _world: {"name": "New", "given": GIVEN}),
    ),
    "api-journey-test-runs": of("journey", "public_id", POST=json_rule(EVERYONE)),
    "api-journey-test": Route(
        {
            "GET": Rule(EVERYONE),
            "PATCH": json_rule(BUILDERS, lambda _world: {"name": "Other"}, If_Match='"1"'),
            "DELETE": json_rule(BUILDERS),
        },
        lambda world: {"public_id": world.journey.public_id, "test_id": world.test.public_id},
        of_object=True,
    ),
    "journeys:starts": of(
        "profile", "public_id", POST=Rule(BUILDERS, lambda world: {"journey": world.journey.public_id})
    ),
    "journeys:why-not": of("profile", "public_id", GET=Rule(EVERYONE)),
    "profile-identity-rules": page(
        PUT=json_rule(
            ADMINS,
            lambda _world: {"blocked": ["kiosk"], "email_joins": False, "phone_joins": False},
            If_Match="*",
        )
    ),
    "profile-joins": of("profile", "public_id", GET=Rule(EVERYONE)),
    "profile-join-undo": Route(
        {"POST": json_rule(ADMINS)},
        lambda world: {"public_id": world.profile.public_id, "number": world.join.pk},
        of_object=True,
    ),
    "profiles:join-undo": Route(
        {"POST": Rule(ADMINS)},
        lambda world: {"public_id": world.profile.public_id, "join_id": world.join.pk},
        of_object=True,
    ),
    "api-profile-why": Route(
        {"GET": Rule(EVERYONE)},
        lambda world: {"public_id": world.profile.public_id, "journey": world.journey.public_id},
        of_object=True,
    ),
    "api-journey-enrolments": of(
        "journey", "public_id", GET=Rule(EVERYONE), POST=json_rule(BUILDERS, lambda _world: {"people": []})
    ),
    "api-journey-failures": of("journey", "public_id", GET=Rule(PUBLISHERS)),
    "api-journey-resumption": of("journey", "public_id", POST=json_rule(PUBLISHERS)),
    # People
    "profiles:list": page(),
    "profiles:person": of("profile", "public_id", GET=Rule(EVERYONE)),
    "profiles:notes": of("profile", "public_id", POST=Rule(NOTERS, lambda _world: {"text": "Called"})),
    "profiles:note": note_route(POST=Rule(ADMINS, lambda _world: {"text": "Called twice"})),
    "profiles:note-removal": note_route(POST=Rule(ADMINS)),
    "profile-notes": of(
        "profile", "public_id", GET=Rule(EVERYONE), POST=json_rule(NOTERS, lambda _world: {"text": "Called"})
    ),
    "profile-note": note_route(
        PATCH=json_rule(ADMINS, lambda _world: {"text": "Called twice"}, If_Match="*"), DELETE=Rule(ADMINS)
    ),
    "journeys:person-test": Route(
        {"GET": Rule(EVERYONE, lambda world: {"journey": str(world.journey.public_id)})},
        id_of("profile", "public_id"),
        of_object=True,
    ),
    "profiles:contact": of("profile", "public_id", POST=Rule(USERS, lambda _world: {"reason": "call back"})),
    "privacy:consent": page(),
    "privacy:night": Route({"POST": Rule(ADMINS, lambda _world: {"on": "1"})}),
    "privacy:topic-new": page(ADMINS, POST=Rule(ADMINS, lambda _world: {"name": "News"})),
    "privacy:topic": Route(
        {"GET": Rule(ADMINS), "POST": Rule(ADMINS, lambda _world: {"name": "Other"})},
        lambda world: {"topic_id": world.topic.pk},
        of_object=True,
    ),
    "privacy:topic-archive": Route(
        {"POST": Rule(ADMINS)}, lambda world: {"topic_id": world.topic.pk}, of_object=True
    ),
    "privacy:topic-place": Route(
        {"POST": Rule(ADMINS, lambda _world: {"step": "1"})},
        lambda world: {"topic_id": world.topic.pk},
        of_object=True,
    ),
    "privacy:rules": page(),
    "privacy:retention": Route({"POST": Rule(ADMINS, lambda _world: {"event": "*", "days": "30"})}),
    "privacy:retention-deletion": Route(
        {"POST": Rule(ADMINS)}, lambda world: {"rule_id": world.retention.pk}, of_object=True
    ),
    "privacy:erasure-rules": Route({"POST": Rule(ADMINS)}),
    "privacy:confirmation": Route({"POST": Rule(ADMINS)}),
    "suppressions:list": page(),
    "suppressions:add": Route(
        {"POST": Rule(IMPORTERS, lambda _world: {"medium": "email", "address": "a@example.com"})}
    ),
    "suppressions:import": Route({"POST": Rule(IMPORTERS)}),
    "suppressions:removal": Route(
        {"POST": Rule(ADMINS)}, lambda world: {"suppression_id": world.suppression.pk}, of_object=True
    ),
    "profile-export": of("profile", "public_id", GET=Rule(ADMINS)),
    "profiles:export": of("profile", "public_id", POST=Rule(ADMINS)),
    "profiles:erasure": of("profile", "public_id", POST=Rule(ADMINS)),
    "profiles:sources": page(WATCHERS, POST=Rule(ADMINS, lambda _world: {"name": "Shop", "kind": "web"})),
    "profiles:identity-rules": page(
        WATCHERS,
        POST=Rule(
            ADMINS,
            lambda world: {"blocked": "kiosk", "seen": rules_of.revision(rules_of.current(world.here.pk))},
        ),
    ),
    "profiles:live-calls": page(WATCHERS),
    "profiles:source": source_route("source", GET=Rule(WATCHERS)),
    "profiles:source-name": source_route("source", POST=Rule(ADMINS, lambda _world: {"name": "Other"})),
    "profiles:source-key": source_route("source", POST=Rule(ADMINS, lambda _world: {"hours": "24"})),
    "profiles:source-key-shown": source_route("source", POST=Rule(ADMINS)),
    "profiles:source-key-old": source_route("source", POST=Rule(ADMINS)),
    "profiles:source-pause": source_route("source", POST=Rule(ADMINS)),
    "profiles:source-database": source_route("sql", POST=Rule(ADMINS)),
    "profiles:source-mapping": source_route("sql", POST=Rule(ADMINS)),
    "profiles:source-fetch": source_route("sql", POST=Rule(ADMINS)),
    "profiles:source-hook": source_route("hook", POST=Rule(ADMINS)),
    "profiles:source-hook-preview": source_route("hook", POST=Rule(ADMINS)),
    "profiles:upload-new": page(IMPORTERS, POST=Rule(IMPORTERS, lambda _world: {"name": "a.csv"})),
    "profiles:upload": of("upload", "public_id", GET=Rule(IMPORTERS)),
    "profiles:upload-piece": of("upload", "public_id", POST=Rule(IMPORTERS)),
    "profiles:upload-mapping": of("upload", "public_id", POST=Rule(IMPORTERS)),
    "profiles:upload-cancellation": of("upload", "public_id", POST=Rule(IMPORTERS)),
    "profiles:upload-rejects": Route(
        {"GET": Rule(IMPORTERS)}, lambda world: {"public_id": world.upload.public_id}, of_object=True
    ),
    "hook": Route({"POST": json_rule(EVERYONE)}, lambda _world: {"key": "no-key"}, keyed=True),
    # Data
    "profiles:names": page(),
    "profiles:name": Route(
        {"GET": Rule(EVERYONE), "POST": Rule(BUILDERS, lambda _world: {"description": "What she pays"})},
        lambda world: {"name_id": world.name.pk},
        of_object=True,
    ),
    "profiles:computed-list": page(),
    "profiles:computed-new": page(BUILDERS, POST=Rule(BUILDERS, lambda _world: FIGURE)),
    "profiles:computed": of(
        "figure", "public_id", GET=Rule(EVERYONE), POST=Rule(BUILDERS, lambda _world: FIGURE)
    ),
    "profiles:computed-removal": of("figure", "public_id", POST=Rule(BUILDERS)),
    "profiles:stores": page(POST=Rule(BUILDERS, lambda _world: STORE)),
    "profiles:store": of("store", "public_id", GET=Rule(BUILDERS), POST=Rule(BUILDERS, lambda _world: STORE)),
    "profiles:store-deletion": of("store", "public_id", POST=Rule(BUILDERS)),
    "catalogue-list": page(),
    "catalogue-detail": Route(
        {
            "GET": Rule(EVERYONE),
            "PATCH": json_rule(BUILDERS, lambda _world: {"description": "x"}, If_Match="*"),
        },
        lambda world: {"pk": world.name.pk},
        of_object=True,
    ),
    "computed-list": page(POST=json_rule(BUILDERS, lambda _world: FIGURE)),
    "computed-detail": of(
        "figure",
        "public_id",
        GET=Rule(EVERYONE),
        PATCH=json_rule(BUILDERS, lambda _world: {"description": "x"}, If_Match="*"),
        DELETE=json_rule(BUILDERS),
    ),
    "store-list": page(POST=json_rule(BUILDERS, lambda _world: STORE)),
    "store-detail": of(
        "store",
        "public_id",
        GET=Rule(EVERYONE),
        PATCH=json_rule(BUILDERS, lambda _world: {"name": "Hongdae"}, If_Match="*"),
        DELETE=json_rule(BUILDERS),
    ),
    # Content
    "content:list": page(),
    "content:create": page(
        WRITERS, POST=Rule(WRITERS, lambda _world: {"name": "New", "medium": "email", "team": "email"})
    ),
    "content:people": page(),
    "content:starter": Route({"GET": Rule(EVERYONE)}, lambda _world: first_starter()),
    "content:editor": of("item", "public_id", GET=Rule(EVERYONE)),
    "content:draft": of(
        "item", "public_id", PUT=json_rule(WRITERS, lambda _world: {"name": "Other"}, If_Match='"1"')
    ),
    # A preview keeps nothing.
    "content:preview": of("item", "public_id", GET=Rule(EVERYONE), POST=json_rule(EVERYONE)),
    "content:archive": of("item", "public_id", POST=Rule(WRITERS)),
    "profile-list": page(POST=json_rule(IMPORTERS, lambda _world: {"external_id": "c2"})),
    "profile-detail": of(
        "profile",
        "public_id",
        GET=Rule(EVERYONE),
        PATCH=json_rule(ADMINS, lambda _world: {"attributes": {"city": "Seoul"}}),
        DELETE=json_rule(ADMINS),
    ),
    "profile-journeys": of("profile", "public_id", GET=Rule(EVERYONE)),
    "profile-timeline": of("profile", "public_id", GET=Rule(EVERYONE)),
    "segments:list": page(),
    "segments:new": page(
        BUILDERS, POST=Rule(BUILDERS, lambda _world: {"name": "New", "save": "1", "condition": '{"all": []}'})
    ),
    "segments:new-list": Route({"POST": Rule(BUILDERS, lambda _world: {"name": "Staff"})}),
    "segments:live": Route({"POST": Rule(EVERYONE)}),
    "segments:segment": of("segment", "public_id", GET=Rule(EVERYONE), POST=Rule(BUILDERS)),
    "segments:copy": of("segment", "public_id", POST=Rule(BUILDERS)),
    "segments:archive": of("segment", "public_id", POST=Rule(BUILDERS)),
    "segments:members": of("segment_list", "public_id", POST=Rule(BUILDERS, lambda _world: {"names": "c1"})),
    "segments:upload": of("segment_list", "public_id", POST=Rule(BUILDERS)),
    "segment-list": page(POST=json_rule(BUILDERS, lambda _world: {"slug": "new", "condition": {"all": []}})),
    "segment-detail": of(
        "segment",
        "public_id",
        GET=Rule(EVERYONE),
        PATCH=json_rule(BUILDERS, lambda _world: {"name": "VIPs"}, If_Match="*"),
        DELETE=Rule(BUILDERS),
    ),
    "segment-members": of(
        "segment_list",
        "public_id",
        GET=Rule(EVERYONE),
        POST=json_rule(BUILDERS, lambda _world: {"people": ["c1"]}),
        DELETE=json_rule(BUILDERS, lambda _world: {"people": ["c1"]}),
    ),
    "segment-preview": Route({"POST": json_rule(EVERYONE, lambda _world: {"condition": {"all": []}})}),
    "api-content-list": page(
        POST=json_rule(WRITERS, lambda _world: {"slug": "new", "name": "New", "medium": "email"})
    ),
    "api-content-detail": of(
        "item",
        "public_id",
        GET=Rule(EVERYONE),
        PUT=json_rule(WRITERS, If_Match='"1"'),
        PATCH=json_rule(WRITERS, lambda _world: {"name": "Other"}, If_Match='"1"'),
        DELETE=json_rule(WRITERS),
    ),
    "api-content-preview": of("item", "public_id", POST=json_rule(EVERYONE)),
    "api-content-problems": of("item", "public_id", GET=Rule(EVERYONE)),
    "api-content-versions": of("item", "public_id", GET=Rule(EVERYONE)),
}
