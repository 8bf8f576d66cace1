"""Watched servers: heard through everything that may befall a connection, and honest meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bot.fleet.hub import Fallback, Listener, TooManyWatched
from bot.fleet.known import State
from bot.pterodactyl.console_events import (
    ConsoleLine,
    Disconnected,
    Event,
    Lost,
    Reconnected,
    Status,
)
from bot.secret import Secret
from demo.panel import SimPanel
from demo.panel.instance import Instance
from tests.fleet.conftest import GUILD, WATCHED_AT_MOST, Fleet

MINT = "GET /servers/{}/websocket"
RESOURCES = "GET /servers/{}/resources"


class Ears:
    """Keeps what a listener hears."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.has_ended = False

    def of(self, kind: type[Event]) -> list[Event]:
        return [event for event in self.heard if isinstance(event, kind)]

    @property
    def lines(self) -> list[str]:
        return [event.text for event in self.heard if isinstance(event, ConsoleLine)]

    async def listen(self, listener: Listener) -> None:
        async for event in listener:
            self.heard.append(event)
        self.has_ended = True


@asynccontextmanager
async def watching(fleet: Fleet, name: str) -> AsyncIterator[Ears]:
    ears = Ears()
    async with fleet.hub.watch(fleet.server(name)) as listener:
        task = asyncio.create_task(ears.listen(listener))
        try:
            yield ears
        finally:
            task.cancel()
            await asyncio.wait({task})


def game(panel: SimPanel, name: str) -> Instance:
    running = panel.world.server(name).instance
    assert running is not None
    return running


def known(fleet: Fleet, name: str) -> State:
    return fleet.hub.known(fleet.server(name)).state


def is_live(fleet: Fleet, name: str) -> bool:
    return fleet.hub.known(fleet.server(name)).is_live


