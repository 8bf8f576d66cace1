"""Half an hour of an ordinary evening: does the bot's memory stay where it is?

`python -m benchmarks.soak` runs for thirty minutes, `python -m benchmarks.soak 5` for five. The
bot runs in a process of its own. Three guilds share sixty servers: mirrors talk and are flooded,
boards and charts follow, servers crash, are stopped and started, members type and look, sockets,
gateway and panel go away now and then, and Discord's rate limits are on. Each minute says what the
bot's process holds.
"""

import asyncio
import itertools
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from msgspec import Struct

from benchmarks.mirrors import MASTER_KEY, used
from demo.panel import SimPanel, big_world
from tests.wirecord import Channel, Json, Member, Shown, Wire, components_of, eventually, text_of

ROOT: Final = Path(__file__).resolve().parent.parent
MINUTES: Final = 30
SETTLED_MINUTES: Final = 5
"""Until then caches fill: what is held by then is what there is to hold."""
GUILDS: Final = 3
A_GUILD: Final = 20
"""Servers of the panel that a guild's mirrors and boards are about."""
MIRRORS: Final = 10
BOARDS: Final = 2
LINES_A_SECOND: Final = 2
FLOOD: Final = 3000
ALERTS: Final = ("crash", "state", "cpu", "memory", "disk", "panel", "node", "backup")
PANEL_AWAY_SECONDS: Final = 45.0
LATEST_SECONDS: Final = 60.0
"""Within which the last line of the evening has to stand in its channel."""
TYPED: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("server list", {}),
    ("server info", {}),
    ("server usage", {"range": "1h"}),
    ("console run", {"command": "list"}),
    ("backup list", {}),
    ("board list", {}),
    ("mirror list", {}),
    ("alerts list", {}),
    ("startup list", {}),
    ("why", {"command": "power restart"}),
)
READY_SECONDS: Final = 3.0
"""So long the bot waits for more guilds before it calls itself ready."""
_WORDS: Final = ("joined the game", "left the game", "issued server command: /home", "was slain")


class Minute(Struct, frozen=True):
    """What the bot's process held and had used when a minute was over."""

    memory_mib: float
    cpu_seconds: float


class Soaked(Struct, frozen=True, kw_only=True):
    """How an evening went."""

    minutes: list[Minute]
    posts: int
    typed: int
    slowest_seconds: float
    """Of all interactions, until Discord was told that the bot had them."""
    wrong: list[str]
    """Interactions that were not answered, and errors in the log."""
    late: int
    """Mirrors in which the last line of the evening never stood."""
    limited: int
    crashes: int

    @property
    def grown_mib(self) -> float:
        """What the process held in the end more than once it had settled."""
        held = [minute.memory_mib for minute in self.minutes]
        settled = held[min(SETTLED_MINUTES, len(held)) - 1 :]
        return settled[-1] - settled[0]


class _Guild(Struct, frozen=True):
    channel: Channel
    boss: Member
    mirrored: list[tuple[str, Channel]]


