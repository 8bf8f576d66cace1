"""One Discord: its world, its gateway and its API on a port of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.wirecord.gateway import Gateway
from tests.wirecord.launch import Pointer, start
from tests.wirecord.member import Member
from tests.wirecord.message import sent
from tests.wirecord.messages import Messages
from tests.wirecord.own_time import OwnTime
from tests.wirecord.protocol import (
    ALL,
    BOT_PERMISSIONS,
    Files,
    Interaction,
    Json,
    Refusal,
    snowflake,
    timestamp,
)
from tests.wirecord.rest import Rest
from tests.wirecord.shown import Shown
from tests.wirecord.spec import Spec
from tests.wirecord.world import Channel, Guild

RESPOND_WITHIN = 3.5  # seconds until a client says "The application did not respond"
LARGEST_BODY = 64 << 20
FILE_PIECE = 64 * 1024  # bytes of a file at a time


class Wire:
    """As much of Discord as a bot needs; `async with` opens and closes it.

    What a test may set: `bot_permissions` (before a guild is made), `privileged` (intents
    switched on in the portal; 0 is none), `gateway_up`, `upload_limit` (bytes).
    What a test may read: `log` (each request: `at`, `method`, `path`, `body`, `files`, `status`),
    `violations` (what Discord would have refused), `unsupported` (routes Wirecord doesn't know),
    `limited` (requests over a limit), `resumes`, `turned_away` (connections while the gateway was
    down), `intents`, `webhooks`, `commands`.
    """

    def __init__(self, *, spec: Spec | None = None) -> None:
        self.bot_id = snowflake()
        self.token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GwIrEc.a-token-for-tests-and-nothing-else-at-all"
        self.guilds: dict[str, Guild] = {}
        self.commands: dict[str, list[Json]] = {"global": []}  # and those of a guild by its id
        self.interactions: dict[str, Shown] = {}  # by token
        self.webhooks: dict[str, Json] = {}
        self.files: dict[str, bytes] = {}
        self.direct: dict[str, Channel] = {}  # conversations with the bot, by the member's id
        self.log: list[Json] = []
        self.violations: list[str] = []
        self.unsupported: list[str] = []
        self.bot_permissions = BOT_PERMISSIONS
        self.privileged = ALL
        self.upload_limit = 10 << 20
        self.gateway_up = True
        self.identified = asyncio.Event()
        self.resumes = 0
        self.turned_away = 0
        self.intents = 0
        self.base = ""
        self.messages = Messages(self)
        self.own_time = OwnTime()
        self._gateway = Gateway(self)
        self._rest = Rest(self, spec or Spec.absent())
        self._runner: web.AppRunner | None = None
        self._pointer: Pointer | None = None
        self._processes: list[asyncio.subprocess.Process] = []

    # life

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_get("/gateway", self._gateway.connect)
        app.router.add_route("*", "/api/v10/{path:.*}", self._rest.handle)
        app.router.add_get("/cdn/{id}/{name}", self._file)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.base = f"http://{host}:{port}"
        self.own_time.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if self._pointer:
            self._pointer.restore()
        self.own_time.stop()
        await self.drop_gateway(1001)
        if self._runner:
            await self._runner.cleanup()

    @property
    def gateway_url(self) -> str:
        return self.base.replace("http", "ws") + "/gateway"

    def attach(self) -> None:
        """Point discord.py in this process here; log in with `token`. Undone at the end."""
        self._pointer = self._pointer or Pointer()
        self._pointer.point(self.base)

    async def launch(
        self,
        argv: list[str],
        cwd: Path,
        *,
        env: dict[str, str] | None = None,
        log: Path | None = None,
    ) -> asyncio.subprocess.Process:
        """Start a bot in a process of its own, with discord.py pointed here.

        Args:
            argv: `[python, "-m", module, …]` or `[python, script, …]`.
            env: Added to this process's environment, out of which no ROOST_* is handed on.
            log: Where its output goes (appended); None leaves it on ours.
        """
        self.identified.clear()
        process = await start(argv, cwd, base=self.base, env=env or {}, log=log)
        self._processes.append(process)
        return process

    async def ready(self, timeout: float = 30) -> None:
        """Wait until a bot has identified and was sent its guilds."""
        await asyncio.wait_for(self.identified.wait(), timeout)

    # world

    def guild(self, name: str) -> Guild:
        guild = Guild(self, name)
        self.guilds[guild.id] = guild
        return guild

    def known_guild(self, guild_id: str) -> Guild:
        if guild_id not in self.guilds:
            raise Refusal(404, 10004, "Unknown Guild")
        return self.guilds[guild_id]

    def channel(self, channel_id: str) -> Channel:
        for guild in self.guilds.values():
            if channel_id in guild.channels:
                return guild.channels[channel_id]
        for channel in self.direct.values():
            if channel.id == channel_id:
                return channel
        raise Refusal(404, 10003, "Unknown Channel")

    def command(self, guild: Guild, name: str, *, kind: int = 1) -> Json:
        known = self.commands.get(guild.id, []) + self.commands["global"]
        for command in known:
            if command["name"] == name and command["type"] == kind:
                return command
        raise LookupError(f"no command {name}; there are {[c['name'] for c in known]}")

    def me(self) -> Json:
        """The bot's user."""
        return {
            "id": self.bot_id,
            "username": "Roost",
            "discriminator": "0",
            "global_name": None,
            "avatar": None,
            "bot": True,
            "verified": True,
            "mfa_enabled": False,
            "flags": 0,
            "public_flags": 0,
        }

    def webhooks_of(self, channel: Channel) -> list[Json]:
        """The webhooks of a channel."""
        return [hook for hook in self.webhooks.values() if hook["channel_id"] == channel.id]

    def foreign_webhook(self, channel: Channel, name: str) -> Json:
        """A webhook that somebody else made."""
        return self._webhook(channel, name, {"application_id": None, "user": None})

    def own_webhook(self, channel: Channel, name: str) -> Json:
        """A webhook that the bot made some time ago."""
        return self._webhook(channel, name, {"application_id": self.bot_id, "user": self.me()})

    def _webhook(self, channel: Channel, name: str, by: Json) -> Json:
        hook: Json = {
            "id": snowflake(),
            "type": 1,
            "guild_id": channel.guild.id,
            "channel_id": channel.id,
            "name": name,
            "avatar": None,
            "token": f"{snowflake()}-made-before-the-test-{snowflake()}",
            **by,
        }
        self.webhooks[hook["id"]] = hook
        return hook

    # what happens

    async def dispatch(self, event: str, data: Json, guild: Guild | None = None) -> None:
        await self._gateway.dispatch(event, data, guild)

    def queue(self, event: str, data: Json, guild: Guild) -> None:
        """Tell the bot of it before whatever happens next."""
        self._gateway.queue(event, data, guild)

    async def interact(
        self,
        who: Member,
        channel: Channel,
        kind: Interaction,
        data: Json,
        message: Json | None = None,
    ) -> Shown:
        """Send an interaction and wait for its acknowledgement.

        Raises:
            TimeoutError: "The application did not respond".
        """
        shown = Shown(self, who, channel, kind, message)
        self.interactions[shown.token] = shown
        held = {"permissions": str(who.permissions())}
        event: Json = {
            "id": shown.id,
            "application_id": self.bot_id,
            "type": int(kind),
            "data": data,
            "guild_id": who.guild.id,
            "guild": {"id": who.guild.id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "channel_id": channel.id,
            "channel": channel.json() | held,
            "member": who.json() | held,
            "token": shown.token,
            "version": 1,
            "app_permissions": str(channel.bot_may()),
            "locale": who.locale,
            "entitlements": [],
            "authorizing_integration_owners": {"0": who.guild.id},
            "context": 0,
            "attachment_size_limit": self.upload_limit,
        }
        if message:
            event["message"] = sent(message)
        await self.dispatch("INTERACTION_CREATE", event, who.guild)
        if not await self.own_time.wait(shown.acknowledged, RESPOND_WITHIN):
            name = data.get("name") or data.get("custom_id")
            raise TimeoutError(f"The application did not respond: {name}")
        return shown

    async def forget(self, message: Json) -> None:
        """Somebody deleted the message."""
        await self.messages.delete(message)

    def age(self, message: Json, seconds: float) -> None:
        """Make a message as old as if it had been written `seconds` earlier."""
        message["_posted_at"] -= seconds
        message["timestamp"] = timestamp(ago=seconds)

    def secrets(self) -> list[str]:
        """Whatever was given out that no log may show: tokens of the bot, answers, webhooks."""
        hooks = [hook["token"] for hook in self.webhooks.values()]
        return [self.token, *self.interactions, *hooks]

    # faults

    def fault(
        self,
        method: str,
        pattern: str,
        status: int,
        times: int = 1,
        *,
        code: int = 0,
        retry_after: float | None = None,
    ) -> None:
        """Answer the next `times` requests whose path matches with an error."""
        self._rest.fault(method, pattern, status, times, code=code, retry_after=retry_after)

    def clear_faults(self) -> None:
        """Answer everything as it should be from now on."""
        self._rest.clear_faults()

    def limit(self, method: str, pattern: str, n: int, *, per: float) -> None:
        """Allow n requests in `per` seconds for each different text that the pattern matches."""
        self._rest.limit(method, pattern, n, per)

    def old_edit_limit(self, n: int, *, per: float) -> None:
        """Allow n edits in `per` seconds a channel of messages over an hour old (30046)."""
        self._rest.old_edit_limit(n, per)

    @property
    def limited(self) -> int:
        """How many requests were answered with 429 because they were over a limit."""
        return self._rest.limited

    async def drop_gateway(self, code: int = 4000) -> None:
        """Close the bot's gateway connections; 4000 lets it resume."""
        await self._gateway.drop(code)

    # files

    def store_files(self, files: Files) -> list[Json]:
        """Keep files and return them as attachments."""
        attachments: list[Json] = []
        for name, content in files:
            file_id = snowflake()
            self.files[file_id] = content
            address = f"{self.base}/cdn/{file_id}/{name}"
            attachments.append(
                {
                    "id": file_id,
                    "filename": name,
                    "size": len(content),
                    "url": address,
                    "proxy_url": address,
                    "content_type": "application/octet-stream",
                }
            )
        return attachments

    async def _file(self, request: web.Request) -> web.StreamResponse:
        content = self.files.get(request.match_info["id"])
        if content is None:
            return web.Response(status=404)
        response = web.StreamResponse(headers={"Content-Length": str(len(content))})
        response.content_type = "application/octet-stream"
        await response.prepare(request)
        if request.method != "HEAD":
            held = memoryview(content)
            for start in range(0, len(held), FILE_PIECE):
                await response.write(bytes(held[start : start + FILE_PIECE]))
        await response.write_eof()
        return response
