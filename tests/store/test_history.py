"""History on the disk: small, kept by server, gone with it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.fleet.samples import GRAINS, MINUTES, bytes_a_year
from bot.store import history, panels, servers
from bot.store.engine import Database
from tests.clock import START
from tests.store.rows import seen_server, some_panel

GUILD = 7
SERVERS = 100


async def _servers(database: Database, count: int) -> tuple[str, list[str]]:
    async with database.write() as session:
        panel = await some_panel(session, guild_id=GUILD)
        seen = [seen_server(f"{n:08x}-0000-4000-8000-000000000001") for n in range(count)]
        rows = await servers.save_seen(
            session, guild_id=GUILD, panel_id=panel.id, seen=seen, now=START
        )
    return panel.id, [row.id for row in rows]


async def _bytes(database: Database) -> int:
    async with database.read() as session:
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        size = (await session.execute(text("PRAGMA page_size"))).scalar_one()
    return int(pages) * int(size)


async def test_a_year_of_a_hundred_servers_takes_less_than_50_mb(database: Database) -> None:
    _panel, ids = await _servers(database, SERVERS)
    before = await _bytes(database)
    now = START + timedelta(days=400)
    for grain in GRAINS:
        span = timedelta(seconds=grain.span_seconds)
        began_at = grain.began(now - grain.kept - span)
        async with database.write() as session:
            while began_at <= now:
                await history.save_stretches(
                    session,
                    guild_id=GUILD,
                    step_seconds=grain.step_seconds,
                    began_at=began_at,
                    samples={server_id: bytes(grain.blank()) for server_id in ids},
                )
                began_at += span
    taken = await _bytes(database) - before
    assert 0.9 * bytes_a_year(SERVERS) < taken < 50_000_000


async def test_a_stretch_saved_again_takes_the_place_of_the_first(database: Database) -> None:
    _panel, (server_id,) = await _servers(database, 1)
    for packed in (b"first", b"second"):
        async with database.write() as session:
            await history.save_stretches(
                session,
                guild_id=GUILD,
                step_seconds=60,
                began_at=MINUTES.began(START),
                samples={server_id: packed, "nobody's": packed},
            )
    async with database.read() as session:
        (kept,) = await history.list_stretches(
            session, guild_id=GUILD, step_seconds=60, since=START - timedelta(hours=1)
        )
    assert kept.samples == b"second"


@pytest.mark.parametrize("is_dropped_by", ["age", "panel"])
async def test_history_goes_with_its_age_and_with_its_server(
    database: Database, is_dropped_by: str
) -> None:
    panel_id, (server_id,) = await _servers(database, 1)
    async with database.write() as session:
        await history.save_stretches(
            session,
            guild_id=GUILD,
            step_seconds=60,
            began_at=START,
            samples={server_id: b"x"},
        )
    async with database.write() as session:
        if is_dropped_by == "age":
            before = START + timedelta(seconds=1)
            await history.drop_stretches(session, guild_id=GUILD, step_seconds=60, before=before)
        else:
            await panels.remove_panel(session, guild_id=GUILD, panel_id=panel_id)
    async with database.read() as session:
        assert not await history.list_stretches(
            session, guild_id=GUILD, step_seconds=60, since=START
        )
