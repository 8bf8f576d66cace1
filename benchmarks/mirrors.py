"""What mirrors cost beside a bare loop, and whether five hundred of them wait on each other."""

import asyncio
import base64
import io
import itertools
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

import aiohttp
import discord
import msgspec
from msgspec import Struct

from benchmarks.console import AUTH, HISTORY_SECONDS, PATH, console
from benchmarks.measure import Row, rounds
from benchmarks.peer import Addresses, peer, uuid_of
from bot.clock import SYSTEM
from bot.observe import Metrics
from bot.posts.delivery import Delivery, Place
from bot.posts.mirrors import Mirror
from bot.posts.traffic import Traffic
from bot.posts.webhooks import Hook, Webhooks
from bot.pterodactyl import AddressGuard, Network
from bot.pterodactyl.console import Console
from bot.pterodactyl.console_events import ConsoleLine, Status
from bot.secret import Secret
from bot.store import guilds, mirrors, panels, servers
from bot.store.engine import Database
from bot.store.mirrors import MirrorOptions, MirrorRow
from bot.store.vault import Vault, owner_of
from tests.wirecord import Channel, Json, Wire, text_of
from tests.wirecord.launch import Pointer

ROOT: Final = Path(__file__).resolve().parent.parent
MASTER_KEY: Final = base64.b64encode(bytes(32)).decode()
BARE: Final = "aiohttp, discord.py"
OURS: Final = "Roost"
BURST: Final = 2000
"""Events in one piece; what one file holds."""
BURSTS: Final = 1
FLOOD: Final = f'{{"event":"send command","args":["{BURST}"]}}'
MIRRORS: Final = 500
A_GUILD: Final = 50
LINES_A_SECOND: Final = 10
SETTLE_SECONDS: Final = 18.0
MEASURED_SECONDS: Final = 20.0
_SAID: Final = re.compile(r"said at <(\d+\.\d+)>")


async def measure() -> list[Row]:
    """The rows of mirrors."""
    return [await _lines(), await _many()]


# lines for the same CPU


class _Client(discord.Client):
    """Logged in, as far as webhooks need it."""

    def __init__(self, delivery: Delivery, traffic: Traffic) -> None:
        super().__init__(intents=discord.Intents.none(), http_trace=traffic.trace())
        self.delivery = delivery

    def is_ready(self) -> bool:
        return True


async def _lines() -> Row:
    network = Network(AddressGuard.open(), clock=SYSTEM)
    pointer = Pointer()
    traffic, metrics = Traffic(SYSTEM), Metrics()
    async with peer() as addresses, aiohttp.ClientSession() as session:
        pointer.point(addresses.sockets.replace("ws://", "http://"))
        client = _Client(Delivery(traffic, metrics, SYSTEM), traffic)
        await client.login("token")
        running = asyncio.create_task(client.delivery.run())
        try:
            return await _rows_of_lines(network, addresses, session, client)
        finally:
            running.cancel()
            await client.close()
            await network.close()
            pointer.restore()


async def _rows_of_lines(
    network: Network, addresses: Addresses, session: aiohttp.ClientSession, client: _Client
) -> Row:
    channels = itertools.count(1)  # a new one each time: what is measured is no limit of Discord's
    mirror = Mirror(_row(), Hook(1, Secret("token")), SYSTEM)
    webhooks = Webhooks(lambda: client, client.delivery)
    async with (
        session.ws_connect(addresses.sockets + PATH) as ws,
        console(network, addresses) as ours,
    ):
        await ws.send_str(AUTH)
        await ws.receive()
        await ws.receive()
        await asyncio.sleep(HISTORY_SECONDS)
        async for event in ours:
            if isinstance(event, Status):
                break

        async def bare() -> None:
            for _ in range(BURSTS):
                await ws.send_str(FLOOD)
                lines = await _heard(ws)
                await _posted(client, next(channels), lines)

        async def mirrored() -> None:
            for _ in range(BURSTS):
                await ours.send_command(str(BURST))
                await _taken(ours, mirror)
                await _sent(webhooks, mirror, next(channels))

        taken = await rounds({BARE: bare, OURS: mirrored})
    return Row(
        "mirror_lines",
        taken.ratio(BARE, OURS),
        "x",
        "lines for the same CPU, socket to webhook: ≥ 0.5",
        {name: f"{BURST * BURSTS / taken.median(name):,.0f}/s" for name in taken.seconds},
    )


