"""One socket of a console, from the handshake to its end (contract: console.md).

A session logs in, renews its token, pings and paces what is sent. What outlives a socket (the
lines known, who listens, when to come back) is the console's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum, auto
from functools import partial
from typing import Final, Protocol

from aiohttp import ClientError, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from bot.clock import Clock
from bot.pterodactyl.console_ending import (
    LATER_SECONDS,
    Ending,
    handshake_refused,
    is_passing,
    not_given,
)
from bot.pterodactyl.console_events import (
    DaemonError,
    Event,
    Frame,
    Garbled,
    Lapsed,
    Throttled,
    login_message,
    message,
    read_event,
    read_frame,
)
from bot.pterodactyl.console_pace import Pace
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import (
    Answer,
    Conflict,
    NodeFailed,
    NotAllowed,
    PanelError,
)
from bot.pterodactyl.models import WebsocketCredentials
from bot.pterodactyl.refusal import scrub
from bot.pterodactyl.routes import Asked

Mint = Callable[[], Awaitable[WebsocketCredentials]]
"""Asks the panel for the socket's address and a token; both are asked for anew each time."""

RENEW_AFTER_SECONDS: Final = 520.0
"""Tokens live 600 s; `token expiring` comes only in the last minute, if at all."""

RENEW_DELAY_SECONDS: Final = 1.5
"""Tokens carry whole seconds: one of the second in which the old was denied is refused too."""

LOGIN_SECONDS: Final = 25.0
"""Newer daemons cut a socket that hasn't logged in after 30 s."""

ANSWER_SECONDS: Final = 8.0
WRITE_SECONDS: Final = 10.0
DROPPED_SECONDS: Final = 5.0
"""When the daemon throttled a login: its bucket refills by one in this time."""


class Owner(Protocol):
    """What a session tells, as it happens; none of it may wait."""

    @property
    def is_crowded(self) -> bool:
        """Whether the listener should get a turn before more is read."""
        ...

    def logged_in(self) -> None:
        """The first login of this socket was accepted; the state follows."""
        ...

    def was_blind(self) -> None:
        """Events were lost on this socket: the token had expired or been denied."""
        ...

    def history_begins(self) -> None:
        """The node is asked for its history now."""
        ...

    def take_text(self, text: str) -> None:
        """Console output."""
        ...

    def take(self, event: Event) -> None:
        """Any other event."""
        ...


class _Login(Enum):
    ACCEPTED = auto()
    REFUSED = auto()
    DROPPED = auto()  # throttled: the daemon didn't look at it


