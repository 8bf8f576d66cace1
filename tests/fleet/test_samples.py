"""Samples: what is packed comes out, what isn't known stays unknown, and a year stays small."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.fleet.known import Known, Numbers, State
from bot.fleet.samples import (
    FIVES,
    HOURS,
    MINUTES,
    Sample,
    put,
    sample_of,
    samples_in,
    thinned,
    up_share,
)

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NUMBERS = Numbers(memory_bytes=3 << 30, disk_bytes=5 << 30, cpu_percent=42.5, uptime_seconds=9.0)


def minute(offset: int, *, cpu: float = 10.0, up: int = 1, players: int | None = 2) -> Sample:
    return Sample(
        at=AT + timedelta(minutes=offset),
        cpu_percent=cpu,
        memory_bytes=1 << 30,
        disk_bytes=1 << 30,
        players=players,
        known=1,
        up=up,
    )


@given(
    place=st.integers(0, 59),
    cpu=st.floats(0, 6000),
    memory=st.integers(0, 4 << 40),
    disk=st.none() | st.integers(0, 1 << 50),
    players=st.none() | st.integers(0, 70_000),
)
def test_what_is_put_comes_out_as_exact_as_a_chart_needs(
    place: int, cpu: float, memory: int, disk: int | None, players: int | None
) -> None:
    sample = Sample(
        at=AT + timedelta(minutes=place),
        cpu_percent=cpu,
        memory_bytes=memory,
        disk_bytes=disk,
        players=players,
        known=1,
        up=1,
    )
    row = MINUTES.blank()
    put(row, MINUTES, sample)
    (found,) = samples_in(bytes(row), MINUTES, AT)
    assert found.at == sample.at
    assert abs(found.cpu_percent - cpu) <= 0.051
    assert 0 <= memory - found.memory_bytes <= 2 * 1024
    assert (found.disk_bytes is None) == (disk is None)
    assert found.players == (None if players is None else min(players, 0xFFFE))


def test_minutes_nobody_saw_are_in_no_row() -> None:
    row = MINUTES.blank()
    put(row, MINUTES, minute(3))
    put(row, MINUTES, minute(50))
    assert [s.at.minute for s in samples_in(bytes(row), MINUTES, AT)] == [3, 50]


@pytest.mark.parametrize(
    ("known", "is_taken"),
    [
        (Known(State.RUNNING, AT, NUMBERS, is_live=True), True),
        (Known(State.RUNNING, AT, None, is_live=True), False),
        (Known(State.OFFLINE, AT - timedelta(hours=9), None, is_live=True), True),
        (Known(State.RUNNING, AT - timedelta(seconds=60), NUMBERS), True),
        (Known(State.RUNNING, AT - timedelta(seconds=120), NUMBERS), False),
        (Known(State.NODE_DOWN, AT, None, State.RUNNING, AT), False),
        (Known(State.UNKNOWN, None), False),
    ],
)
def test_only_what_is_known_just_then_is_a_sample(known: Known, *, is_taken: bool) -> None:
    assert (sample_of(known, None, AT) is not None) == is_taken


def test_thinning_averages_over_what_is_known_and_leaves_gaps_out() -> None:
    held = [minute(0, cpu=10), minute(1, cpu=30), minute(14, cpu=50, up=0, players=None)]
    thin = thinned(held, FIVES.step_seconds)
    assert [s.at.minute for s in thin] == [0, 10]
    assert thin[0].cpu_percent == pytest.approx(20)
    assert (thin[0].known, thin[0].up, thin[0].players) == (2, 2, 2)
    assert (thin[1].known, thin[1].up, thin[1].players) == (1, 0, None)


def test_thinning_twice_is_thinning_once() -> None:
    held = [minute(n, cpu=float(n)) for n in range(60)]
    straight = thinned(held, HOURS.step_seconds)
    by_fives = thinned(thinned(held, FIVES.step_seconds), HOURS.step_seconds)
    assert straight[0].cpu_percent == pytest.approx(by_fives[0].cpu_percent)
    assert straight[0].known == by_fives[0].known == 60


def test_uptime_counts_known_time_alone() -> None:
    assert up_share([]) is None
    assert up_share([minute(0), minute(1, up=0)]) == 0.5
