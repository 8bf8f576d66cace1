"""The simulated panel with its nodes: real HTTP and websockets on addresses of its own."""

import asyncio
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from aiohttp import web

from demo.panel.api import Api
from demo.panel.budget import GLOBAL, NEWER, OLD, Budgets
from demo.panel.clock import Clock, SystemClock
from demo.panel.faults import (
    KINDS,
    NODE_SECONDS,
    STATUSES,
    Fault,
    Faults,
    Side,
    node_refusal,
    pattern,
    refusal_of,
)
from demo.panel.heard import Heard
from demo.panel.instance import Instance
from demo.panel.jobs import start_transfer
from demo.panel.listening import Handler, Listening
from demo.panel.mishap import cut, error_page, garble, page
from demo.panel.node import Node
from demo.panel.query import Responder
from demo.panel.records import Backup, User
from demo.panel.refusal import bug, no_connection
from demo.panel.routing import BASE, Router
from demo.panel.script import Script
from demo.panel.server import Server
from demo.panel.table import routes
from demo.panel.tasks import Tasks
from demo.panel.tokens import mint, token_id
from demo.panel.wings import Wings
from demo.panel.world import World

Version = Literal["1.11", "1.12", "pelican"]
TOKEN_SECONDS: Final = 600.0
LINK_SECONDS: Final = 900.0
UP_SINCE: Final = timedelta(hours=1)  # a node refuses tokens from before its boot


