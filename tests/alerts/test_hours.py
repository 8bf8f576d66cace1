"""Mirrors, boards and alerts together, through what hours bring: renewals, outages, limits."""

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.pterodactyl.console_session import RENEW_AFTER_SECONDS
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, messages, set_alert, watched
from tests.clock import MovedClock, passing, until
from tests.wirecord import Channel, text_of
from tests.world import World, private, public

HOUR = 3600.0
OUTAGES = ("panel", "node")
OF_SERVERS = ("crash", "state", "backup")
TOKEN_SECONDS = 600
LISTS = ("GET /", "GET /account")


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def limited(roost: World) -> AsyncIterator[World]:
    """With Discord's own rate limits."""
    roost.wire.limit("POST", r"/webhooks/\d+", 5, per=2.0)
    roost.wire.limit("PATCH", r"/channels/\d+/messages", 5, per=5.0)
    roost.wire.limit("POST", r"/channels/\d+/messages", 5, per=5.0)
    yield roost
    roost.wire.clear_faults()


class Evening:
    """A guild with a mirror, a board and alerts, each in a channel of its own."""

    def __init__(self, world: World, panel: SimPanel, clock: MovedClock) -> None:
        self.world = world
        self.panel = panel
        self.clock = clock
        self.console = world.guild.channel("console")
        self.board = world.guild.channel("board")
        self.alerts = world.guild.channel("alerts")

    async def begin(self, *servers: str, for_all: bool = False) -> None:
        """Set all of it up as the admin does."""
        world, names = self.world, servers or (SERVER,)
        shown = await world.admin.slash(
            world.channel, "mirror create", server=SERVER, channel=self.console
        )
        assert "goes to" in await private(shown)
        shown = await world.admin.slash(world.channel, "board create", channel=self.board)
        await private(shown)
        found = world.app.parts.directory.find
        ids = [found(int(world.guild.id), name)[0].id for name in names]
        shown = await world.admin.select(shown.message, ids)
        await shown.until(lambda: f"{len(ids)} server" in shown.text)
        done = await world.admin.click(shown.message, label="Post the board")
        await until(self.clock, lambda: "stays true" in done.text)
        for event in (*OUTAGES, *(OF_SERVERS if for_all else ())):
            await set_alert(world, event, channel=self.alerts)
        for event in () if for_all else OF_SERVERS:
            await set_alert(world, event, channel=self.alerts, server=SERVER)
        await watched(world, self.clock)
        await until(self.clock, lambda: "CPU" in said(self.board))

    async def says(self, text: str) -> None:
        """The server says something, and it stands in the channel."""
        self.panel.world.server(SERVER).line(text)
        await until(self.clock, lambda: text in said(self.console))


@pytest.fixture
def evening(limited: World, panel: SimPanel, clock: MovedClock) -> Evening:
    return Evening(limited, panel, clock)


def said(channel: Channel) -> str:
    return "\n".join(public(channel))


def asked(panel: SimPanel) -> list[str]:
    """What the panel was asked for besides its lists, which are read without anybody watching."""
    return [one for one in panel.asked if one.partition("?")[0] not in LISTS]