async def _heard(ws: aiohttp.ClientWebSocketResponse) -> list[str]:
    lines: list[str] = []
    seen = 0
    async for received in ws:
        frame = msgspec.json.decode(received.data)
        if frame["event"] == "console output":
            lines.append(frame["args"][0])
        seen += 1
        if seen == BURST:
            break
    return lines


async def _posted(client: discord.Client, hook: int, lines: list[str]) -> None:
    webhook = discord.Webhook.partial(hook, "token", client=client)
    file = discord.File(io.BytesIO("\n".join(lines).encode()), "lines.txt")
    await webhook.send("lines", file=file, wait=True)


async def _taken(ours: Console, mirror: Mirror) -> None:
    seen = 0
    async for event in ours:
        if isinstance(event, ConsoleLine):
            mirror.take(event.text)
        seen += 1
        if seen == BURST:
            return


async def _sent(webhooks: Webhooks, mirror: Mirror, channel: int) -> None:
    place, hook = Place(1, channel, by_webhook=True), Hook(channel, Secret("token"))
    mirror.digest()
    sent = await webhooks.send(
        place, hook, "Survival", lambda: mirror.batch.compose(colours=True, at=SYSTEM.now())
    )
    mirror.batch.sent()
    if sent.file is None or sent.lines != BURST - BURST // 20:
        raise RuntimeError("lines were lost on the way")


def _row() -> MirrorRow:
    return MirrorRow(
        id="1",
        guild_id=1,
        server_id="1",
        channel_id=1,
        webhook_id=1,
        token_sealed=b"",
        options=MirrorOptions(),
        made_by=1,
        made_at=datetime.now(UTC),
    )


# many at once


class Used(Struct):
    """What the bot's process has used."""

    cpu_seconds: float
    memory_mib: float


async def _many() -> Row:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with peer(str(MIRRORS), str(LINES_A_SECOND)) as addresses, Wire() as wire:
            channels = await _prepare(wire, addresses, folder)
            process = await wire.launch(
                [sys.executable, "-m", "bot", "run"],
                cwd=ROOT,
                env=_settings(wire, folder),
                log=folder / "log.txt",
            )
            await wire.ready()
            ready = time.monotonic()
            await asyncio.sleep(SETTLE_SECONDS)
            began, before = time.monotonic(), used(process.pid)
            await asyncio.sleep(MEASURED_SECONDS)
            ended, after = time.monotonic(), used(process.pid)
            process.terminate()
            await process.wait()
            delays = [_longest(wire, channel, ready, began, ended) for channel in channels]
    cpu = (after.cpu_seconds - before.cpu_seconds) / (ended - began)
    return Row(
        "mirrors_500",
        max(delays),
        "s",
        f"longest delay of {MIRRORS} mirrors at {LINES_A_SECOND} lines/s: ≤ 30",
        {
            "usual longest": f"{sorted(delays)[len(delays) // 2]:.1f} s",
            "CPU": f"{cpu:.0%} of one core",
            "memory": f"{after.memory_mib:.0f} MiB",
            "limits of Discord hit": str(wire.limited),
        },
    )


def _settings(wire: Wire, folder: Path) -> dict[str, str]:
    return {
        "ROOST_DISCORD_TOKEN": wire.token,
        "ROOST_DATABASE_PATH": str(folder / "roost.db"),
        "ROOST_SECRET_KEY": MASTER_KEY,
        "ROOST_NETWORK_ALLOW": "127.0.0.0/8",
        "ROOST_NETWORK_ALLOW_HTTP": "true",
    }