class Evening:
    """The evening's events; each is a loop that knows nothing of the others."""

    def __init__(self, wire: Wire, panel: SimPanel, guilds: list[_Guild]) -> None:
        self._wire = wire
        self._panel = panel
        self._guilds = guilds
        self._random = random.Random(7)
        self._numbers = itertools.count()
        self.typed = 0
        self.crashes = 0
        self.slowest_seconds = 0.0
        self.wrong: list[str] = []

    def start(self, group: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Begin them all."""
        loops: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (1.0, self._talk),
            (60.0, self._flood),
            (20.0, self._crash),
            (30.0, self._switch),
            (1.0, self._type),
            (3.0, self._look),
            (210.0, self._cut_sockets),
            (290.0, self._cut_gateway),
            (530.0, self._lose_panel),
        ]
        return [group.create_task(self._every(seconds, what)) for seconds, what in loops]

    async def _every(self, seconds: float, what: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await what()

    async def _talk(self) -> None:
        for guild in self._guilds:
            for name, _ in guild.mirrored:
                for _ in range(LINES_A_SECOND):
                    number = next(self._numbers)
                    said = f"Player{number % 97}[/203.0.113.{number % 200}:5{number % 9000:04d}]"
                    self._say(name, f"{said} {self._random.choice(_WORDS)} #{number}")

    async def _flood(self) -> None:
        name, _ = self._random.choice(self._random.choice(self._guilds).mirrored)
        for start in range(0, FLOOD, 1000):
            for number in range(start, start + 1000):
                self._say(name, f"Can't keep up, {number} ticks behind")
            await asyncio.sleep(0.11)

    async def _crash(self) -> None:
        server = self._random.choice(self._panel.world.servers)
        if server.instance is not None and server.instance.state == "running":
            server.crash(self._random.choice((1, 134, 139)))
            self.crashes += 1

    async def _switch(self) -> None:
        server = self._random.choice(self._panel.world.servers)
        if server.instance is not None:
            is_up = server.instance.state == "running"
            server.instance.power(self._random.choice(("stop", "restart")) if is_up else "start")

    async def _type(self) -> None:
        guild = self._random.choice(self._guilds)
        name, options = self._random.choice(TYPED)
        if name.partition(" ")[0] in ("server", "console", "backup", "startup", "why") and (
            name != "server list"
        ):
            options = {**options, "server": self._random.choice(guild.mirrored)[0]}
        await self._ask(f"/{name}", guild.boss.slash(guild.channel, name, **options))

    async def _look(self) -> None:
        """Somebody picks a server from a board, or a server while they type."""
        guild = self._random.choice(self._guilds)
        boards = [m for m in guild.channel.public() if "Evening" in text_of(m)]
        if boards and self._random.random() < 0.5:
            message = self._random.choice(boards)
            values = [self._random.choice(_options(message))]
            await self._ask("board select", guild.boss.select(message, values))
        else:
            begun = time.monotonic()
            try:
                await guild.boss.autocomplete(guild.channel, "server info", "server", "00")
            except TimeoutError as error:
                self.wrong.append(f"autocomplete: {error}")
            self.slowest_seconds = max(self.slowest_seconds, time.monotonic() - begun)

    async def _ask(self, what: str, asking: Awaitable[Shown]) -> None:
        self.typed += 1
        try:
            shown = await asking
            await shown.settled(40)
        except TimeoutError as error:
            if self._wire.identified.is_set():  # else the gateway was just cut
                self.wrong.append(f"{what}: {error}")
        else:
            self.slowest_seconds = max(self.slowest_seconds, shown.acknowledged_after or 0.0)

    async def _cut_sockets(self) -> None:
        self._panel.drop_sockets()

    async def _cut_gateway(self) -> None:
        await self._wire.drop_gateway()

    async def _lose_panel(self) -> None:
        fault = self._panel.fault("html502")
        await asyncio.sleep(PANEL_AWAY_SECONDS)
        fault.cancel()

    def _say(self, name: str, text: str) -> None:
        server = self._panel.world.server(name)
        if server.instance is not None and server.instance.state == "running":
            server.line(f"[{time.strftime('%H:%M:%S')} INFO]: {text}")


async def soak(minutes: int = MINUTES, *, told: Callable[[str], None] = print) -> Soaked:
    """Let an evening of so many minutes pass; `told` hears of each."""
    world = big_world(GUILDS * A_GUILD, boot_seconds=2.0)
    panel = SimPanel(world, requests_a_minute=720)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with panel, Wire() as wire:
            wire.limit("POST", r"/webhooks/\d+", 5, per=2.0)
            wire.limit("PATCH", r"/channels/\d+/messages", 5, per=5.0)
            wire.limit("POST", r"/channels/\d+/messages", 5, per=5.0)
            wire.old_edit_limit(3, per=60.0)
            bare = [wire.guild(f"Guild {number}") for number in range(GUILDS)]
            made = [(one.channel("ops"), one.member("boss", owner=True)) for one in bare]
            process = await wire.launch(
                [sys.executable, "-m", "bot", "run"],
                cwd=ROOT,
                env={
                    "ROOST_DISCORD_TOKEN": wire.token,
                    "ROOST_DATABASE_PATH": str(folder / "roost.db"),
                    "ROOST_SECRET_KEY": MASTER_KEY,
                    "ROOST_NETWORK_ALLOW": "127.0.0.0/8",
                    "ROOST_NETWORK_ALLOW_HTTP": "true",
                    "ROOST_LIMITS_COSTLY_PER_MINUTE": "600",
                    "ROOST_LIMITS_INTERACTIONS_PER_MINUTE": "600",
                },
                log=folder / "log.txt",
            )
            await wire.ready()
            await eventually(lambda: bool(wire.commands["global"]))
            await asyncio.sleep(READY_SECONDS)
            guilds = [
                await _settle(panel, channel, boss, number)
                for number, (channel, boss) in enumerate(made)
            ]
            told("settled")
            evening = Evening(wire, panel, guilds)
            held: list[Minute] = []
            posts = 0
            async with asyncio.TaskGroup() as group:
                tasks = evening.start(group)
                for number in range(minutes):
                    await asyncio.sleep(60)
                    now = used(process.pid)
                    held.append(Minute(now.memory_mib, now.cpu_seconds))
                    posts += sum(one["method"] in ("POST", "PATCH") for one in wire.log)
                    wire.log.clear()
                    wire.files.clear()
                    told(f"minute {number + 1}: {now.memory_mib:.1f} MiB, {posts} calls to Discord")
                for task in tasks:
                    task.cancel()
            late = await _late(panel, guilds)
            process.terminate()
            await process.wait()
            errors = _errors(folder / "log.txt")
        return Soaked(
            minutes=held,
            posts=posts,
            typed=evening.typed,
            slowest_seconds=evening.slowest_seconds,
            wrong=[*evening.wrong, *errors],
            late=late,
            limited=wire.limited,
            crashes=evening.crashes,
        )


async def _settle(panel: SimPanel, channel: Channel, boss: Member, number: int) -> _Guild:
    """Set a guild up as its admin does, by commands."""
    form = await boss.slash(channel, "panel add")
    added = await boss.submit(form, "Nova", panel.url, panel.key("alice"))
    await added.until(lambda: "is connected" in added.text, 60)
    shown = await boss.slash(channel, "config", page="servers")
    await shown.settled()
    await boss.click(shown.message, custom_id="r:config-flip:history")
    mine = [s.name for s in panel.world.servers[number * A_GUILD : (number + 1) * A_GUILD]]
    mirrored = []
    for name in mine[:MIRRORS]:
        into = channel.guild.channel(f"console-{name[-4:]}")
        shown = await boss.slash(channel, "mirror create", server=name, channel=into)
        await shown.until(lambda: "goes to" in shown.text, 30)  # noqa: B023  # awaited at once
        mirrored.append((name, into))
    for name in mine[:: len(mine) // BOARDS]:
        await _board(boss, channel, name[:-1])  # nine or ten of a kind: "Server 001"
    for event in ALERTS:
        shown = await boss.slash(channel, "alerts set", event=event)
        await shown.settled()
    return _Guild(channel, boss, mirrored)


async def _board(boss: Member, channel: Channel, prefix: str) -> None:
    """A board of the servers whose names begin so."""
    shown = await boss.slash(channel, "board create", title="Evening", chart="1h", style="lines")
    await shown.settled()
    form = await boss.click(shown.message, label="Search …")
    found = await boss.submit(form, prefix)
    await found.until(lambda: "Search" in found.text)
    chosen = await boss.select(found.message, _options(found.message))
    await chosen.until(lambda: "servers:" in chosen.text)
    posted = await boss.click(chosen.message, label="Post the board")
    await posted.until(lambda: "stays true" in posted.text, 30)


def _options(message: Json) -> list[str]:
    """What can be chosen in a message's select."""
    found = [one for one in components_of(message["components"]) if one.get("options")]
    return [one["value"] for one in found[0]["options"]] if found else []


async def _late(panel: SimPanel, guilds: list[_Guild]) -> int:
    """In how many mirrors a last line doesn't come to stand in time."""
    said = "the evening is over"
    waiting = []
    for guild in guilds:
        for name, channel in guild.mirrored:
            server = panel.world.server(name)
            if server.instance is not None and server.instance.state == "running":
                server.line(said)
                waiting.append(channel)
    end = time.monotonic() + LATEST_SECONDS
    while waiting and time.monotonic() < end:
        waiting = [one for one in waiting if not any(said in text for text in one.texts()[-3:])]
        await asyncio.sleep(0.5)
    return len(waiting)


def _errors(log: Path) -> list[str]:
    return [line for line in log.read_text().splitlines() if "error" in line.lower()[:60]]


def main() -> None:
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    soaked = asyncio.run(soak(minutes, told=lambda text: print(text, flush=True)))
    last = soaked.minutes[-1]
    print(
        f"grown since minute {SETTLED_MINUTES}: {soaked.grown_mib:+.1f} MiB\n"
        f"CPU: {last.cpu_seconds / minutes / 60:.0%} of one core\n"
        f"calls to Discord: {soaked.posts}, over a limit: {soaked.limited}\n"
        f"typed: {soaked.typed}, slowest acknowledgement {soaked.slowest_seconds:.2f} s\n"
        f"crashes: {soaked.crashes}, mirrors late: {soaked.late}\n"
        f"wrong: {len(soaked.wrong)}"
    )
    for one in soaked.wrong[:20]:
        print(f"    {one}")


if __name__ == "__main__":
    main()
