"""Yesterday on Nova: a day of samples for the charts, as if the bot had been there all along."""

import math
import random
from datetime import datetime, timedelta
from typing import Final

from bot.app import App
from bot.fleet.directory import Server
from bot.fleet.samples import FIVES, MINUTES, Grain, Sample, put
from bot.store import history as rows

DAY: Final = timedelta(hours=24)
HOUR: Final = timedelta(hours=1)
AWAY: Final = (timedelta(hours=9), timedelta(hours=8))
"""A while ago the bot was not there, and knows nothing of it."""
GIB: Final = 1 << 30


async def fill(app: App, guild_id: int, names: tuple[str, ...]) -> None:
    """Keep a day of samples for some servers."""
    now = app.parts.clock.now()
    for server in app.parts.directory.of(guild_id):
        if server.name not in names:
            continue
        for grain, lasts in ((FIVES, DAY), (MINUTES, HOUR)):
            await _keep(app, server, grain, now - lasts, now)


async def _keep(app: App, server: Server, grain: Grain, since: datetime, now: datetime) -> None:
    packed: dict[datetime, bytearray] = {}
    step = timedelta(seconds=grain.step_seconds)
    at = since
    while at < now - step:
        if not AWAY[1] < now - at < AWAY[0]:
            row = packed.setdefault(grain.began(at), grain.blank())
            put(row, grain, _sample(server, at, grain.step_seconds // 60))
        at += step
    async with app.parts.database.write() as session:
        for began_at, row in packed.items():
            await rows.save_stretches(
                session,
                guild_id=server.guild_id,
                step_seconds=grain.step_seconds,
                began_at=began_at,
                samples={server.id: bytes(row)},
            )


def _sample(server: Server, at: datetime, minutes: int) -> Sample:
    """Busiest in the evening, empty before dawn, restarted at four."""
    hour = at.hour + at.minute / 60
    busy = 0.5 - 0.5 * math.cos((hour - 6) / 24 * 2 * math.pi)
    noise = random.Random(f"{server.id} {at.isoformat()}").random()  # a picture
    is_up = not (at.hour == 4 and at.minute < 15)
    limit = server.memory_limit_bytes or 4 * GIB
    return Sample(
        at=at,
        cpu_percent=is_up * (8 + 90 * busy + 18 * noise),
        memory_bytes=int(is_up * limit * (0.45 + 0.3 * busy + 0.03 * noise)),
        disk_bytes=5 * GIB,
        players=round(is_up * (12 * busy + 2 * noise)),
        known=minutes,
        up=minutes * is_up,
    )