async def _prepare(wire: Wire, addresses: Addresses, folder: Path) -> list[Channel]:
    """Guilds with a panel, servers and mirrors, as admins would have made them long ago."""
    wire.limit("POST", r"/webhooks/\d+", 5, per=2.0)
    database = await Database.open(folder / "roost.db", clock=SYSTEM)
    vault = await Vault.open(database, key=Secret(MASTER_KEY), clock=SYSTEM)
    channels: list[Channel] = []
    for start in range(0, MIRRORS, A_GUILD):
        guild = wire.guild(f"Guild {start}")
        made = [guild.channel(f"console-{number}") for number in range(start, start + A_GUILD)]
        hooks = [wire.own_webhook(channel, "Server") for channel in made]
        numbers = range(start, start + A_GUILD)
        await _rows(
            database, vault, int(guild.id), addresses, list(zip(numbers, hooks, strict=True))
        )
        channels += made
    await database.close()
    return channels


async def _rows(
    database: Database,
    vault: Vault,
    guild_id: int,
    addresses: Addresses,
    mirrored: list[tuple[int, Json]],
) -> None:
    panel_id, now = str(uuid4()), SYSTEM.now()
    owner = owner_of(guild_id=guild_id, table="panel", row_id=panel_id)
    async with database.write() as session:
        await guilds.guild_joined(session, guild_id=guild_id, now=now)
        new = panels.NewPanel(
            id=panel_id,
            name="Nova",
            url=addresses.panel,
            key_sealed=vault.seal(Secret("ptlc_" + "a" * 43), owner=owner),
            account_id="2",
            account_name="alice",
            is_root_admin=False,
            added_by=1,
        )
        await panels.add_panel(session, guild_id=guild_id, new=new, at_most=9, now=now)
        seen = [_seen(number) for number in range(MIRRORS)]
        found = await servers.save_seen(
            session, guild_id=guild_id, panel_id=panel_id, seen=seen, now=now
        )
        listed = await servers.list_servers(session, guild_id=guild_id)
        assert found is not None
        ids = {one.uuid: one.id for one in listed}
        for number, hook in mirrored:
            mirror_id = str(uuid4())
            owner = owner_of(guild_id=guild_id, table="mirror", row_id=mirror_id)
            row = mirrors.NewMirror(
                id=mirror_id,
                server_id=ids[uuid_of(number)],
                channel_id=int(hook["channel_id"]),
                webhook_id=int(hook["id"]),
                token_sealed=vault.seal(Secret(hook["token"]), owner=owner),
                options=MirrorOptions(),
                made_by=1,
            )
            await mirrors.add_mirror(session, guild_id=guild_id, new=row, at_most=A_GUILD, now=now)


def _seen(number: int) -> servers.SeenServer:
    return servers.SeenServer(
        identifier=f"{number:08x}",
        uuid=uuid_of(number),
        name=f"Server {number}",
        description="",
        node="Node 1",
        docker_image="ghcr.io/pterodactyl/yolks:java_21",
        address=None,
        memory_limit_bytes=0,
        disk_limit_bytes=0,
        cpu_limit_percent=0,
        is_owner=True,
        rights=("*",),
        status=None,
    )


def used(process_id: int) -> Used:
    """What another process has used so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{process_id}/statm").read_text().split()[1])
    return Used((int(fields[11]) + int(fields[12])) / 100, pages * 4096 / (1 << 20))


def _longest(wire: Wire, channel: Channel, ready: float, began: float, ended: float) -> float:
    """The longest that a line of the measured time took to its channel.

    One that is silent has waited since it was last heard, or since the bot was ready.
    """
    longest, last = 0.0, ready
    for message in channel.public():
        posted_at = message["_posted_at"]
        if posted_at > ended:
            continue
        last = posted_at
        if posted_at < began:
            continue
        files = message["attachments"]
        text = wire.files[files[0]["id"]].decode() if files else text_of(message)
        said = [float(moment) for moment in _SAID.findall(text)]
        if said:
            longest = max(longest, posted_at - min(said))
    return max(longest, ended - last)
