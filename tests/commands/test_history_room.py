"""History takes what boards, mirrors and alerts leave of the servers a guild may watch."""

from collections.abc import Callable

import pytest
from msgspec import structs

from bot.config import Config
from demo.panel import SimPanel
from tests.alerts.scene import set_alert
from tests.clock import MovedClock, until
from tests.world import World, private

WATCHED = 2


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(scope="module")
def set_up() -> Callable[[Config], Config]:
    def few(settings: Config) -> Config:
        limits = structs.replace(settings.limits, watched_per_guild=WATCHED)
        return structs.replace(settings, limits=limits)

    return few


def held(world: World) -> set[str]:
    """The names of the servers that are watched."""
    feeds = world.app.parts.hub._feeds.values()
    return {feed.server.name for feed in feeds if feed.watchers}


async def test_history_watches_what_fits_and_the_admin_is_told_how_many_it_leaves_out(
    roost: World, clock: MovedClock
) -> None:
    await roost.switch("history")
    await until(clock, lambda: len(held(roost)) == WATCHED)
    servers = {s.name: s for s in roost.app.parts.directory.of(int(roost.guild.id))}

    shown = await roost.admin.slash(roost.channel, "config", page="servers")
    said = await private(shown)

    assert f"{len(servers) - WATCHED} servers have no history" in said
    left_out = min(servers.keys() - held(roost))
    usage = await roost.admin.slash(
        roost.channel, "server usage", server=servers[left_out].identifier, range="1h"
    )
    assert "I keep no history of this server" in await private(usage)


async def test_history_makes_room_for_an_alert_and_takes_it_back_afterwards(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.switch("history")
    await until(clock, lambda: len(held(roost)) == WATCHED)
    names = {s.name for s in roost.app.parts.directory.of(int(roost.guild.id))}
    wanted = min(names - held(roost))

    await set_alert(roost, "crash", server=wanted)

    await until(clock, lambda: wanted in held(roost))
    assert len(held(roost)) == WATCHED
    shown = await roost.admin.slash(roost.channel, "alerts remove", event="crash", server=wanted)
    await private(shown)
    await until(clock, lambda: wanted not in held(roost) and len(held(roost)) == WATCHED)


async def test_a_mirror_beyond_what_alerts_hold_is_refused_although_history_would_yield(
    roost: World, clock: MovedClock
) -> None:
    await roost.switch("history")
    await until(clock, lambda: len(held(roost)) == WATCHED)
    for name in ("Survival", "Lobby"):
        await set_alert(roost, "crash", server=name)
    await until(clock, lambda: held(roost) == {"Survival", "Lobby"})

    shown = await roost.admin.slash(roost.channel, "mirror create", server="Creative")

    assert "watches as many servers as it may" in await private(shown)