async def test_a_watched_server_costs_one_token_in_ten_minutes_and_nothing_else(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival"):
        await fleet.until(lambda: is_live(fleet, "Survival"))
        panel.asked.clear()
        await fleet.passes(3 * 3600, step=10.0)

        lists = panel.count("GET /") + panel.count("GET /account")
        minted = panel.count(MINT)
        assert 18 <= minted <= 21  # 10,800 s, each token used for some 520 s
        assert len(panel.asked) == minted + lists
        assert is_live(fleet, "Survival")


async def test_who_listens_and_who_watches_share_one_socket(fleet: Fleet, panel: SimPanel) -> None:
    async with watching(fleet, "Survival") as first, watching(fleet, "Survival") as second:
        async with fleet.hub.listen(fleet.server("Survival")):
            await fleet.until(lambda: is_live(fleet, "Survival"))
            game(panel, "Survival").say("for all")
            await fleet.until(lambda: any("for all" in line for line in second.lines))
        assert any("for all" in line for line in first.lines)
        assert panel.count(MINT) == 1
        assert fleet.hub.watched(GUILD) == 1


async def test_a_daemon_that_restarts_is_heard_again_and_no_line_comes_twice(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        running = game(panel, "Survival")
        running.printed("before")
        await fleet.until(lambda: "before" in ears.lines)

        panel.reboot_node()
        await fleet.until(lambda: not is_live(fleet, "Survival"))
        running.printed("between")
        await fleet.until(lambda: is_live(fleet, "Survival"))
        await fleet.until(lambda: "between" in ears.lines)

        assert ears.lines.count("before") == 1
        assert ears.of(Reconnected)
        assert not ears.of(Fallback)


async def test_a_daemon_that_refuses_websockets_is_asked_through_the_panel_and_that_is_said(
    fleet: Fleet, panel: SimPanel
) -> None:
    fault = panel.fault("too_many_sockets", on="node")
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: ears.of(Fallback))

        assert "too many sockets" in str(fleet.hub.fallback(fleet.server("Survival")))
        assert known(fleet, "Survival") is State.RUNNING
        assert not is_live(fleet, "Survival")
        panel.asked.clear()
        await fleet.passes(600)
        assert 9 <= panel.count(RESOURCES) <= 11

        fault.cancel()
        await fleet.until(lambda: is_live(fleet, "Survival"), within=400)
        assert fleet.hub.fallback(fleet.server("Survival")) is None


async def test_a_panel_away_for_an_hour_is_told_as_such_and_comes_back_by_itself(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival"), watching(fleet, "Creative"):
        await fleet.until(lambda: is_live(fleet, "Survival") and is_live(fleet, "Creative"))
        panel.fault("refused")
        await fleet.passes(3600, step=10.0)

        for name, last in (("Survival", State.RUNNING), ("Creative", State.OFFLINE)):
            told = fleet.hub.known(fleet.server(name))
            assert told.state is State.PANEL_DOWN
            assert told.last_power is last
            assert told.last_power_at is not None

        panel.faults_clear()
        await fleet.until(lambda: is_live(fleet, "Survival") and is_live(fleet, "Creative"))
        assert known(fleet, "Creative") is State.OFFLINE


async def test_of_a_panel_that_is_away_one_server_asks_for_all(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with AsyncExitStack() as stack:
        for name in ("Survival", "Creative", "Modded", "Lobby"):
            await stack.enter_async_context(watching(fleet, name))
        await fleet.until(lambda: is_live(fleet, "Lobby"))
        panel.fault("html503")
        await fleet.passes(1200)
        panel.asked.clear()
        await fleet.passes(600)

        assert panel.count(RESOURCES) <= 11


async def test_a_node_that_is_away_is_told_apart_from_the_panel(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        panel.world.nodes[0].is_reachable = False
        panel.drop_sockets()
        await fleet.until(lambda: known(fleet, "Survival") is State.NODE_DOWN)
        assert not ears.of(Fallback)

        panel.world.nodes[0].is_reachable = True
        await fleet.until(lambda: is_live(fleet, "Survival"))
        assert known(fleet, "Survival") is State.RUNNING


async def test_a_refused_key_is_not_tried_again_until_a_new_one_is_read(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        game(panel, "Survival").printed("before")
        await fleet.until(lambda: "before" in ears.lines)
        fault = panel.fault("401")
        panel.drop_sockets()
        await fleet.until(lambda: known(fleet, "Survival") is State.KEY_REFUSED)
        await fleet.passes(400)
        panel.asked.clear()
        await fleet.passes(1800, step=10.0)
        assert len(panel.asked) == 0
        assert not ears.has_ended

        fault.cancel()
        await fleet.panels.rekey(GUILD, fleet.panel_id, Secret(panel.key("alice")))
        await fleet.until(lambda: is_live(fleet, "Survival"))
        game(panel, "Survival").printed("after")
        await fleet.until(lambda: "after" in ears.lines)
        assert ears.lines.count("before") == 1


async def test_a_suspended_server_is_told_as_such_and_heard_again_when_it_is_paid(
    fleet: Fleet, panel: SimPanel
) -> None:
    server = panel.world.server("Survival")
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        server.set_state("suspended")
        await fleet.read_again()
        await fleet.until(lambda: known(fleet, "Survival") is State.SUSPENDED)

        server.set_state("normal")
        await fleet.read_again()
        await fleet.until(lambda: is_live(fleet, "Survival"))
        await fleet.until(lambda: known(fleet, "Survival") is State.OFFLINE)
        assert not ears.has_ended


REFUSED = [
    ("installing", State.INSTALLING),
    ("install_failed", State.INSTALLING),
    ("restoring", State.RESTORING),
    ("transferring", State.TRANSFERRING),
    ("maintenance", State.NODE_DOWN),
]


@pytest.mark.parametrize(("state", "shown"), REFUSED)
@pytest.mark.parametrize("is_heard_before", [False, True])
async def test_a_server_whose_console_is_refused_is_left_alone_until_the_list_shows_it_normal(
    fleet: Fleet, panel: SimPanel, state: str, shown: State, is_heard_before: bool
) -> None:
    server = panel.world.server("Survival")
    if not is_heard_before:
        server.set_state(state)
    async with watching(fleet, "Survival") as ears:
        if is_heard_before:
            await fleet.until(lambda: is_live(fleet, "Survival"))
            server.set_state(state)
            await fleet.passes(700, step=10.0)
        await fleet.until(lambda: known(fleet, "Survival") is shown)
        await fleet.passes(60)
        panel.asked.clear()
        await fleet.passes(3600, step=10.0)
        assert panel.count(MINT) == 0
        assert panel.count(RESOURCES) == 0
        assert known(fleet, "Survival") is shown

        server.set_state("normal")
        await fleet.until(lambda: is_live(fleet, "Survival"), within=400)
        assert known(fleet, "Survival") is State.RUNNING
        game(panel, "Survival").printed("after it")
        await fleet.until(lambda: "after it" in ears.lines)
        assert panel.count(MINT) == 1


@pytest.mark.parametrize(("state", "shown"), REFUSED)
async def test_what_was_refused_is_heard_at_once_when_the_panel_answers_for_it_again(
    fleet: Fleet, panel: SimPanel, state: str, shown: State
) -> None:
    server = panel.world.server("Survival")
    server.set_state(state)
    async with watching(fleet, "Survival"):
        await fleet.until(lambda: known(fleet, "Survival") is shown)
        server.set_state("normal")
        await fleet.hub.look(fleet.server("Survival"), fresh_seconds=0)
        await fleet.until(lambda: is_live(fleet, "Survival"), within=10)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("installing", State.INSTALLING),
        ("restoring", State.RESTORING),
        ("transferring", State.TRANSFERRING),
    ],
)
async def test_an_administrator_s_console_says_offline_and_the_panel_what_goes_on(
    fleet: Fleet, panel: SimPanel, state: str, shown: State
) -> None:
    panel.world.user("alice").is_admin = True
    server = panel.world.server("Creative")
    server.set_state(state)
    await fleet.read_again()
    async with watching(fleet, "Creative") as ears:
        await fleet.until(lambda: ears.of(Status))
        for _ in range(20):
            await fleet.passes(60, step=10.0)
            assert known(fleet, "Creative") is shown
        assert is_live(fleet, "Creative")

        server.set_state("normal")
        await fleet.until(lambda: known(fleet, "Creative") is State.OFFLINE, within=400)
        assert is_live(fleet, "Creative")


async def test_a_stale_list_does_not_hide_that_it_is_over(fleet: Fleet, panel: SimPanel) -> None:
    server = panel.world.server("Creative")
    server.set_state("restoring")
    await fleet.read_again()
    server.set_state("normal")
    await fleet.passes(5)
    async with watching(fleet, "Creative"):
        await fleet.until(lambda: is_live(fleet, "Creative"))
        await fleet.until(lambda: known(fleet, "Creative") is State.OFFLINE, within=10)


async def test_it_is_over_when_the_panel_no_longer_has_the_server(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Creative") as ears:
        await fleet.until(lambda: is_live(fleet, "Creative"))
        panel.world.remove_server("Creative")
        await fleet.passes(5)
        assert known(fleet, "Creative") is State.GONE
        await fleet.read_again()
        await fleet.until(lambda: ears.has_ended)
        assert fleet.hub.sockets == 0


async def test_it_is_over_when_the_panel_is_removed(fleet: Fleet, panel: SimPanel) -> None:
    async with watching(fleet, "Survival") as ears:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        await fleet.panels.remove(GUILD, fleet.panel_id)
        await fleet.until(lambda: ears.has_ended)


async def test_a_guild_watches_no_more_servers_than_it_may(fleet: Fleet) -> None:
    names = [one.name for one in fleet.directory.of(GUILD)]
    async with AsyncExitStack() as stack:
        for name in names[:WATCHED_AT_MOST]:
            await stack.enter_async_context(watching(fleet, name))
        await stack.enter_async_context(watching(fleet, names[0]))  # a second look costs nothing
        with pytest.raises(TooManyWatched):
            await stack.enter_async_context(watching(fleet, names[WATCHED_AT_MOST]))


async def test_changes_name_each_server_once_however_often_it_changed(
    fleet: Fleet, panel: SimPanel
) -> None:
    with fleet.hub.changes() as changes:
        async with watching(fleet, "Survival"), watching(fleet, "Lobby"):
            await fleet.until(lambda: is_live(fleet, "Survival") and is_live(fleet, "Lobby"))
            await changes.take()
            await fleet.passes(10, step=1.0)
            changed = await changes.take()
    assert {fleet.server("Survival").id, fleet.server("Lobby").id} <= changed


async def test_when_a_state_began_is_known_only_where_it_was_seen(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Lobby"):
        await fleet.until(lambda: is_live(fleet, "Lobby"))
        assert fleet.hub.known(fleet.server("Lobby")).since_at is None
        game(panel, "Lobby").exit(1)
        panel.world.server("Lobby").crash_seconds = 999
        await fleet.until(lambda: known(fleet, "Lobby") is State.OFFLINE)
        since = fleet.hub.known(fleet.server("Lobby")).since_at
        assert since is not None
        await fleet.passes(60)
        assert fleet.hub.known(fleet.server("Lobby")).since_at == since


async def test_a_flood_is_dropped_by_count_and_the_ring_stays_small(
    fleet: Fleet, panel: SimPanel
) -> None:
    server = fleet.server("Survival")
    async with fleet.hub.watch(server) as slow:
        await fleet.until(lambda: is_live(fleet, "Survival"))
        for number in range(5000):
            game(panel, "Survival").printed(f"line {number}")
            if number % 500 == 0:
                await fleet.passes(1)
        await fleet.until(lambda: fleet.hub.lines(server, 1)[0].text == "line 4999")
        assert len(fleet.hub.lines(server, 10_000)) == 500
        lost = await anext(slow)
        assert isinstance(lost, Lost)
        assert lost.lines is not None
        assert lost.lines > 1000


async def test_who_hears_the_node_alone_loses_nothing_in_a_flood_of_the_game(
    fleet: Fleet, panel: SimPanel
) -> None:
    server = panel.world.server("Survival")
    async with fleet.hub.watch(fleet.server("Survival"), hears_game=False) as listener:
        ears = Ears()
        listening = asyncio.create_task(ears.listen(listener))
        await fleet.until(lambda: is_live(fleet, "Survival"))
        for start in range(0, 8000, 2000):
            server.lines(f"the game says {number}" for number in range(start, start + 2000))
            await fleet.passes(1, step=1.0)
        server.crash(1)
        await fleet.until(lambda: any("Exit code: 1" in line for line in ears.lines))
        listening.cancel()
        await asyncio.wait({listening})

    assert not ears.of(Lost)
    assert not any("the game says" in line for line in ears.lines)


async def test_a_lost_login_is_no_live_knowledge_and_asking_again_is_no_storm(
    fleet: Fleet, panel: SimPanel
) -> None:
    async with watching(fleet, "Creative") as ears:
        await fleet.until(lambda: is_live(fleet, "Creative"))
        panel.asked.clear()
        panel.fault("html503")
        await fleet.passes(660, step=10.0)
        assert not is_live(fleet, "Creative")
        assert panel.count(MINT) < 12
        assert not ears.of(Disconnected)  # the socket itself stands
