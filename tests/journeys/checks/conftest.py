import pytest

from content.models import Item, Variant
from journeys import checking
from profiles.models import KnownName
from tests.factories.journeys import NOW
from tests.factories.workspaces import make_workspace

END = {"kind": "end", "settings": {}, "next": {}}


@pytest.fixture
def workspace(db):
    return make_workspace()


@pytest.fixture
def knows(workspace):
    """knows(attribute=["plan"], event={"paid": ["total"]}): as if it had come in."""

    def note(attribute=(), event=None):
        names = [("attribute", "", name) for name in attribute]
        for name, properties in (event or {}).items():
            names += [("event", "", name), *(("property", name, one) for one in properties)]
        KnownName.objects.bulk_create(
            KnownName(workspace=workspace, kind=kind, event=event, name=name, first_seen=NOW)
            for kind, event, name in names
        )

    return note


@pytest.fixture
def mail(workspace):
    """mail("hello", en="Hi", ko="안녕"): a content with these bodies."""

    def make(slug, subject="Hello", **bodies):
        item = Item.objects.create(workspace=workspace, slug=slug, name=slug.capitalize(), medium="email")
        for locale, body in bodies.items():
            data = {"subject": subject, "format": "html", "body": body}
            Variant.objects.create(item=item, locale=locale, data=data)
        return item

    return make


@pytest.fixture
def found(workspace):
    """The problems of a document: (code, step, field)."""

    def look(document):
        return [(p.code, p.step, p.field) for p in checking.find(document, workspace)]

    return look


def draft(triggers=None, policy=None, **steps):
    first = next(iter(steps))
    triggers = triggers or {"t": {"kind": "event", "event": "go"}}
    return {
        "name": "Test",
        "triggers": {key: {"next": first, **one} for key, one in triggers.items()},
        "steps": {**steps, "x": END},
        "policy": policy or {},
    }


def branch(*whens, **more):
    ways = [{"key": f"k{n}", "label": f"Way {n}", "when": when} for n, when in enumerate(whens)]
    following = {f"k{n}": "x" for n in range(len(whens))} | {"else": "x"}
    return {"kind": "branch", "settings": {"branches": ways}, "next": following, **more}


def plan(op, value=None):
    return {"attribute": "plan", "op": op, **({} if value is None else {"value": value})}