async def test_logins_are_renewed_for_hours_and_no_line_is_missed_or_told_twice(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    panel.asked.clear()
    began, lines = clock.monotonic(), 24

    for number in range(lines):
        await evening.says(f"line {number} of a long evening")
        await passing(clock, 290, step=15.0)

    took = clock.monotonic() - began
    assert took > 1.5 * HOUR
    text = said(evening.console)
    for number in range(lines):
        assert text.count(f"line {number} of a long evening") == 1
    assert "missing" not in text
    watched_servers = len(evening.world.app.parts.hub.watched_of(_panel_id(evening)))
    tokens = sum(one.endswith("/websocket") for one in asked(panel))
    assert watched_servers <= 2  # one of each node is enough for the node's own alert
    assert tokens <= watched_servers * (took / RENEW_AFTER_SECONDS + 1), took
    assert all(one.endswith(("/websocket", "/backups")) for one in asked(panel))
    assert public(evening.alerts) == []
    assert len(evening.board.public()) == 1


async def test_a_panel_away_for_an_hour_leaves_all_standing_and_is_told_once(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin(SERVER, "Lobby", "Creative")
    await evening.says("before the outage")
    (message,) = evening.board.public()

    panel.fault("refused")
    panel.world.nodes[0].is_reachable = False
    panel.drop_sockets()
    await until(clock, lambda: "last seen running <t:" in said(evening.board))
    panel.asked.clear()
    await passing(clock, HOUR, step=10.0)

    (alert,) = public(evening.alerts)
    assert "The panel Nova doesn't answer" in alert
    assert "CPU" not in said(evening.board)
    assert len(panel.asked) < 400  # some six a minute, for all servers together
    panel.world.nodes[0].is_reachable = True
    panel.faults_clear()

    await until(clock, lambda: "CPU" in said(evening.board))
    await until(clock, lambda: messages(evening.alerts, "answers again"))
    await evening.says("after the outage")
    await passing(clock, 120)
    assert evening.board.public() == [message]
    assert len(public(evening.alerts)) == 1
    assert not messages(evening.alerts, "crashed")


async def test_what_was_said_while_no_login_could_be_had_is_told_afterwards(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    await evening.says("before the login ran out")
    panel.fault("html503")
    await passing(clock, TOKEN_SECONDS + 60, step=10.0)
    panel.world.server(SERVER).line("while it was out")
    await passing(clock, 10)

    panel.faults_clear()

    await until(clock, lambda: "while it was out" in said(evening.console), limit=200)
    await evening.says("after it was renewed")
    for text in ("before the login ran out", "while it was out", "after it was renewed"):
        assert said(evening.console).count(text) == 1


async def test_what_was_said_while_the_panel_refused_the_console_is_told_afterwards(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    await evening.says("before the maintenance")
    panel.world.server(SERVER).set_state("maintenance")
    panel.drop_sockets()
    await passing(clock, 30)
    panel.world.server(SERVER).line("during the maintenance")

    panel.world.server(SERVER).set_state("normal")

    await until(clock, lambda: "during the maintenance" in said(evening.console), limit=400)
    await evening.says("after the maintenance")
    text = said(evening.console)
    assert text.count("before the maintenance") == text.count("during the maintenance") == 1
    assert "missing" not in text


async def test_a_daemon_that_restarts_is_no_news_and_costs_no_line(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    await evening.says("before the restart")

    panel.reboot_node()
    panel.world.server(SERVER).line("while nobody listened")

    await until(clock, lambda: "while nobody listened" in said(evening.console))
    await evening.says("after the restart")
    assert said(evening.console).count("before the restart") == 1
    await until(clock, lambda: "CPU" in said(evening.board))
    await passing(clock, 60)
    assert public(evening.alerts) == []


async def test_a_lost_gateway_holds_up_no_alert_no_board_and_no_line(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    await evening.world.wire.drop_gateway()

    panel.world.server(SERVER).line("said in the dark")
    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: "said in the dark" in said(evening.console))
    await until(clock, lambda: messages(evening.alerts, "crashed"))
    await until(clock, lambda: messages(evening.alerts, "runs again"))
    await until(clock, lambda: "🟢" in said(evening.board))
    await until(clock, evening.world.wire.identified.is_set)


@pytest.mark.parametrize("path", [r"/channels/\d+/messages", r"/webhooks/\d+"])
async def test_a_storm_of_429_loses_nothing_and_is_not_answered_by_a_storm(
    evening: Evening, panel: SimPanel, clock: MovedClock, path: str
) -> None:
    await evening.begin()
    wire = evening.world.wire
    wire.fault("POST", path, 429, times=6, retry_after=3.0)
    wire.fault("PATCH", path, 429, times=6, retry_after=3.0)
    before = len(wire.log)

    for number in range(10):
        panel.world.server(SERVER).line(f"line {number} of a storm")
    panel.world.server(SERVER).crash(137)

    await until(clock, lambda: "line 9 of a storm" in said(evening.console))
    await until(clock, lambda: messages(evening.alerts, "Exit code 137"))
    await until(clock, lambda: messages(evening.alerts, "It was down for"))
    assert all(f"line {number} of a storm" in said(evening.console) for number in range(10))
    assert len(messages(evening.alerts, "It was down for")) == 1
    refused = sum(one["status"] == 429 for one in wire.log[before:])
    assert refused <= 13
    await until(clock, lambda: "CPU" in said(evening.board))


async def test_many_servers_that_crash_at_once_are_told_within_the_limits_of_discord(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin(for_all=True)
    names = ["Survival", "Lobby", "Rust Island"]
    directory, guild_id = evening.world.app.parts.directory, int(evening.world.guild.id)
    hub = evening.world.app.parts.hub
    found = [directory.find(guild_id, name)[0] for name in names]
    await until(clock, lambda: all(hub.known(one).is_live for one in found))
    await passing(clock, 6)
    over = evening.world.wire.limited

    for _ in range(3):
        for name in names:
            if panel.world.server(name).state == "running":
                panel.world.server(name).crash(1)
        await passing(clock, 30)

    await until(clock, lambda: len(messages(evening.alerts, "crashed")) == len(names))
    assert evening.world.wire.limited == over, "what the headers allow was heeded"


async def test_a_stop_by_a_schedule_of_the_panel_is_no_crash(
    evening: Evening, panel: SimPanel, clock: MovedClock
) -> None:
    await evening.begin()
    await _run_schedule(panel, {"action": "power", "payload": "stop"})

    await until(clock, lambda: panel.world.server(SERVER).state == "offline")
    await until(clock, lambda: "⚫" in said(evening.board))
    await passing(clock, 90)

    assert not messages(evening.alerts, "crashed")
    (told,) = messages(evening.alerts, SERVER)
    assert "stopped" in text_of(told)


async def _run_schedule(panel: SimPanel, task: dict[str, str]) -> None:
    """A schedule with one task, made and run on the panel itself."""
    uuid = panel.world.server(SERVER).uuid
    url = f"{panel.url}/api/client/servers/{uuid}/schedules"
    headers = {"Authorization": f"Bearer {panel.key('alice')}", "Accept": "application/json"}
    when = {"minute": "0", "hour": "4", "day_of_month": "*", "month": "*", "day_of_week": "*"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def post(path: str, body: dict[str, object]) -> bytes:
            async with session.post(f"{url}{path}", json=body) as answer:
                assert answer.status < 300, await answer.text()
                return await answer.read()

        made = json.loads(await post("", {"name": "Nightly", "is_active": True, **when}))
        schedule_id = made["attributes"]["id"]
        await post(f"/{schedule_id}/tasks", {**task, "time_offset": 0})
        await post(f"/{schedule_id}/execute", {})


def _panel_id(evening: Evening) -> str:
    return evening.world.app.parts.panels.of(int(evening.world.guild.id))[0].id
