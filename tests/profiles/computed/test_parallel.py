"""Many batches at once about the same people: nothing is counted twice or lost, filling in between included."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from profiles import computed, record_event
from profiles.call import Call
from profiles.computed import filling
from profiles.models import ComputedAttribute, Profile
from tests.profiles.computed.conftest import NOW


@pytest.mark.django_db(transaction=True)
def test_parallel_batches_and_a_fill_agree(workspace, source):
    rows = [
        ComputedAttribute.objects.create(
            workspace=workspace, name=name, kind=kind, event="bought", property=prop, state="filling",
            fill_after=NOW, created_at=NOW, updated_at=NOW,
        )
        for name, kind, prop in (("n", "count", ""), ("total", "sum", "x"), ("kinds", "distinct", "x"))
    ]  # fmt: skip
    computed.forget()

    def batch(number):
        try:
            calls = [
                Call(
                    kind="track", ts=NOW - timedelta(hours=(number * 7 + k) % 90), user_id=f"p{k % 3}", event="bought",
                    properties={"x": (number + k) % 5},
                )
                for k in range(6)
            ]  # fmt: skip
            record_event.record(workspace.pk, source.pk, calls, NOW + timedelta(seconds=number))
            if number % 8 == 3:
                filling.fill(NOW + timedelta(seconds=number))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(batch, range(24)))
    filling.fill(NOW + timedelta(minutes=5))
    told = {f"p{who}": [(n + k) % 5 for n in range(24) for k in range(6) if k % 3 == who] for who in range(3)}
    for profile in Profile.objects.filter(workspace=workspace):
        values = told[profile.external_id]
        assert [profile.attributes[row.name] for row in rows] == [len(values), sum(values), len(set(values))]