class Session:
    """One socket. `run` is called once and returns how it ended."""

    __slots__ = (
        "_answer",
        "_clock",
        "_ending",
        "_fault",
        "_has_history",
        "_heard",
        "_is_blind",
        "_limit",
        "_mint",
        "_minted_at",
        "_network",
        "_origin",
        "_owner",
        "_pace",
        "_ping",
        "_renewal",
        "_server_id",
        "_url",
        "_ws",
        "is_in",
    )

    def __init__(
        self, owner: Owner, network: Network, mint: Mint, *, server_id: str, origin: str
    ) -> None:
        self.is_in = False
        """Whether a login was accepted; only then may anything be sent."""
        self._owner = owner
        self._network = network
        self._clock: Clock = network.clock
        self._mint = mint
        self._server_id = server_id
        self._origin = origin
        self._pace = Pace(self._clock)
        self._ws: ClientWebSocketResponse[bool] | None = None
        self._limit: asyncio.Timeout | None = None
        self._ping: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[_Login] | None = None
        self._ending: Ending | None = None
        self._fault: Exception | None = None
        self._url = ""
        self._minted_at = 0.0
        self._heard = True
        self._is_blind = False
        self._has_history = False

    async def run(self) -> Ending:
        """Connect, log in, and hand on what comes until the socket ends."""
        try:
            credentials = await self._mint()
            self._minted_at = self._clock.monotonic()
            self._url = credentials.socket
            self._ws = await self._network.open_websocket(self._url, origin=self._origin)
        except WSServerHandshakeError as refused:
            return handshake_refused(refused.status)
        except PanelError as error:
            return not_given(error)
        except (TimeoutError, ClientError, OSError) as fault:
            return Ending(f"no connection to the node ({type(fault).__name__})")
        return await self._live(self._ws, credentials)

    async def send(self, event: str, args: Sequence[str] = ()) -> None:
        """Send once the daemon's throttles allow it.

        Raises:
            NodeFailed: Not logged in, or the socket broke; `maybe_done` tells whether it may
                have gone out.
            ValueError: Larger than the node takes.
        """
        data = message(event, args)
        await self._pace.wait(event)
        if not self.is_in or self._ending is not None or self._ws is None:
            raise self.not_connected()
        try:
            async with self._clock.timeout(WRITE_SECONDS):
                await self._ws.send_frame(data, WSMsgType.TEXT)
        except (TimeoutError, ClientError, OSError):
            self._stop(Ending("the connection broke off"))
            raise self.not_connected(maybe_done=True) from None

    def not_connected(self, *, maybe_done: bool = False) -> NodeFailed:
        """The error for what can't be sent."""
        return NodeFailed(self._answered("the console is not connected"), maybe_done=maybe_done)

    async def _live(
        self, ws: ClientWebSocketResponse[bool], credentials: WebsocketCredentials
    ) -> Ending:
        self._limit = asyncio.timeout(None)
        self._network.pulse.join(self)
        self._begin_renewal(0.0, credentials)
        ending = Ending("the connection broke off")
        try:
            async with self._limit:
                ending = await self._read(ws)
        except TimeoutError:  # `_stop` ended the reading
            if self._fault is not None:
                raise self._fault from None
            ending = self._ending or ending
        except (ClientError, OSError):
            pass  # it broke while a ping was answered
        except asyncio.CancelledError:
            self._ending, self.is_in = Ending("closed"), False
            await self._end_tasks()
            await ws.close()
            raise
        finally:
            self._ending, self.is_in = ending, False
            await self._end_tasks()
            await _abandon(ws)
        return ending

    async def _read(self, ws: ClientWebSocketResponse[bool]) -> Ending:
        owner, take, receive = self._owner, self._take, ws.receive
        while True:
            received = await receive()
            kind = received.type
            if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY:
                self._heard = True
                take(received.data)
                if owner.is_crowded:
                    await asyncio.sleep(0)
            elif kind is WSMsgType.PONG:
                self._heard = True
            elif kind is WSMsgType.PING:
                async with self._clock.timeout(WRITE_SECONDS):
                    await ws.pong(received.data)
            elif kind is WSMsgType.CLOSE:
                return self._closed(received.data, received.extra or "")
            elif kind is WSMsgType.ERROR:
                return Ending("the node sent what is no websocket message", ws.close_code)
            else:
                return Ending("the connection broke off", ws.close_code)

    def _take(self, data: bytes | str) -> None:
        try:
            frame = read_frame(data)
        except Garbled:
            return  # newer daemons drop what they can't read in silence as well
        event = frame.event
        if event == "console output":
            args = frame.args
            self._owner.take_text(args[0] if args else "")
        elif event in _ABOUT_LOGIN:
            self._take_login(frame)
        else:
            self._owner.take(read_event(frame))

    def _take_login(self, frame: Frame) -> None:
        text = frame.args[0] if frame.args else ""
        match frame.event:
            case "auth success":
                if not self.is_in:
                    self.is_in = True
                    self._owner.logged_in()
                self._answered_login(_Login.ACCEPTED)
            case "token expiring":
                self._begin_renewal(RENEW_DELAY_SECONDS)
            case "token expired":
                self._lapse()
                self._begin_renewal(RENEW_DELAY_SECONDS)
            case "jwt error":
                self._take_jwt_error(text)
            case "daemon error":
                self._owner.take(DaemonError(text))
                self._answered_login(_Login.REFUSED)  # a bad signature is answered like this
            case "throttled":
                self._owner.take(Throttled(text))
                if text in {"auth", "global"}:
                    self._answered_login(_Login.DROPPED)

    def _take_jwt_error(self, text: str) -> None:
        if "missing connect permission" in text:
            answer = self._answered("the token lacks websocket.connect", status=403)
            error: PanelError = NotAllowed(answer, right="websocket.connect")
            self._stop(Ending("not allowed to connect", wait=None, error=error))
        elif "server uuid mismatch" in text:
            error = NodeFailed(self._answered("the token is another server's"))
            self._stop(Ending("the token is another server's", wait=None, error=error))
        elif text.startswith("Error Event ["):  # the answer to a login
            self._answered_login(_Login.REFUSED)
            self._begin_renewal(RENEW_DELAY_SECONDS)
        else:  # in place of an event that was to be sent; a login under way is not meant
            self._lapse()
            self._begin_renewal(RENEW_DELAY_SECONDS)

    def _lapse(self) -> None:
        if self.is_in and not self._is_blind:
            self._owner.take(Lapsed())
        self._is_blind = True

    # logging in and staying so

    def _begin_renewal(self, delay: float, credentials: WebsocketCredentials | None = None) -> None:
        if self._renewal is not None and not self._renewal.done():
            return
        if self._ending is None:
            work = partial(self._renew, delay, credentials)
            self._renewal = asyncio.create_task(self._guarded(work), name="console login")

    async def _renew(self, delay: float, credentials: WebsocketCredentials | None) -> None:
        """Log in until it is accepted: with `credentials` first, then with new ones."""
        began = self._clock.monotonic()
        while True:
            if delay > 0:
                await self._clock.sleep(delay)
            if not self.is_in and self._clock.monotonic() - began > LOGIN_SECONDS:
                return self._stop(Ending("the node accepted no login", wait=LATER_SECONDS))
            if credentials is None:
                credentials, wait = await self._minted()
                if credentials is None:
                    if wait is None:
                        return None
                    delay = max(wait, min(60.0, max(RENEW_DELAY_SECONDS, delay * 2)))
                    continue
            match await self._log_in(credentials):
                case _Login.ACCEPTED:
                    return await self._accepted()
                case _Login.REFUSED:
                    credentials = None
                    delay = RENEW_DELAY_SECONDS if delay == 0 else min(60.0, max(5.0, delay * 2))
                case _Login.DROPPED:
                    delay = DROPPED_SECONDS

    async def _minted(self) -> tuple[WebsocketCredentials | None, float | None]:
        """Fresh credentials, or the seconds to wait; neither when the session is over."""
        asked_at = self._clock.monotonic()
        try:
            credentials = await self._mint()
        except PanelError as error:
            ending = not_given(error)
            if self.is_in and not self._is_blind and is_passing(error):
                return None, LATER_SECONDS  # the node speaks on until the old token runs out
            if ending.wait is None:
                self._stop(ending)
            return None, ending.wait
        if credentials.socket != self._url:
            self._stop(Ending("the server's node changed"))
            return None, None
        self._minted_at = asked_at
        return credentials, None

    async def _log_in(self, credentials: WebsocketCredentials) -> _Login:
        if self._ws is None:
            return _Login.REFUSED
        await self._pace.wait("auth")
        self._answer = asyncio.get_running_loop().create_future()
        async with self._clock.timeout(WRITE_SECONDS):
            await self._ws.send_frame(login_message(credentials.token), WSMsgType.TEXT)
        try:
            async with self._clock.timeout(ANSWER_SECONDS):
                return await self._answer
        except TimeoutError:
            return _Login.DROPPED
        finally:
            self._answer = None

    async def _accepted(self) -> None:
        if self._is_blind:
            self._is_blind = False
            self._owner.was_blind()
            await self.send("send stats")  # no status comes after a renewal
        elif self._has_history:
            return
        self._has_history = True
        self._owner.history_begins()
        await self.send("send logs")

    def _answered_login(self, answer: _Login) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    def beat(self) -> bool:
        """Ping, and renew when it is time; the node itself never pings (`Pulse`).

        A link that said nothing from one ping to the next is dead.
        """
        if self._ending is not None or self._ws is None:
            return False
        if not self._heard:
            self._stop(Ending("the node no longer answers"))
            return False
        self._heard = False
        if self._ping is None or self._ping.done():
            ping = self._guarded(partial(self._pinged, self._ws))
            self._ping = asyncio.create_task(ping, name="console ping")
        if self._clock.monotonic() - self._minted_at >= RENEW_AFTER_SECONDS:
            self._begin_renewal(0.0)
        return True

    async def _pinged(self, ws: ClientWebSocketResponse[bool]) -> None:
        async with self._clock.timeout(WRITE_SECONDS):
            await ws.ping()

    async def _end_tasks(self) -> None:
        tasks = [task for task in (self._renewal, self._ping) if task and not task.done()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (TimeoutError, ClientError, OSError, NodeFailed):
            self._stop(Ending("the connection broke off"))
        except Exception as fault:  # noqa: BLE001  # raised again by `run`, not lost with this task
            self._fault = fault
            self._stop(Ending("a fault of the client"))

    def _stop(self, ending: Ending) -> None:
        """End the session from outside its reading."""
        if self._ending is None:
            self._ending = ending
            if self._limit is not None:
                self._limit.reschedule(asyncio.get_running_loop().time())

    def _closed(self, code: int, reason: str) -> Ending:
        said = scrub(f"closed by the node: {code} {reason}")
        match code:
            case 4409:
                detail = "This server is currently suspended, said the node"
                error: PanelError = Conflict(self._answered(detail, status=409))
                return Ending("the server is suspended", code, None, error)
            case 4400:
                return Ending(said, code, None, NodeFailed(self._answered(said)))
        return Ending(said, code)

    def _answered(self, detail: str, *, status: int = 0) -> Answer:
        return Answer(status, "", detail, Asked("GET", ("servers", self._server_id, "ws")))


_ABOUT_LOGIN: Final = frozenset(
    {"auth success", "token expiring", "token expired", "jwt error", "daemon error", "throttled"}
)


async def _abandon(ws: ClientWebSocketResponse[bool]) -> None:
    """Let go of a socket whose other end need not be there any more."""
    if not ws.closed:
        try:
            async with asyncio.timeout(0):  # cancelled, it closes the transport without waiting
                await ws.close()
        except TimeoutError:
            pass
