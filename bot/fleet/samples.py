"""Samples of what a server used: packed small, thinned as they age, averaged without guessing.

A sample is 14 bytes. With a minute kept for a day, five minutes for a week and an hour for a year,
a server takes some 180 KB a year (`bytes_a_year`).
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from msgspec import Struct, structs

from bot.fleet.known import Known, State

_RECORD: Final = struct.Struct("<HIIHBB")
EMPTY: Final = b"\xff" * _RECORD.size
_NO_SHORT: Final = 0xFFFF
_NO_LONG: Final = 0xFFFFFFFF
KIB: Final = 1024
MIB: Final = 1024 * 1024
FRESH: Final = timedelta(seconds=90)
"""What was seen longer ago is not what is; asking instead of listening takes 60 s."""


class Grain(Struct, frozen=True):
    """How fine samples are, how many lie in one row, and how long they are kept."""

    step_seconds: int
    span_seconds: int
    kept: timedelta

    def began(self, at: datetime) -> datetime:
        """When the row began in which a moment lies."""
        seconds = int(at.timestamp())
        return datetime.fromtimestamp(seconds - seconds % self.span_seconds, UTC)

    def blank(self) -> bytearray:
        """A row in which nothing is known."""
        return bytearray(EMPTY * (self.span_seconds // self.step_seconds))


MINUTES: Final = Grain(60, 3600, timedelta(hours=26))
FIVES: Final = Grain(300, 86400, timedelta(days=8))
HOURS: Final = Grain(3600, 30 * 86400, timedelta(days=397))
GRAINS: Final = (MINUTES, FIVES, HOURS)


class Sample(Struct, frozen=True, kw_only=True):
    """What was known of a stretch of time that began at `at`."""

    at: datetime
    cpu_percent: float
    memory_bytes: int
    disk_bytes: int | None
    players: int | None
    known: int
    """Minutes of it in which the state was known."""
    up: int
    """Of those, minutes in which it ran."""


def sample_of(known: Known, players: int | None, at: datetime) -> Sample | None:
    """A minute's sample; None where the state is not known just then."""
    is_fresh = known.is_live or (known.seen_at is not None and at - known.seen_at <= FRESH)
    if not is_fresh or not known.state.is_power_state:
        return None
    numbers = known.numbers
    is_up = known.state is State.RUNNING
    if numbers is None and known.state is not State.OFFLINE:
        return None  # it has a state but no figures yet
    return Sample(
        at=at,
        cpu_percent=numbers.cpu_percent if numbers else 0.0,
        memory_bytes=numbers.memory_bytes if numbers else 0,
        disk_bytes=(numbers.disk_bytes or None) if numbers else None,
        players=players if is_up else 0,
        known=1,
        up=int(is_up),
    )


def put(row: bytearray, grain: Grain, sample: Sample) -> None:
    """Set a sample in the row that its moment lies in."""
    offset = (sample.at - grain.began(sample.at)).total_seconds()
    place = int(offset // grain.step_seconds) * _RECORD.size
    row[place : place + _RECORD.size] = _RECORD.pack(
        min(round(sample.cpu_percent * 10), _NO_SHORT - 1),
        min(sample.memory_bytes // KIB, _NO_LONG - 1),
        _NO_LONG if sample.disk_bytes is None else min(sample.disk_bytes // MIB, _NO_LONG - 1),
        _NO_SHORT if sample.players is None else min(sample.players, _NO_SHORT - 1),
        min(sample.known, 0xFE),
        min(sample.up, 0xFE),
    )


def samples_in(row: bytes, grain: Grain, began_at: datetime) -> Iterator[Sample]:
    """What is known in a row, oldest first; what is not is left out."""
    for number, record in enumerate(_RECORD.iter_unpack(row)):
        cpu, memory, disk, players, known, up = record
        if known == 0xFF:
            continue
        yield Sample(
            at=began_at + timedelta(seconds=number * grain.step_seconds),
            cpu_percent=cpu / 10,
            memory_bytes=memory * KIB,
            disk_bytes=None if disk == _NO_LONG else disk * MIB,
            players=None if players == _NO_SHORT else players,
            known=known,
            up=up,
        )


def thinned(samples: Iterable[Sample], step_seconds: int) -> list[Sample]:
    """The samples in coarser steps; a step of which nothing is known stays out."""
    bins: dict[int, list[Sample]] = {}
    for sample in samples:
        bins.setdefault(int(sample.at.timestamp()) // step_seconds, []).append(sample)
    return [
        _average(held, datetime.fromtimestamp(number * step_seconds, UTC))
        for number, held in sorted(bins.items())
    ]


def up_share(samples: Iterable[Sample]) -> float | None:
    """Which part of the time that is known it ran; None where nothing is."""
    known = up = 0
    for sample in samples:
        known += sample.known
        up += sample.up
    return up / known if known else None


def bytes_a_year(servers: int) -> int:
    """What the rows of so many servers take once a year is full, without the database's own."""
    per_server = sum(
        (grain.kept // timedelta(seconds=grain.span_seconds) + 2) * len(grain.blank())
        for grain in GRAINS
    )
    return servers * per_server


def _average(held: Sequence[Sample], at: datetime) -> Sample:
    weight = sum(one.known for one in held) or 1
    players = [one for one in held if one.players is not None]
    disks = [one.disk_bytes for one in held if one.disk_bytes is not None]
    return structs.replace(
        held[-1],
        at=at,
        cpu_percent=sum(one.cpu_percent * one.known for one in held) / weight,
        memory_bytes=round(sum(one.memory_bytes * one.known for one in held) / weight),
        disk_bytes=disks[-1] if disks else None,
        players=max((one.players or 0 for one in players), default=0) if players else None,
        known=sum(one.known for one in held),
        up=sum(one.up for one in held),
    )
