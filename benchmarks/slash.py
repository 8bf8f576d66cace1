"""What a slash command costs beside the same one written by hand, and how often it writes."""

import asyncio
import base64
import functools
import gc
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec import Struct

from benchmarks.measure import Row, shown, turns
from bot.app import App, open_app
from bot.clock import SYSTEM
from bot.config import Config, DatabaseSettings, DiscordSettings, NetworkSettings, SecretSettings
from bot.secret import Secret
from tests.wirecord import Channel, Member, Shown, Wire, eventually

ROOT: Final = Path(__file__).resolve().parent.parent
COMMANDS: Final = 20
"""Commands a round; short rounds in turn, so that what else the machine does falls on both."""
SERVER: Final = "Survival"
BARE: Final = "by hand"
OURS: Final = "Roost"
MASTER_KEY: Final = base64.b64encode(bytes(32)).decode()
PLENTY: Final = 100_000
ACTING: Final[tuple[tuple[str, dict[str, object], str], ...]] = (
    ("startup list", {}, "Startup of"),
    ("backup lock", {"backup": "nightly"}, "locked"),
    ("settings rename", {"name": "Survival SMP"}, "called"),
    ("network note", {"allocation": "25566", "note": "map"}, "25566"),
    ("startup set", {"variable": "SERVER_JARFILE", "value": "server.jar"}, "server.jar"),
    ("files mkdir", {"path": "made"}, "made"),
    ("console run", {"command": "list"}, "list"),
    ("power restart", {}, "is running"),
    ("backup create", {"name": "nightly"}, "nightly"),
)
"""What is typed for the count, with its options and what the answer says in the end."""
BEFORE: Final = "backup create"
"""What has to be there for others to act on is typed first."""
OF_JOB: Final = re.compile(r"^(?:UPDATE job |SELECT job|(?:SELECT|DELETE) .*\bjob_signal\b)", re.S)
"""Statements on jobs by which the engine goes on with them."""
REST_SECONDS: Final = 0.3
PASSING: Final = ("/", "audit R-", "look again ", "files ", "refusal ", "job ")
"""How the names of tasks begin that a command leaves behind."""


class Panel(Struct, frozen=True):
    """What the simulated panel, in a process of its own, tells of itself."""

    url: str
    keys: dict[str, str]
    servers: dict[str, str]


class Bot(Struct, frozen=True):
    """A bot under a Discord of its own, and who types there."""

    process_id: int
    wire: Wire
    boss: Member
    channel: Channel


async def measure() -> list[Row]:
    """The rows of a slash command."""
    with tempfile.TemporaryDirectory() as folder:
        async with _panel() as panel:
            return [
                await _overhead(panel, Path(folder)),
                await _statements(panel, Path(folder)),
            ]


@asynccontextmanager
async def _panel() -> AsyncIterator[Panel]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo.panel",
        "--quiet",
        "--requests-a-minute",
        str(PLENTY),
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        yield Panel(told["url"], told["keys"], told["servers"])
    finally:
        process.terminate()
        await process.wait()


async def _overhead(panel: Panel, folder: Path) -> Row:
    async with _roost(panel, folder) as ours, _by_hand(panel, folder) as bare:
        taken: dict[str, list[float]] = {BARE: [], OURS: []}
        for bot in (bare, ours):
            await _round(bot)
        for _ in turns():
            gc.collect()
            taken[BARE].append(await _round(bare) / COMMANDS)
            taken[OURS].append(await _round(ours) / COMMANDS)
    pairs = zip(taken[OURS], taken[BARE], strict=True)
    return Row(
        "slash_overhead_ms",
        statistics.median(mine - theirs for mine, theirs in pairs) * 1000,
        "ms",
        "CPU a command more than by hand: ≤ 2",
        {name: shown(statistics.median(each)) for name, each in taken.items()},
    )


async def _round(bot: Bot) -> float:
    """Seconds of processor time the bot's process took for a round of commands."""
    began = _processor_seconds(bot.process_id)
    for _ in range(COMMANDS):
        answer = await bot.boss.slash(bot.channel, "startup list", server=SERVER)
        await _until(answer, "Startup of")
    return _processor_seconds(bot.process_id) - began


def _processor_seconds(process_id: int) -> float:
    """Processor time of another process, all its threads: its POSIX clock, which is made so."""
    return time.clock_gettime((~process_id << 3) | 2)


