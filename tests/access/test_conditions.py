"""Conditions of policies: what isn't known isn't met, and clocks do as they like."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.conditions import (
    Circumstances,
    Need,
    day_began,
    decide_conditions,
    is_quiet,
    minutes_of,
    quiet_until,
    time_of_day,
    unmet,
)
from bot.store.policies import Terms, Uses

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def quiet(begin: str, end: str) -> Terms:
    return Terms(quiet_from=minutes_of(begin), quiet_until=minutes_of(end))


def failing(terms: Terms, found: dict[str, Any], *, now: datetime = NOON) -> Need | None:
    circumstances = Circumstances(terms=terms, now=now, time_zone="UTC", **found)
    met = unmet(decide_conditions(circumstances))
    return met.need if met else None


@pytest.mark.parametrize(
    ("begin", "end", "at", "is_so"),
    [
        ("09:00", "17:00", "09:00", True),
        ("09:00", "17:00", "17:00", False),
        ("23:00", "07:00", "23:00", True),
        ("23:00", "07:00", "00:00", True),
        ("23:00", "07:00", "06:59", True),
        ("23:00", "07:00", "07:00", False),
        ("23:00", "07:00", "22:59", False),
    ],
)
def test_quiet_hours_may_go_over_midnight(begin: str, end: str, at: str, is_so: bool) -> None:
    hours, minutes = at.split(":")
    assert is_quiet(quiet(begin, end), time(int(hours), int(minutes))) is is_so


def test_an_hour_that_comes_twice_is_quiet_twice() -> None:
    terms = quiet("02:00", "03:00")  # clocks go back on 25 October 2026, 03:00 to 02:00
    before = datetime(2026, 10, 24, 23, 59, tzinfo=UTC)

    quiets = [
        minute
        for minute in (before + timedelta(minutes=n) for n in range(240))
        if is_quiet(terms, minute.astimezone(BERLIN).time())
    ]

    assert len(quiets) == 120
    assert quiet_until(terms, quiets[0], BERLIN) == datetime(2026, 10, 25, 2, tzinfo=UTC)


def test_hours_that_a_clock_jumps_over_end_with_the_jump() -> None:
    terms = quiet("01:30", "02:30")  # clocks go forward on 29 March 2026, 02:00 to 03:00
    at = datetime(2026, 3, 29, 0, 40, tzinfo=UTC)

    assert is_quiet(terms, at.astimezone(BERLIN).time())
    assert quiet_until(terms, at, BERLIN) == datetime(2026, 3, 29, 1, tzinfo=UTC)


@given(
    st.integers(0, 1439),
    st.integers(0, 1439),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_quiet_hours_end_when_they_say(begin: int, end: int, now: datetime, zone: str) -> None:
    terms, place = Terms(quiet_from=begin, quiet_until=end), ZoneInfo(zone)

    until = quiet_until(terms, now, place)

    assert (until is not None) == is_quiet(terms, now.astimezone(place).time())
    if until is not None:
        assert until > now
        assert not is_quiet(terms, until.astimezone(place).time())


def test_a_day_of_the_guild_begins_at_its_own_midnight() -> None:
    assert day_began(datetime(2026, 7, 1, 21, 59, tzinfo=UTC), BERLIN) == datetime(
        2026, 6, 30, 22, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("terms", "found", "need"),
    [
        (Terms(only_empty=True), {"players": 0}, None),
        (Terms(only_empty=True), {"players": 1}, Need.EMPTY),
        (Terms(only_empty=True), {"players": None}, Need.EMPTY),
        (Terms(only_down=True), {"is_down": True}, None),
        (Terms(only_down=True), {"is_down": None}, Need.DOWN),
        (Terms(only_unhealthy=True), {"is_unhealthy": None}, Need.UNHEALTHY),
        (Terms(not_in_backup=True), {"backup_runs": False}, None),
        (Terms(not_in_backup=True), {"backup_runs": None}, Need.NO_BACKUP),
        (Terms(daily_quota=2), {"uses": Uses(today=1)}, None),
        (Terms(daily_quota=2), {"uses": Uses(today=2)}, Need.QUOTA),
    ],
)
def test_what_is_not_known_is_not_met(
    terms: Terms, found: dict[str, object], need: Need | None
) -> None:
    assert failing(terms, found) is need


def test_a_pause_lasts_as_long_as_it_says_and_no_longer_when_the_clock_is_set_back() -> None:
    terms = Terms(server_pause_minutes=10)
    used = {"uses": Uses(server_at=NOON)}

    assert failing(terms, used, now=NOON + timedelta(minutes=9)) is Need.SERVER_PAUSE
    assert failing(terms, used, now=NOON + timedelta(minutes=10)) is None
    assert failing(terms, used, now=NOON - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("23:30", 1410), ("7", 420), ("7.30", 450), ("24:00", 0), ("24:01", None), ("7:5", None)],
)
def test_times_of_day_are_read_as_people_write_them(text: str, minutes: int | None) -> None:
    assert minutes_of(text) == minutes
    if minutes is not None:
        assert minutes_of(time_of_day(minutes)) == minutes
