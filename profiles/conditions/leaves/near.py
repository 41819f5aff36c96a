"""Whether somebody was last seen near a store. Great-circle distances on a sphere, without an extension; a box around
the person keeps the arithmetic to the stores that may be near."""

import math
from collections.abc import Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from profiles.conditions.base import Fields, LeafKind
from profiles.conditions.blanks import Blanks, Known, say
from profiles.conditions.builder import Builder
from profiles.conditions.registry import register
from profiles.conditions.tree import Json
from profiles.models import Store

ANY = "store"
RADIUS = 6371.0088  # km
DEGREE = 111.19  # km, the shortest that a degree of latitude is on that sphere
MOST_KM = 20_000

_KM = (
    "2 * {radius} * asin(least(1.0, sqrt(power(sin(radians(s.latitude - w.lat) / 2), 2) + cos(radians(w.lat)) * "
    "cos(radians(s.latitude)) * power(sin(radians(s.longitude - w.lon) / 2), 2))))"
)
# Where the person is near a pole, every meridian is.
_BOX = (
    "s.latitude between w.lat - {degrees} and w.lat + {degrees} and (abs(w.lat) + {degrees} >= 89 or "
    "least(abs(s.longitude - w.lon), 360 - abs(s.longitude - w.lon)) "
    "<= {degrees} / greatest(cos(radians(least(89, abs(w.lat) + {degrees}))), 0.01))"
)


@register
class Near(LeafKind):
    """The last known place is within so many kilometres of a store: any, or the one of that short name."""

    key, label, order = "near", gettext_lazy("who was near"), 60
    keys = ("store", "km")
    untold = True  # the workspace's list of stores may change

    def faults(self, leaf: Json) -> Iterable[tuple[str, str]]:
        if not isinstance(leaf.get("near"), str) or not leaf["near"].strip():
            yield "/near", _("Choose a store.")
        elif len(leaf["near"]) > 60:
            yield "/near", _("This name is too long.")
        km = leaf.get("within_km")
        if isinstance(km, bool) or not isinstance(km, int | float) or not 0 < km <= MOST_KM:
            yield "/within_km", _("Give a distance in kilometres.")

    def value(self, leaf: Json, build: Builder) -> str:
        """{"store", "km"} of the nearest store. Asked about everyone, of one that is near enough, if any is."""
        place = build.profile("attributes") + " -> 'last_place'"
        tests = ["s.workspace_id = %(workspace)s"]
        if leaf["near"] != ANY:
            tests.append(f"s.slug = {build.param(leaf['near'], 'text')}")
        box = _BOX.format(degrees=f"({float(leaf['within_km']) / DEGREE * 1.001!r}::float8)")
        nearest = (
            "(select jsonb_build_object('store', s.slug, 'km', round(d.km::numeric, 3)) from profiles_store s "
            f"cross join lateral (select {_KM.format(radius=RADIUS)} as km) d where {{tests}} "
            "order by d.km, s.id limit 1)"
        )
        found = nearest.format(tests=" and ".join([*tests, box]))
        if not build.everyone:
            found = f"coalesce({found}, {nearest.format(tests=' and '.join(tests))})"
        return (
            f"(select {found} from (select gm_number({place} -> 'lat')::float8 as lat, "
            f"gm_number({place} -> 'lon')::float8 as lon offset 0) w "
            "where w.lat between -90 and 90 and w.lon between -180 and 180)"
        )

    def result(self, leaf: Json, build: Builder, v: str) -> str:
        return (
            f"coalesce(({v} ->> 'km')::numeric <= {build.param(float(leaf['within_km']), 'numeric')}, false)"
        )

    def reads(self, leaf: Json, workspace_id: int) -> Iterable[tuple[str, str]]:
        yield "attribute", "last_place"

    def of_nobody(self, leaf: Json) -> bool | None:
        return False

    def sentence(self, leaf: Json, workspace: Any) -> str:
        words = {"km": distance(leaf["within_km"]), "store": store_name(leaf["near"], workspace)}
        if leaf["near"] == ANY:
            return _("was last seen within %(km)s of a store") % words
        return _("was last seen within %(km)s of “%(store)s”") % words

    def why(self, leaf: Json, value: Any, result: bool, workspace: Any) -> str:
        if not isinstance(value, dict):
            return _("where she was last is not known, or there is no store")
        words = {"km": distance(value["km"]), "store": store_name(value["store"], workspace)}
        if leaf["near"] == ANY:
            return _("was last seen %(km)s from “%(store)s”, the nearest store") % words
        return _("was last seen %(km)s from “%(store)s”") % words

    def empty(self) -> Json:
        return {"near": ANY, "within_km": 3}

    def fields(self, leaf: Json) -> Fields:
        km = leaf.get("within_km")
        return {"store": leaf.get("near", ""), "km": "" if km is None else str(km)}

    def read(self, found: Fields, known: Known) -> Json:
        return {"near": found["store"], "within_km": _number(found["km"])}

    def row(self, found: Fields, blanks: Blanks) -> SafeString:
        choices = [(ANY, pgettext("near", "any store"))]
        if blanks.known.workspace is not None:
            rows = Store.objects.filter(workspace=blanks.known.workspace).order_by("name")
            choices += rows.values_list("slug", "name")[:500]
        return say(
            pgettext("near", "within %(km)s km of %(store)s"),
            km=blanks.text("km", found["km"], _("how far"), kind="number"),
            store=blanks.choice("store", found["store"], choices, _("store")),
        )


def distance(km: float) -> str:
    """350 m, 2.4 km, 12 km."""
    if km < 1:
        return f"{round(km * 1000)} m"
    return f"{km:.1f} km".replace(".0 ", " ") if km < 10 else f"{round(km)} km"


def store_name(slug: str, workspace: Any) -> str:
    if workspace is None or slug == ANY:
        return slug
    return Store.objects.filter(workspace=workspace, slug=slug).values_list("name", flat=True).first() or slug


def _number(text: str) -> Any:
    try:
        found = float(text.strip())
    except ValueError:
        return text or None
    if not math.isfinite(found):
        return text
    return int(found) if found == int(found) else found