class SimPanel:
    """`async with SimPanel(world) as panel:`; every knob may be turned while it runs."""

    def __init__(
        self,
        world: World,
        *,
        clock: Clock | None = None,
        version: Version = "1.11",
        host: str = "127.0.0.1",
        port: int = 0,
        node_port: int = 0,
        recordings: Path | None = None,
        requests_a_minute: int | None = None,
    ) -> None:
        self.world: Final = world
        self.clock: Final[Clock] = clock or SystemClock()
        self.version: Final = version
        self.requests_a_minute = requests_a_minute or GLOBAL[version]
        self.backup_throttle = (2, 600.0)  # calls, seconds
        self.token_seconds = TOKEN_SECONDS
        self.link_seconds = LINK_SECONDS
        self.is_down = False  # `artisan down`
        self.demands_2fa: Literal["none", "admins", "all"] = "none"
        self.body_limit_bytes = 110 * 1024 * 1024
        self.gives_allocations = True
        self.port_range: range | None = range(25700, 25800)
        self.has_database_host = True
        self.gives_databases = True
        self.budgets: Final = Budgets(self.clock)
        self.resources: Final[dict[int, tuple[float, dict[str, object]]]] = {}
        self.tasks: Final = Tasks()
        self.responders: Final[dict[int, Responder]] = {}  # by server
        self._backup_times: Final[dict[int, list[tuple[float, Backup]]]] = {}
        self.asked: Final[list[str]] = []
        self.requests: Final[list[Heard]] = []
        self.node_asked: Final[list[str]] = []
        self.opened_sockets = 0
        self.internet: Final[dict[str, bytes]] = {}  # what nodes can pull, by URL
        self.pulls: Final[dict[int, int]] = {}  # running ones by server
        self.pull_seconds = 0.0
        self.queue_seconds = 0.0  # until a worker takes the next task of a schedule
        self.script: Final = Script(recordings)
        self._faults: Final = Faults()
        self._host, self._port, self._node_port = host, port, node_port
        self._listening: Final[dict[str, Listening]] = {}
        limits = OLD if version == "1.11" else NEWER
        self._api: Final = Api(self, Router(routes(version)), limits)
        world.adopt(version)

    # its public face

    @property
    def url(self) -> str:
        """Where the panel listens, without a slash at the end."""
        return self._listening[""].url

    @property
    def node_url(self) -> str:
        """Where the first node listens."""
        return self.world.nodes[0].url

    def key(self, label: str) -> str:
        """The text of a key, by its label: the user's name for the first one."""
        return self.world.key(label)

    def fault(
        self,
        kind: str,
        *,
        route: str | re.Pattern[str] | None = None,
        times: int | None = None,
        on: Side = "panel",
        node: str | None = None,
        is_done: bool = False,
        seconds: float = 30.0,
        after: int = 0,
    ) -> Fault:
        """Switch a fault on; what is listed in `faults.KINDS`, or a status such as "429".

        Args:
            route: Only for requests like this: "POST */power", "*/resources" or a regular
                expression; without it for all. A panel's call of its node is known by the
                request to the panel that made it.
            times: How often; for ever without it.
            on: Whose fault it is.
            node: Only this node's, by name.
            is_done: The work is done all the same, only the answer suffers.
            seconds: Retry-After of a 429, pause of a drip, life of a token.
            after: So many requests pass before it begins.
        """
        if kind not in KINDS and kind not in STATUSES:
            raise ValueError(f"no such fault: {kind}")
        wanted = pattern(route)
        made = Fault(kind, wanted, times, on, node, is_done, seconds, after=after)
        self._faults.add(made)
        if kind == "refused" and route is None and times is None:
            for listening in self._of(on, node):
                listening.shut()
        return made

    def faults_clear(self) -> None:
        """Switch every fault off, let go who hangs, listen again."""
        self._faults.clear()
        for name, listening in self._listening.items():
            if not name or not self.world.node(name).is_dead:
                listening.listen()

    def count(self, route: str) -> int:
        """How many requests were like `route`: "POST /servers/{}/power"."""
        wanted = pattern(route)
        return sum(1 for text in self.asked if wanted is None or wanted.fullmatch(text))

    def drop_sockets(self, name: str | None = None) -> None:
        """Cut the websockets of one server, or of all, without a close frame."""
        for server in self.world.servers:
            if server.instance is not None and (name is None or server is self.world.server(name)):
                server.instance.end_sockets(None, "")

    def reboot_node(self, name: str | None = None) -> None:
        """Restart Wings: sockets end without a close frame, earlier tokens are refused."""
        node = self.world.node(name) if name is not None else self.world.nodes[0]
        node.booted_at = self.clock.now()
        node.spent.clear()
        for server in self.world.servers:
            if server.node is node and server.instance is not None:
                server.instance.end_sockets(None, "")

    def transfer(self, name: str, to: str) -> None:
        """Move a server to another node, as an administrator does."""
        start_transfer(self, self.world.server(name), self.world.node(to))

    def deny(self, user: User, server: Server) -> None:
        """Take a user's websocket tokens of a server back, as a change of rights does."""
        moment = int(self.clock.now().timestamp())
        server.node.denied[token_id(user.id, server.uuid)] = moment

    # what its parts ask of it

    def socket_token(self, user: User, server: Server, permissions: Iterable[str]) -> str:
        """A login for the websocket of a server."""
        short = self._faults.peek("short_tokens", "panel")
        return mint(
            server.node.meta(self.url),
            user_id=user.id,
            user_uuid=user.uuid,
            server_uuid=server.uuid,
            now=self.clock.now(),
            seconds=short.seconds if short is not None else self.token_seconds,
            claims={"permissions": list(permissions)},
            scope=None if self.version == "1.11" else "websocket",
        )

    def link(self, user: User, server: Server, purpose: str, claims: dict[str, str]) -> str:
        """A signed link of the node: `purpose` is `upload/file`, `download/file` or `…/backup`."""
        what, _, of = purpose.partition("/")
        token = mint(
            server.node.meta(self.url),
            user_id=user.id,
            user_uuid=user.uuid,
            server_uuid=server.uuid,
            now=self.clock.now(),
            seconds=self.link_seconds,
            claims=claims,
            scope=None if self.version == "1.11" else f"{of}-{what}",
        )
        return f"{server.node.url}/{purpose}?token={token}"

    def backup_times(self, server: Server) -> list[tuple[float, Backup]]:
        """The backups that were started on a server, with the clock's seconds."""
        return self._backup_times.setdefault(server.id, [])

    async def reach_node(self, node: Node, text: str, *, wants_json: bool) -> bool:
        """Let the panel call its node; False when a page came back that passes for success.

        Raises:
            Refusal: The node failed, or sent a page where JSON was wanted.
        """
        if node.is_dead or not node.is_reachable:
            raise no_connection()
        fault = self._faults.hit("node", text, node=node.name)
        if fault is None or fault.kind == "too_many_sockets":
            return True
        if fault.kind == "hang":
            await self.clock.sleep(NODE_SECONDS)
        refusal = node_refusal(fault)
        if refusal is not None:
            raise refusal
        if wants_json:
            raise bug("TypeError")
        return False

    # life

    async def __aenter__(self) -> Self:
        self._listening[""] = Listening(self._answer, self._host, self._port)
        for node in self.world.nodes:
            self._listening[node.name] = Listening(self._node_handler(node), self._host, 0)
        if self.world.nodes:
            first = self.world.nodes[0].name
            self._listening[first] = Listening(
                self._node_handler(self.world.nodes[0]), self._host, self._node_port
            )
        for name, listening in self._listening.items():
            await listening.open()
            if name:
                node = self.world.node(name)
                node.url = listening.url
                node.booted_at = self.clock.now() - UP_SINCE
                if node.is_dead:
                    listening.shut()
        for server in self.world.servers:
            server.instance = Instance(server, self.clock, self.tasks)
            server.instance.jump(server.first_state)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._faults.clear()
        for server in self.world.servers:
            if server.instance is not None:
                server.first_state = "running" if server.state != "offline" else "offline"
                server.instance.end_sockets(None, "")
        await asyncio.gather(*(each.close() for each in self.responders.values()))
        self.responders.clear()
        await self.tasks.close()
        await asyncio.gather(*(each.close() for each in self._listening.values()))
        for server in self.world.servers:
            server.instance = None

    async def open_query(self, name: str) -> Responder:
        """Let a server's game tell who plays, at its primary allocation.

        Its allocations move to this panel's own address, the primary one also to another port
        where its port isn't free there.
        """
        server = self.world.server(name)
        responder = self.responders[server.id] = Responder(server, self.clock)
        server.primary.port = await responder.open(self._host, server.primary.port)
        for allocation in server.allocations:
            allocation.ip = self._host
        return responder

    def add_instance(self, server: Server) -> None:
        """Run a server that was added to the world after the start."""
        server.instance = Instance(server, self.clock, self.tasks)
        server.instance.jump(server.first_state)

    # requests

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        raw = await request.read()
        text = self._note(request, raw)
        if len(raw) > self.body_limit_bytes:
            return page(413)
        fault = self._faults.hit("panel", text)
        if fault is None:
            scripted = self.script.play(text)
            return scripted if scripted is not None else await self._api.answer(request, raw, text)
        refusal = refusal_of(fault, self.clock.now().timestamp())
        if refusal is not None:
            if fault.is_done:
                await self._api.answer(request, raw, text)
            return error_page(refusal)
        needs_answer = fault.is_done or fault.kind in ("slow", "reset", "truncated", "wrong_types")
        answer = web.Response()
        if needs_answer:
            answer = await self._api.answer(request, raw, text)
        return await garble(fault, request, answer, self.clock)

    def _note(self, request: web.BaseRequest, raw: bytes) -> str:
        path = request.rel_url.raw_path.removeprefix(BASE).rstrip("/") or "/"
        text = f"{request.method} {path}"
        key = self.world.key_by_text(request.headers.get("Authorization", "").partition(" ")[2])
        self.asked.append(text)
        self.requests.append(
            Heard(
                method=request.method,
                path=path,
                query=dict(request.rel_url.query),
                headers=dict(request.headers),
                body=raw,
                user=key.owner.username if key is not None else None,
            )
        )
        return text

    def _node_handler(self, node: Node) -> Handler:
        wings = Wings(self, node)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            text = f"{request.method} {request.rel_url.raw_path}"
            self.node_asked.append(text)
            if not node.is_reachable:
                cut(request)
                return web.Response()
            fault = self._faults.hit("node", text, node=node.name)
            if fault is None:
                return await wings.handle(request)
            return await wings.spoil(fault, request, self.clock)

        return handle

    def _of(self, on: Side, node: str | None) -> list[Listening]:
        if on == "panel":
            return [self._listening[""]]
        return [each for name, each in self._listening.items() if name and node in (None, name)]
