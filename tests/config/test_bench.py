"""`manage.py bench`: what several runs of a benchmark come to."""

import json
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from config.management.commands import bench


@pytest.fixture
def ran(monkeypatch):
    """A benchmark of the given ratios, one a run; and the sizes with which it was called."""
    sizes = []

    def make(*ratios):
        turns = iter(ratios)

        def run(rows=10, people=2):
            sizes.append((rows, people))
            ratio = next(turns)
            return {
                "rows": rows, "ratio": ratio, "part": {"ratio": ratio / 2, "goal": 0.3}, "of": [ratio],
                "goal": 0.8, "passed": ratio >= 0.8,
            }  # fmt: skip

        monkeypatch.setenv(bench.INSIDE, "1")
        monkeypatch.setattr(bench, "_benchmarks", lambda: {"quick": SimpleNamespace(run=run)})
        return sizes

    return make


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_once_prints_what_was_found(ran, capsys):
    sizes = ran(0.9)
    call_command("bench", "quick")
    (found,) = lines(capsys)
    assert found == {
        "bench": "quick", "rows": 10, "ratio": 0.9, "part": {"ratio": 0.45, "goal": 0.3}, "of": [0.9],
        "goal": 0.8, "passed": True,
    }  # fmt: skip
    assert sizes == [(10, 2)]


def test_runs_print_each_and_then_median_and_spread_beside_the_goal(ran, capsys):
    ran(0.9, 0.5, 0.82)
    call_command("bench", "quick", runs=3)
    *each, all_ = lines(capsys)
    assert [one["ratio"] for one in each] == [0.9, 0.5, 0.82]
    assert all_ == {
        "bench": "quick", "rows": 10, "ratio": 0.82,
        "part": {"ratio": 0.41, "goal": 0.3, "spread": {"ratio": [0.25, 0.45]}},
        "goal": 0.8, "passed": True, "runs": 3, "spread": {"ratio": [0.5, 0.9]},
    }  # fmt: skip


def test_the_median_misses_the_goal_though_one_run_reached_it(ran, capsys):
    ran(0.9, 0.5, 0.6)
    with pytest.raises(CommandError, match="Below the goal: quick"):
        call_command("bench", "quick", runs=3)
    assert lines(capsys)[-1]["ratio"] == 0.6


def test_a_size_is_handed_on(ran, capsys):
    sizes = ran(1.0)
    call_command("bench", "quick", set=["rows=50000000", "people=7"])
    assert sizes == [(50_000_000, 7)]


@pytest.mark.parametrize(
    "arguments", [{"set": ["depth=3"]}, {"set": ["rows"]}, {"set": ["rows=many"]}, {"runs": 0}]
)
def test_what_no_benchmark_knows_is_refused(ran, arguments):
    assert ran(1.0) == []
    with pytest.raises(CommandError):
        call_command("bench", "quick", **arguments)
