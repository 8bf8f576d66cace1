"""When something planned is due: typed times, rules, and clocks that change."""

import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pterodactyl.models import Cron
from bot.ui.errors import Unfit
from bot.ui.when import When, due_after, due_times, shortest_gap_seconds
from bot.ui.when_read import (
    latest_moment,
    read_at,
    read_every,
    read_latest,
    rule_words,
)

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday, 13:00 in Berlin


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(moments: list[datetime]) -> list[str]:
    return [f"{one:%m-%d %H:%M}" for one in moments]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("04:00", "2026-11-26 03:00"),
        ("4:00", "2026-11-26 03:00"),
        ("13:01", "2026-11-25 12:01"),
        ("13:00", "2026-11-26 12:00"),
        ("6pm", "2026-11-25 17:00"),
        ("18 Uhr", "2026-11-25 17:00"),
        ("at 18:30", "2026-11-25 17:30"),
        ("tomorrow 04:00", "2026-11-26 03:00"),
        ("morgen um 4:00", "2026-11-26 03:00"),
        ("today 23:00", "2026-11-25 22:00"),
        ("2026-12-01 04:00", "2026-12-01 03:00"),
        ("2026-12-01T04:00", "2026-12-01 03:00"),
        ("1.12.2026 04:00", "2026-12-01 03:00"),
        ("  2027-07-01   04:00 ", "2027-07-01 02:00"),
        ("in 2h", "2026-11-25 14:00"),
        ("in 1h30m", "2026-11-25 13:30"),
        ("in 2 days", "2026-11-27 12:00"),
        ("in 90 Minuten", "2026-11-25 13:30"),
        ("<t:1796000000:R>", "2026-11-30 00:53:20"),
    ],
)
def test_a_time_is_read_by_the_guilds_clocks(text: str, moment: str) -> None:
    assert read_at(text, BERLIN, NOW).at == utc(moment)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "can't read"),
        ("soon", "can't read"),
        ("25:00", "can't read"),
        ("04:60", "can't read"),
        ("4", "can't read"),
        ("2026-13-01 04:00", "can't read"),
        ("2026-02-30 04:00", "can't read"),
        ("2026-12-01", "can't read"),
        ("in", "can't read"),
        ("in 2 parsecs", "can't read"),
        ("in 0h", "can't read"),
        ("٠٤:٠٠", "can't read"),
        ("x" * 3000, "can't read"),
        ("today 12:59", "past"),
        ("2020-01-01 04:00", "past"),
        ("<t:1:R>", "past"),
        ("2030-01-01 04:00", "more than a year"),
        ("in 99999 weeks", "more than a year"),
    ],
)
def test_a_time_that_cannot_be_is_refused_with_what_works(text: str, why: str) -> None:
    with pytest.raises(Unfit) as refused:
        read_at(text, BERLIN, NOW)
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("text", "words", "times"),
    [
        ("day 04:00", "every day at 04:00 (Europe/Berlin)", ["11-26 03:00", "11-27 03:00"]),
        ("daily at 4:00", "every day at 04:00 (Europe/Berlin)", ["11-26 03:00", "11-27 03:00"]),
        ("04:00", "every day at 04:00 (Europe/Berlin)", ["11-26 03:00", "11-27 03:00"]),
        ("monday 04:00", "every Monday at 04:00 (Europe/Berlin)", ["11-30 03:00", "12-07 03:00"]),
        (
            "every Mon, Thu 18:30",
            "every Monday and Thursday at 18:30 (Europe/Berlin)",
            ["11-26 17:30", "11-30 17:30"],
        ),
        (
            "jeden Montag um 4 Uhr",
            "every Monday at 04:00 (Europe/Berlin)",
            ["11-30 03:00", "12-07 03:00"],
        ),
        (
            "weekend 12:00",
            "every Sunday and Saturday at 12:00 (Europe/Berlin)",
            ["11-28 11:00", "11-29 11:00"],
        ),
        ("6h", "every 6 hours", ["11-25 18:00", "11-26 00:00"]),
        ("1 day 12h", "every 1 day 12 hours", ["11-27 00:00", "11-28 12:00"]),
        (
            "0 4 1 * *",
            "on day 1 of the month at 04:00 (Europe/Berlin)",
            ["12-01 03:00", "01-01 03:00"],
        ),
        ("0 */6 * * *", "every 6 hours from 00:00 (Europe/Berlin)", ["11-25 17:00", "11-25 23:00"]),
        (
            "0 4 13 * 5",
            "on day 13 of the month or every Friday at 04:00 (Europe/Berlin)",
            ["11-27 03:00", "12-04 03:00"],
        ),
        (
            "0 4 29 2 *",
            "on day 29 of the month at 04:00, only in February (Europe/Berlin)",
            ["02-29 03:00"],
        ),
    ],
)
def test_a_rule_is_said_in_a_sentence_and_comes_as_it_says(
    text: str, words: str, times: list[str]
) -> None:
    when = read_every(text, BERLIN, NOW)

    assert rule_words(when) == words
    assert shown(due_times(when, NOW, len(times))) == times


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "can't read"),
        ("sometimes", "can't read"),
        ("monday", "can't read"),
        ("blursday 04:00", "can't read"),
        ("0 4 * *", "can't read"),
        ("61 4 * * *", "can't read"),
        ("0 4 L * *", "can't read"),
        ("9" * 500, "can't read"),
        ("1 minute", "too often"),
        ("59m", "too often"),
        ("* * * * *", "too often"),
        ("0,30 * * * *", "too often"),
        ("55,5 0,23 * * *", "too often"),
        ("0 4 30 2 *", "never comes"),
        ("99999 weeks", "more than a year"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_what_works(text: str, why: str) -> None:
    with pytest.raises(Unfit) as refused:
        read_every(text, BERLIN, NOW)
    assert why in str(refused.value)


def test_a_time_that_a_change_of_clocks_leaves_out_comes_once_when_they_have_changed() -> None:
    """In Berlin 02:00 to 03:00 of 28 March 2027 are left out."""
    when = read_every("day 02:30", BERLIN, NOW)

    times = due_times(when, utc("2027-03-26 12:00"), 4)

    assert shown(times) == ["03-27 01:30", "03-28 01:00", "03-29 00:30", "03-30 00:30"]


def test_a_time_that_comes_twice_counts_the_first_time_alone() -> None:
    """In Berlin 02:00 to 03:00 of 31 October 2027 come twice."""
    when = read_every("day 02:30", BERLIN, NOW)

    times = due_times(when, utc("2027-10-29 12:00"), 4)

    assert shown(times) == ["10-30 00:30", "10-31 00:30", "11-01 01:30", "11-02 01:30"]


def test_a_single_time_in_the_gap_is_when_the_clocks_have_changed() -> None:
    now = utc("2027-03-27 12:00")

    assert read_at("2027-03-28 02:30", BERLIN, now).at == utc("2027-03-28 01:00")


def test_a_day_that_a_zone_skipped_leads_to_the_next() -> None:
    """Samoa left out the whole of 30 December 2011."""
    when = When(
        cron=Cron(minute="0", hour="4", day_of_month="30", month="12", day_of_week="*"),
        zone="Pacific/Apia",
    )

    assert due_after(when, utc("2011-12-29 12:00")) == utc("2011-12-30 10:00")


def test_a_clock_that_is_set_back_makes_nothing_due_again() -> None:
    when = read_every("6h", BERLIN, NOW)
    due = due_after(when, NOW)
    assert due is not None

    assert due_after(when, due) == due + timedelta(hours=6)
    assert due_after(when, due - timedelta(seconds=1)) == due


def moments(first: int, last: int) -> st.SearchStrategy[datetime]:
    begin, end = utc(f"{first}-01-01"), utc(f"{last}-01-01")
    minutes = st.integers(0, int((end - begin).total_seconds()) // 60)
    return minutes.map(lambda number: begin + timedelta(minutes=number))


ZONES = (
    "UTC",
    BERLIN,
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
)


@given(
    zone=st.sampled_from(ZONES),
    hour=st.integers(0, 23),
    minute=st.integers(0, 59),
    start=moments(2005, 2035),
)
@settings(max_examples=150, deadline=None)
def test_a_daily_time_comes_exactly_once_on_every_day(
    zone: str, hour: int, minute: int, start: datetime
) -> None:
    place = ZoneInfo(zone)
    cron = Cron(minute=str(minute), hour=str(hour), day_of_month="*", month="*", day_of_week="*")

    times = due_times(When(cron=cron, zone=zone), start, 200)

    days = [one.astimezone(place).date() for one in times]
    assert all(later - one == timedelta(days=1) for one, later in itertools.pairwise(days))
    for one in times:
        local = one.astimezone(place)
        if (local.hour, local.minute) != (hour, minute):  # only where that time was left out
            assert (
                one.astimezone(place).utcoffset()
                != (one - timedelta(seconds=2)).astimezone(place).utcoffset()
            )


@given(
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=3),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    zone=st.sampled_from(ZONES),
    start=moments(2020, 2030),
)
@settings(max_examples=150, deadline=None)
def test_times_only_rise_and_none_is_closer_than_the_shortest_gap_but_for_changed_clocks(
    minutes: set[int], hours: set[int], zone: str, start: datetime
) -> None:
    cron = Cron(
        minute=",".join(map(str, minutes)),
        hour=",".join(map(str, hours)),
        day_of_month="*",
        month="*",
        day_of_week="*",
    )
    when = When(cron=cron, zone=zone)

    times = due_times(when, start, 30)

    place = ZoneInfo(zone)
    for one, later in itertools.pairwise(times):
        assert one < later
        if one.astimezone(place).utcoffset() == later.astimezone(place).utcoffset():
            changed = (one - timedelta(hours=1)).astimezone(place).utcoffset()
            if changed == later.astimezone(place).utcoffset():
                assert (later - one).total_seconds() >= shortest_gap_seconds(when)


@pytest.mark.parametrize(
    ("text", "due", "until"),
    [
        ("2h", "2026-11-26 03:00", "2026-11-26 05:00"),
        ("90 min", "2026-11-26 03:00", "2026-11-26 04:30"),
        ("06:00", "2026-11-26 03:00", "2026-11-26 05:00"),
        ("03:00", "2026-11-26 03:00", "2026-11-27 02:00"),
        ("03:00", "2027-03-27 20:00", "2027-03-28 01:00"),
    ],
)
def test_how_long_to_wait_for_an_empty_server(text: str, due: str, until: str) -> None:
    assert latest_moment(read_latest(text), utc(due), BERLIN) == utc(until)


@pytest.mark.parametrize("text", ["", "later", "0h", "25h", "30s", "-2h", "in 3 years"])
def test_a_wait_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Unfit):
        read_latest(text)
