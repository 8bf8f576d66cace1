"""The gateway: sessions of shards, their events, resuming with what was missed."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMsgType, web

from tests.wirecord.message import sent
from tests.wirecord.protocol import EVENT_NEEDS, PRIVILEGED, Intent, Json, snowflake

if TYPE_CHECKING:
    from tests.wirecord.wire import Wire
    from tests.wirecord.world import Guild

HEARTBEAT_MS = 41_250
KEPT_FRAMES = 2000  # for a resume


def _frame(op: int, data: object, *, event: str | None = None, seq: int | None = None) -> str:
    return msgspec.json.encode({"op": op, "t": event, "s": seq, "d": data}).decode()


class Session:
    """One shard's session: what it may see, and what was sent to it."""

    def __init__(self, shard: int, count: int, intents: int, ws: web.WebSocketResponse) -> None:
        self.id = snowflake()
        self.shard = shard
        self.count = count
        self.intents = intents
        self.ws: web.WebSocketResponse | None = ws
        self.seq = 0
        self._frames: deque[tuple[int, str]] = deque(maxlen=KEPT_FRAMES)

    def has(self, intent: int) -> bool:
        return bool(self.intents >> intent & 1)

    def owns(self, guild: Guild | None) -> bool:
        """Events of no guild go to the first shard."""
        if guild is None:
            return self.shard == 0
        return (int(guild.id) >> 22) % self.count == self.shard

    async def send(self, event: str, data: Json) -> None:
        self.seq += 1
        frame = _frame(0, data, event=event, seq=self.seq)
        self._frames.append((self.seq, frame))
        if self.ws is not None:
            await _send(self.ws, frame)

    async def resume(self, ws: web.WebSocketResponse, after: int) -> None:
        for seq, frame in list(self._frames):
            if seq > after:
                await _send(ws, frame)
        self.ws = ws
        await self.send("RESUMED", {})


async def _send(ws: web.WebSocketResponse, frame: str) -> None:
    with contextlib.suppress(ConnectionError):  # the session keeps the frame for a resume
        await ws.send_str(frame)


class Gateway:
    """Where bots connect. A session outlives its socket until another one replaces it."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._sessions: dict[str, Session] = {}
        self._sockets: dict[web.WebSocketResponse, Session | None] = {}
        self._queued: list[tuple[str, Json, Guild]] = []
        self._order = asyncio.Lock()

    def queue(self, event: str, data: Json, guild: Guild) -> None:
        """Tell it before whatever is told next."""
        self._queued.append((event, data, guild))

    async def dispatch(self, event: str, data: Json, guild: Guild | None = None) -> None:
        """Tell every session that owns the guild and has the intent for it."""
        async with self._order:
            queued, self._queued = self._queued, []
            for told in queued:
                await self._tell(*told)
            await self._tell(event, data, guild)

    async def _tell(self, event: str, data: Json, guild: Guild | None) -> None:
        data = sent(data)
        needs = EVENT_NEEDS.get(event)
        if event.startswith("MESSAGE_") and "guild_id" not in data:
            needs = Intent.DIRECT_MESSAGES
        for session in list(self._sessions.values()):
            if not session.owns(guild) or (needs is not None and not session.has(needs)):
                continue
            seen = data
            if event == "GUILD_CREATE" and guild and not session.has(Intent.MEMBERS):
                seen = data | {"members": [member.json() for member in guild.known_members()]}
            elif event in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and self._is_hidden(data, session):
                seen = data | {"content": "", "embeds": [], "attachments": [], "components": []}
            await session.send(event, seen)

    def _is_hidden(self, message: Json, session: Session) -> bool:
        """Contents are the bot's own, those that mention it, direct ones, or take the intent."""
        own = self._wire.bot_id
        return not (
            "guild_id" not in message
            or session.has(Intent.MESSAGE_CONTENT)
            or message["author"]["id"] == own
            or any(user["id"] == own for user in message["mentions"])
        )

    async def drop(self, code: int) -> None:
        for ws in list(self._sockets):
            await ws.close(code=code)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Handle a connection until it ends."""
        if not self._wire.gateway_up:
            self._wire.turned_away += 1
            return web.Response(status=503)
        ws = web.WebSocketResponse(max_msg_size=0)
        await ws.prepare(request)
        self._sockets[ws] = None
        try:
            await ws.send_str(_frame(10, {"heartbeat_interval": HEARTBEAT_MS}))
            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    asked = msgspec.json.decode(message.data)
                    await self._heard(ws, asked["op"], asked.get("d"))
        finally:
            session = self._sockets.pop(ws)
            if session and session.ws is ws:
                session.ws = None
            if not self._sockets:
                self._wire.identified.clear()
        return ws

    async def _heard(self, ws: web.WebSocketResponse, op: int, data: Any) -> None:
        match op:
            case 1:
                await ws.send_str(_frame(11, None))
            case 2:
                await self._identify(ws, data)
            case 6:
                await self._resume(ws, data)
            case 8:
                await self._members(self._sockets[ws], data)

    async def _identify(self, ws: web.WebSocketResponse, data: Json) -> None:
        wire = self._wire
        if data["token"] != wire.token:
            await ws.close(code=4004)
            return
        intents = data.get("intents") or 0
        if intents & PRIVILEGED & ~wire.privileged:
            await ws.close(code=4014)
            return
        wire.intents = intents
        shard, count = data.get("shard") or (0, 1)
        for old in [one for one in self._sessions.values() if one.shard == shard]:
            self._sessions.pop(old.id)
        session = self._sockets[ws] = Session(shard, count, intents, ws)
        mine = [guild for guild in wire.guilds.values() if session.owns(guild)]
        ready = {
            "v": 10,
            "user": wire.me(),
            "guilds": [{"id": guild.id, "unavailable": True} for guild in mine],
            "session_id": session.id,
            "resume_gateway_url": wire.gateway_url,
            "shard": [shard, count],
            "application": {"id": wire.bot_id, "flags": 0},
        }
        await session.send("READY", ready)
        self._sessions[session.id] = session
        for guild in mine:
            guild.is_shown = True
            seen = guild.json(all_members=session.has(Intent.MEMBERS))
            await session.send("GUILD_CREATE", seen)
        wire.identified.set()

    async def _resume(self, ws: web.WebSocketResponse, data: Json) -> None:
        session = self._sessions.get(data["session_id"])
        if session is None:
            await ws.send_str(_frame(9, data=False))
            return
        self._sockets[ws] = session
        await session.resume(ws, data.get("seq") or 0)
        self._wire.resumes += 1
        self._wire.identified.set()

    async def _members(self, session: Session | None, data: Json) -> None:
        if session is None:
            return
        guild = self._wire.guilds[str(data["guild_id"])]
        asked, query = data.get("user_ids") or [], data.get("query") or ""
        ids = [str(i) for i in (asked if isinstance(asked, list) else [asked])]
        members = list(guild.members.values())
        if ids:
            found = [member for member in members if member.id in ids]
        elif query or session.has(Intent.MEMBERS):
            found = [member for member in members if member.name.startswith(query)]
        else:
            found = []
        chunk = {
            "guild_id": guild.id,
            "members": [member.json() for member in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [i for i in ids if i not in guild.members],
            "nonce": data.get("nonce"),
        }
        await session.send("GUILD_MEMBERS_CHUNK", chunk)