@asynccontextmanager
async def _roost(panel: Panel, folder: Path) -> AsyncIterator[Bot]:
    async with _discord() as (wire, boss, channel):
        env = {
            "ROOST_DISCORD_TOKEN": wire.token,
            "ROOST_DATABASE_PATH": str(folder / "overhead.db"),
            "ROOST_SECRET_KEY": MASTER_KEY,
            "ROOST_NETWORK_ALLOW": "127.0.0.0/8",
            "ROOST_NETWORK_ALLOW_HTTP": "true",
            "ROOST_LIMITS_INTERACTIONS_PER_MINUTE": str(PLENTY),
        }
        argv = [sys.executable, "-m", "bot", "run"]
        process = await wire.launch(argv, cwd=ROOT, env=env, log=folder / "roost.log")
        await _started(wire)
        await _connect(panel, boss, channel)
        yield Bot(process.pid, wire, boss, channel)
        process.terminate()
        await process.wait()


@asynccontextmanager
async def _by_hand(panel: Panel, folder: Path) -> AsyncIterator[Bot]:
    async with _discord() as (wire, boss, channel):
        env = {
            "BYHAND_TOKEN": wire.token,
            "BYHAND_PANEL": panel.url,
            "BYHAND_KEY": panel.keys["alice"],
            "BYHAND_SERVER": panel.servers[SERVER],
        }
        argv = [sys.executable, "-m", "benchmarks.byhand"]
        process = await wire.launch(argv, cwd=ROOT, env=env, log=folder / "byhand.log")
        await _started(wire)
        yield Bot(process.pid, wire, boss, channel)
        process.terminate()
        await process.wait()


@asynccontextmanager
async def _discord() -> AsyncIterator[tuple[Wire, Member, Channel]]:
    async with Wire() as wire:
        guild = wire.guild("Nova")
        yield wire, guild.member("boss", owner=True), guild.channel("ops")


async def _started(wire: Wire) -> None:
    await wire.ready()
    await eventually(lambda: bool(wire.commands["global"]))


async def _connect(panel: Panel, boss: Member, channel: Channel) -> None:
    form = await boss.slash(channel, "panel add")
    added = await boss.submit(form, "Nova", panel.url, panel.keys["alice"])
    await _until(added, "is connected")


async def _until(answer: Shown, text: str) -> None:
    await answer.until(lambda: text in answer.text, timeout=60)


async def _statements(panel: Panel, folder: Path) -> Row:
    """Counted in this process: the number doesn't depend on where the bot runs."""
    async with _discord() as (wire, boss, channel):
        wire.attach()
        config = Config(
            discord=DiscordSettings(token=Secret(wire.token)),
            database=DatabaseSettings(path=folder / "statements.db"),
            secret=SecretSettings(key=Secret(MASTER_KEY)),
            network=NetworkSettings(allow=("127.0.0.0/8",), allow_http=True),
        )
        async with open_app(config, clock=SYSTEM, guild_ready_seconds=0.05) as app:
            running = asyncio.create_task(app.bot.start(wire.token))
            await _started(wire)
            await _connect(panel, boss, channel)
            await _at_rest(app)
            counts = {}
            for name, options, said in sorted(ACTING, key=lambda one: one[0] != BEFORE):
                type_it = functools.partial(boss.slash, channel, name, server=SERVER, **options)
                counts[name] = await _counted(app, type_it, said)
        await running
    return Row(
        "slash_statements",
        max(count.own for count in counts.values()),
        "",
        "database statements of a command: ≤ 3; a job's own steps apart",
        {f"/{name}": f"{count.own} + {count.of_job} of a job" for name, count in counts.items()},
    )


class Count(Struct, frozen=True):
    """Statements of one command."""

    own: int
    """What it and the audit write, the insertion of a job among it."""
    of_job: int
    """How the engine claims the job it left behind, and how that notes its steps to its end."""


async def _counted(app: App, type_it: Callable[[], Awaitable[Shown]], text: str) -> Count:
    """The statements of the command and of whatever it leaves behind to be done."""
    heard: list[str] = []
    app.parts.database.on_statement = heard.append
    await _until(await type_it(), text)
    await _at_rest(app)
    app.parts.database.on_statement = None
    of_job = sum(bool(OF_JOB.search(one)) for one in heard)
    return Count(len(heard) - of_job, of_job)


async def _at_rest(app: App) -> None:
    """Wait until nothing more is written and no task is about a command any more."""
    before = -1
    while before != app.parts.database.statements or _passing(app):
        before = app.parts.database.statements
        await asyncio.sleep(REST_SECONDS)


def _passing(app: App) -> bool:
    return any(name.startswith(PASSING) for name in app.supervisor.names)
