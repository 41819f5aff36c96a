"""Near a store: great-circle distances, the nearest one as the reason."""

import math
from datetime import UTC, datetime

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.conditions import Rows, compile_condition, evaluate, sentence
from profiles.conditions.words import why_text
from profiles.models import Profile, Store

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
GANGNAM = (37.4979, 127.0276)
HONGDAE = (37.5563, 126.9236)


@pytest.fixture
def store(workspace):
    def make(slug, place):
        return Store.objects.create(
            workspace=workspace, slug=slug, name=slug.capitalize(), latitude=place[0], longitude=place[1],
            created_at=NOW,
        )  # fmt: skip

    return make


def at(place):
    return {"last_place": {"lat": place[0], "lon": place[1], "at": "2026-03-10T10:00:00.000Z"}}


def test_near_any_store_or_a_named_one(person, holds, store):
    store("gangnam", GANGNAM), store("hongdae", HONGDAE)
    here, far, nowhere = person(at((37.50, 127.03))), person(at((35.1796, 129.0756))), person({})
    assert holds({"near": "store", "within_km": 3}, here, far, nowhere) == [True, False, False]
    assert holds({"near": "gangnam", "within_km": 3}, here, far, nowhere) == [True, False, False]
    assert holds({"near": "hongdae", "within_km": 3}, here, far, nowhere) == [False, False, False]
    assert holds({"near": "store", "within_km": 400}, here, far, nowhere) == [True, True, False]
    assert holds({"near": "gone", "within_km": 20000}, here, far, nowhere) == [False, False, False]


def test_a_place_that_is_none_is_near_nothing(person, holds, store):
    store("gangnam", GANGNAM)
    odd = [
        person({"last_place": value})
        for value in ("Seoul", {"lat": "x", "lon": 1}, {"lat": 99, "lon": 1}, [])
    ]
    assert holds({"near": "store", "within_km": 20000}, *odd) == [False] * 4


def test_why_tells_the_nearest_store_and_how_far(person, workspace, store):
    store("gangnam", GANGNAM), store("hongdae", HONGDAE)
    far = person(at((35.1796, 129.0756)))
    leaf = {"near": "store", "within_km": 3}
    (verdict,) = evaluate([compile_condition(leaf, workspace.pk)], Rows(workspace.pk, [far.pk], NOW))
    (why,) = verdict.why(0)
    assert why["value"]["store"] == "gangnam" and 310 < why["value"]["km"] < 320 and why["result"] is False
    assert (
        why_text(why, workspace)
        == f"was last seen {round(why['value']['km'])} km from “Gangnam”, the nearest store"
    )
    assert sentence(leaf, workspace) == "was last seen within 3 km of a store"
    with translation.override("ko"):
        assert (
            sentence({"near": "gangnam", "within_km": 0.5}, workspace)
            == "마지막 위치가 “Gangnam”에서 500 m 안이에요"
        )


@pytest.mark.parametrize(
    ("leaf", "place"),
    [
        ({"near": "", "within_km": 3}, "/near"),
        ({"near": 5, "within_km": 3}, "/near"),
        ({"near": "store"}, "/within_km"),
        ({"near": "store", "within_km": 0}, "/within_km"),
        ({"near": "store", "within_km": True}, "/within_km"),
        ({"near": "store", "within_km": "3"}, "/within_km"),
    ],
)
def test_what_is_wrong_is_told(leaf, place):
    from profiles.conditions import ConditionError

    with pytest.raises(ConditionError) as refused:
        compile_condition(leaf, 1)
    assert [at for at, _text in refused.value.problems] == [place]


latitudes = st.floats(-90, 90).map(lambda x: round(x, 4))
longitudes = st.floats(-180, 180).map(lambda x: round(x, 4))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(latitudes, longitudes), st.tuples(latitudes, longitudes), st.floats(0.1, 19_000))
def test_the_box_loses_nobody(db, person, workspace, store, here, there, km):
    """Against the plain formula, all over the globe: poles and the date line too."""
    from profiles.conditions import audience

    Store.objects.all().delete()
    Profile.objects.all().delete()
    store("there", there)
    ana = person(at(here))
    d = plain(here, there)
    if abs(d - km) < 0.01:
        return
    leaf = compile_condition({"near": "store", "within_km": km}, workspace.pk)
    assert audience(leaf, workspace.pk, NOW) == ([ana.pk] if d <= km else [])


def plain(a, b):
    (p, q), (r, s) = [map(math.radians, x) for x in (a, b)]
    cosine = math.sin(p) * math.sin(r) + math.cos(p) * math.cos(r) * math.cos(q - s)
    return 6371.0088 * math.acos(max(-1, min(1, cosine)))
