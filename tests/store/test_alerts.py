"""Alerts, alarms, subscriptions and watched backups: one of each, whoever comes second."""

from datetime import timedelta

import pytest

from bot.store import alarms, alerts, backup_watches, servers, subscriptions
from bot.store.alerts import AlertEvent, NewAlert
from bot.store.engine import Database
from bot.store.errors import LimitReached
from bot.store.subscriptions import NewsEvent
from tests.clock import START
from tests.store.rows import seen_server, some_panel

GUILD = 111


async def a_server(database: Database) -> str:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        (found,) = await servers.save_seen(
            session, guild_id=GUILD, panel_id=panel.id, seen=[seen_server()], now=START
        )
    return found.id


def new(server_id: str | None, **changed: object) -> NewAlert:
    values: dict[str, object] = {
        "server_id": server_id,
        "event": AlertEvent.CPU,
        "channel_id": 5,
        "role_id": None,
        "threshold": 90,
        "made_by": 7,
    }
    return NewAlert(**(values | changed))  # type: ignore[arg-type]  # a test's own words


@pytest.mark.parametrize("is_for_all", [True, False])
async def test_an_alert_of_the_same_server_event_and_channel_is_replaced(
    database: Database, is_for_all: bool
) -> None:
    server_id = await a_server(database)
    about = None if is_for_all else server_id
    async with database.write() as session:
        first = await alerts.set_alert(
            session, guild_id=GUILD, new=new(about), at_most=3, now=START
        )
        second = await alerts.set_alert(
            session, guild_id=GUILD, new=new(about, threshold=50, role_id=9), at_most=3, now=START
        )
        other = await alerts.set_alert(
            session, guild_id=GUILD, new=new(about, channel_id=6), at_most=3, now=START
        )

        assert first is not None
        assert first.replaced is None
        assert second is not None
        assert second.replaced == first.row
        assert second.row.threshold == 50
        assert other is not None
        assert other.replaced is None
        assert len(await alerts.list_alerts(session, guild_id=GUILD)) == 2


async def test_a_full_guild_may_still_replace(database: Database) -> None:
    async with database.write() as session:
        await alerts.set_alert(session, guild_id=GUILD, new=new(None), at_most=1, now=START)
        again = await alerts.set_alert(
            session, guild_id=GUILD, new=new(None, threshold=40), at_most=1, now=START
        )

        assert again is not None
        assert again.row.threshold == 40
        with pytest.raises(LimitReached):
            await alerts.set_alert(
                session, guild_id=GUILD, new=new(None, channel_id=6), at_most=1, now=START
            )


async def test_one_alarm_is_open_at_a_time_and_its_end_is_told_once(database: Database) -> None:
    async with database.write() as session:
        opened = await alarms.open_alarm(
            session, guild_id=GUILD, event="crash", subject_id="s", facts={"n": 1}, now=START
        )
        twin = await alarms.open_alarm(
            session, guild_id=GUILD, event="crash", subject_id="s", facts={"n": 2}, now=START
        )
        assert opened is not None
        assert twin is None
        closed = await alarms.close_alarm(
            session, guild_id=GUILD, alarm_id=opened.id, facts={"n": 3}, now=START
        )
        again = await alarms.close_alarm(
            session, guild_id=GUILD, alarm_id=opened.id, facts={"n": 4}, now=START
        )

        assert closed is not None
        assert closed.facts == {"n": 3}
        assert again is None
        assert await alarms.list_open_alarms(session, guild_id=GUILD) == []


async def test_the_first_who_takes_care_of_an_alarm_is_kept_until_they_want_to_be_forgotten(
    database: Database,
) -> None:
    async with database.write() as session:
        opened = await alarms.open_alarm(
            session, guild_id=GUILD, event="crash", subject_id="s", facts={}, now=START
        )
        assert opened is not None
        for member_id, name in ((1, "Mia"), (2, "Tom")):
            await alarms.acknowledge_alarm(
                session,
                guild_id=GUILD,
                alarm_id=opened.id,
                member_id=member_id,
                member_name=name,
                now=START,
            )
        kept = await alarms.get_alarm(session, guild_id=GUILD, alarm_id=opened.id)
        assert kept is not None
        assert kept.acknowledged_name == "Mia"

        await alarms.forget_acknowledger(session, guild_id=GUILD, member_id=1)

        kept = await alarms.get_alarm(session, guild_id=GUILD, alarm_id=opened.id)
        assert kept is not None
        assert kept.acknowledged_name is None
        assert kept.acknowledged_at is not None


async def test_a_member_has_a_wish_once_and_no_more_than_allowed(database: Database) -> None:
    server_id = await a_server(database)

    async def wish(event: NewsEvent) -> bool:
        async with database.write() as session:
            return await subscriptions.subscribe(
                session,
                guild_id=GUILD,
                member_id=1,
                server_id=server_id,
                event=event,
                channel_id=5,
                at_most=2,
                now=START,
            )

    assert await wish(NewsEvent.UP)
    assert not await wish(NewsEvent.UP)
    assert await wish(NewsEvent.CRASH)
    with pytest.raises(LimitReached):
        await wish(NewsEvent.RESTART)


async def test_watched_backups_keep_since_when_they_are_watched(database: Database) -> None:
    server_id = await a_server(database)
    later = START + timedelta(hours=1)
    async with database.write() as session:
        for ended, at in ((["a"], START), (["a", "b"], later)):
            await backup_watches.note_backups(
                session,
                guild_id=GUILD,
                server_id=server_id,
                ended=ended,
                last_good_at=at,
                now=at,
            )
        (kept,) = await backup_watches.list_backup_watches(session, guild_id=GUILD)

    assert kept.ended == ("a", "b")
    assert kept.since == START
    assert kept.looked_at == kept.last_good_at == later
