"""One panel over HTTP: path, headers, limits, retries, decoding; a refusal becomes an error.

Everything here holds for every call (contract: README.md). What a single call sends and gives back
stands in the areas.
"""

import asyncio
import random
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeVar
from urllib.parse import quote, urlencode

from aiohttp import ClientConnectorError, ClientError
from msgspec import DecodeError, Struct
from msgspec.json import Decoder, Encoder
from multidict import CIMultiDict
from yarl import URL

from bot.clock import Clock
from bot.pterodactyl.budget import Budget, Budgets, Ticket
from bot.pterodactyl.dial import Network, read_capped
from bot.pterodactyl.errors import (
    Answer,
    Limited,
    NodeFailed,
    NotThePanel,
    PanelBug,
    PanelDown,
    PanelError,
    Reason,
)
from bot.pterodactyl.refusal import refusal, scrub
from bot.pterodactyl.routes import CLIENT_BUDGET, SMALL_BUDGET_AT_MOST, SMALL_BUDGETS, Asked
from bot.secret import Secret

T = TypeVar("T")
Method = Literal["GET", "POST", "PUT", "DELETE"]
Query = Mapping[str, str | int]

ORDINARY_SECONDS: Final = 30.0
"""The panel gives the node 15 s before its own 504."""

ARCHIVE_SECONDS: Final = 930.0
"""For compress and decompress, to which the panel gives 900 s."""

RETRY_DELAYS_SECONDS: Final = (0.5, 1.5)
RETRY_WITHIN_SECONDS: Final = 10.0
"""After that a failed call is not sent again: a person waits for it."""

LIMITED_TRIES: Final = 3
LONGEST_COUNT: Final = 10  # digits of a number in a header
KEPT_ADDRESSES: Final = 2048
SHORT_WAIT_SECONDS: Final = 5.0
HOLD_AT_MOST_SECONDS: Final = 900.0
"""No panel's Retry-After keeps its account's calls back for longer."""

PATIENCE_SECONDS: Final = 300.0

_GATEWAY: Final = frozenset({502, 503, 504})
_NOT_SEGMENTS: Final = frozenset({"", ".", ".."})
_NOT_BY_ITSELF: Final = ("Content-Type",)  # aiohttp declares a missing body as bytes
_SMALL_ENDS: Final = frozenset(
    (method, route.rpartition("/")[2]) for method, route in SMALL_BUDGETS
)


class _Call(Struct):
    """One call, whatever number of times it is sent. Its `repr` shows neither body nor headers."""

    method: Method
    segments: tuple[str, ...]
    url: URL
    headers: Mapping[str, str]
    data: bytes | None
    is_safe: bool
    right: str | None
    is_partial: bool
    limit_seconds: float

    def asked(self) -> Asked:
        return Asked(self.method, self.segments, self.right, self.is_partial)

    def __repr__(self) -> str:
        return f"<{self.asked()}>"


class _Reply(Struct):
    """An answer of 2xx."""

    status: int
    kind: str  # media type
    body: bytes

    def __repr__(self) -> str:
        return f"<{self.status} {self.kind}, {len(self.body)} bytes>"


class PanelHttp:
    """A panel's client API with one key.

    Args:
        panel_url: Without `/api/client` and without a slash at the end.
        key: A client key.
        network: Whose session is used; not closed here.
        budgets: Where the account's budget is.
        account: `Account.account_id`, where it is known.
        clock: By which limits and waits are measured.
    """

    def __init__(
        self,
        panel_url: str,
        key: Secret,
        *,
        network: Network,
        budgets: Budgets,
        account: str | None,
        clock: Clock,
    ) -> None:
        self.panel_url = panel_url
        self.network = network
        self.clock = clock
        self._key = key
        self._budgets = budgets
        self._budget = budgets.of(panel_url, key, account)
        self._base = f"{panel_url}/api/client"
        # Origin and Referer would make the panel treat the call as a browser's and ask for CSRF
        plain = {"Authorization": f"Bearer {key.reveal()}", "Accept": "application/json"}
        # in the form aiohttp would make of them for every call
        self._headers = CIMultiDict(plain)
        self._json_headers = CIMultiDict(plain | {"Content-Type": "application/json"})
        self._text_headers = CIMultiDict(plain | {"Content-Type": "text/plain"})
        self._is_background = False
        self._patience = PATIENCE_SECONDS

    def background(self) -> "PanelHttp":
        """The same, for calls nobody waits for: they leave the reserve and aren't repeated."""
        return self._view(is_background=True, patience=self._patience)

    def patient(self, wait_seconds: float) -> "PanelHttp":
        """The same, for calls that wait at most so long for the budget."""
        return self._view(is_background=self._is_background, patience=wait_seconds)

    @property
    def budget(self) -> Budget:
        """The account's."""
        self._budget = self._budget.latest
        return self._budget

    def belongs_to(self, account: str) -> None:
        """Share the budget with the account's other keys: it is known now whose key this is."""
        self._budget = self._budgets.learned(self.panel_url, self._key, account)

    async def fetch(
        self,
        decoder: Decoder[T],
        method: Method,
        *segments: str | int,
        params: Query | None = None,
        body: object = None,
        is_safe: bool | None = None,
        right: str | None = None,
        limit_seconds: float = ORDINARY_SECONDS,
    ) -> T:
        """Ask, and decode the answer.

        Args:
            decoder: Of the whole answer.
            method: HTTP method.
            *segments: The path below `/api/client`; each is quoted.
            params: The query.
            body: Sent as JSON.
            is_safe: May be repeated after an unknown outcome; by default if it is a GET.
            right: The right it needs, where the route alone doesn't tell.
            limit_seconds: For all tries together, waiting for the budget apart.

        Raises:
            ValueError: A segment is empty, `.` or `..`; nothing was sent.
            PanelError: As in errors.py.
        """
        call = self._call(
            method,
            segments,
            params=params,
            body=body,
            is_safe=is_safe,
            right=right,
            limit_seconds=limit_seconds,
        )
        reply = await self._ask(call)
        try:
            return decoder.decode(reply.body)
        except (DecodeError, UnicodeDecodeError, RecursionError) as mismatch:
            problem = scrub(str(mismatch))
        raise _unreadable(call.asked(), reply, problem)

    async def send(
        self,
        method: Method,
        *segments: str | int,
        params: Query | None = None,
        body: object = None,
        is_safe: bool | None = None,
        right: str | None = None,
        is_partial: bool = False,
        limit_seconds: float = ORDINARY_SECONDS,
    ) -> None:
        """Ask for something that answers with nothing; arguments and errors as in `fetch`.

        Args:
            is_partial: Some of it may be done when it fails.
        """
        call = self._call(
            method,
            segments,
            params=params,
            body=body,
            is_safe=is_safe,
            right=right,
            is_partial=is_partial,
            limit_seconds=limit_seconds,
        )
        reply = await self._ask(call)
        if reply.body and reply.body[:1] not in {b"[", b"{"}:
            raise _unreadable(call.asked(), reply, "no JSON")

    async def read(self, *segments: str | int, params: Query) -> bytes:
        """GET something raw that isn't repeated; errors as in `fetch`."""
        call = self._call("GET", segments, params=params, is_safe=False)
        reply = await self._ask(call)
        if reply.kind == "text/html":
            raise _unreadable(call.asked(), reply, "a page")
        return reply.body

    def _view(self, *, is_background: bool, patience: float) -> "PanelHttp":
        view = object.__new__(PanelHttp)
        view.__dict__.update(self.__dict__)
        view._is_background, view._patience = is_background, patience
        return view

    def _call(
        self,
        method: Method,
        segments: tuple[str | int, ...],
        *,
        params: Query | None = None,
        body: object = None,
        is_safe: bool | None = None,
        right: str | None = None,
        is_partial: bool = False,
        limit_seconds: float = ORDINARY_SECONDS,
    ) -> _Call:
        path = tuple(map(str, segments))
        url = _address(self._base, path)
        if params:
            url = URL(f"{url}?{urlencode(params, quote_via=quote)}", encoded=True)
        if body is None:
            headers, data = self._headers, None
        elif isinstance(body, bytes):
            headers, data = self._text_headers, body
        else:
            headers, data = self._json_headers, _ENCODER.encode(body)
        return _Call(
            method=method,
            segments=path,
            url=url,
            headers=headers,
            data=data,
            is_safe=method == "GET" if is_safe is None else is_safe,
            right=right,
            is_partial=is_partial,
            limit_seconds=limit_seconds,
        )

    async def _ask(self, call: _Call) -> _Reply:
        """Send, wait for the budget, and send again where that is safe."""
        began_at: float | None = None
        tries = limited = 0
        maybe_done = False
        while True:
            ticket = await self._enter(call, again=limited > 0)
            now = self.clock.monotonic()
            began_at = now if began_at is None or limited else began_at
            outcome = await self._once(call, ticket, call.limit_seconds - (now - began_at))
            if self.network.on_answer is not None:
                failure = None if isinstance(outcome, _Reply) else outcome
                self.network.on_answer(failure, self.clock.monotonic() - now)
            if isinstance(outcome, _Reply):
                return outcome
            outcome.maybe_done = maybe_done = maybe_done or outcome.maybe_done
            if isinstance(outcome, Limited):
                limited += 1
                if self._waits_out(outcome) and limited < LIMITED_TRIES:
                    continue
                raise outcome
            tries += 1
            elapsed = self.clock.monotonic() - began_at
            delay = None if self._is_background else _again_in(call, outcome, tries, elapsed)
            if delay is None:
                raise outcome
            await self.clock.sleep(delay)

    async def _enter(self, call: _Call, *, again: bool) -> Ticket:
        """Wait for the route's small budget and the account's.

        Raises:
            Limited: It would take too long; nothing was sent.
        """
        budget = self.budget
        if (call.method, call.segments[-1] if call.segments else "") in _SMALL_ENDS:
            asked = call.asked()
            wait = budget.route_free_in(asked.route, asked.server)
            if wait > SHORT_WAIT_SECONDS:
                raise _held_back(asked, wait, str(asked))
            if wait:
                await self.clock.sleep(wait)
        ticket = budget.try_enter(background=self._is_background)
        if ticket is None:
            ticket = await budget.enter(
                background=self._is_background, patience=self._patience, again=again
            )
        if ticket is None:
            free_in = self.budget.free_in(background=self._is_background)
            raise _held_back(call.asked(), max(1.0, free_in), CLIENT_BUDGET)
        return ticket

    async def _once(self, call: _Call, ticket: Ticket, limit_seconds: float) -> _Reply | PanelError:
        """Send once. Errors are returned, not raised: a traceback of aiohttp's holds the key."""
        unsure = call.method != "GET"
        heard = False
        try:
            async with (
                self.clock.timeout(limit_seconds),
                self.network.api.request(
                    call.method,
                    call.url,
                    headers=call.headers,
                    data=call.data,
                    skip_auto_headers=_NOT_BY_ITSELF if call.data is None and unsure else None,
                    allow_redirects=False,
                ) as response,
            ):
                status, headers = response.status, response.headers
                self._tell(call, ticket, status, headers)
                heard = True
                body, is_whole = await read_capped(response, self.network.body_cap_bytes)
        except TimeoutError:
            # only the clock's: aiohttp's own limits are off
            return PanelDown(
                f"{call.asked()}: no answer within {limit_seconds:.0f} s", maybe_done=unsure
            )
        except asyncio.CancelledError as stopped:
            raise stopped.with_traceback(None)  # noqa: B904  # itself, without aiohttp's frames
        except PanelError as refused:
            refused.__context__ = refused.__cause__ = None
            return refused.with_traceback(None)
        except ClientConnectorError as failed:
            return PanelDown(f"{call.asked()}: {scrub(str(failed))}")
        except (ClientError, OSError, ValueError) as failed:
            return PanelDown(
                f"{call.asked()}: {type(failed).__name__}: {scrub(str(failed))}", maybe_done=unsure
            )
        finally:
            if not heard:
                ticket.budget.leave(ticket)
        if status >= 300:
            outcome = refusal(call.asked(), status, headers, body)
            if isinstance(outcome, Limited):
                self._hold(ticket, outcome)
            return outcome
        kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if not is_whole:
            return _too_long(call.asked(), status, self.network.body_cap_bytes)
        return _Reply(status, kind, body)

    def _tell(self, call: _Call, ticket: Ticket, status: int, headers: Mapping[str, str]) -> None:
        """Hand what an answer's headers say to the budget (small budgets show their own number)."""
        limit = headers.get("X-RateLimit-Limit", "")
        rest = headers.get("X-RateLimit-Remaining", "")
        if not (_is_count(limit) and _is_count(rest)):
            ticket.budget.leave(ticket, is_open=status < 300)
            return
        is_small = int(limit) <= SMALL_BUDGET_AT_MOST and call.segments
        if is_small and (call.method, call.segments[-1]) in _SMALL_ENDS:
            ticket.budget.leave(ticket, counted=True)
        else:
            ticket.budget.leave(ticket, limit=int(limit), rest=int(rest))

    def _hold(self, ticket: Ticket, limited: Limited) -> None:
        wait = min(limited.retry_after, HOLD_AT_MOST_SECONDS)
        if limited.budget == CLIENT_BUDGET:
            ticket.budget.hold(ticket, wait)
        elif limited.answer.retry_after is not None:
            asked = limited.answer.request
            ticket.budget.hold_route(asked.route, asked.server, wait)

    def _waits_out(self, limited: Limited) -> bool:
        """A refused call was not carried out, so even a POST may go again once there is room."""
        return limited.budget == CLIENT_BUDGET and limited.retry_after <= self._patience

    def __repr__(self) -> str:
        return f"PanelHttp({self.panel_url!r})"

    def __reduce__(self) -> str:
        raise TypeError("a client holds a key and is not pickled")


def _again_in(call: _Call, outcome: PanelError, tries: int, elapsed: float) -> float | None:
    """Seconds until a failed call is sent again; None for never."""
    if not call.is_safe or tries > len(RETRY_DELAYS_SECONDS):
        return None
    if isinstance(outcome, PanelDown):
        told = outcome.retry_after or 0.0
    elif isinstance(outcome, NodeFailed) and outcome.answer.status in _GATEWAY:
        told = outcome.answer.retry_after or 0.0
    else:
        return None
    spread = 0.5 + random.random()  # noqa: S311  # keeps callers apart, guards nothing
    delay = max(told, RETRY_DELAYS_SECONDS[tries - 1] * spread)
    return delay if elapsed + delay <= RETRY_WITHIN_SECONDS else None


def _unreadable(asked: Asked, reply: _Reply, problem: str) -> PanelError:
    """A success that can't be read: somebody else's page, or JSON of another shape."""
    maybe_done = not asked.is_read
    if reply.kind != "text/html" and reply.body[:1] in {b"{", b"["}:
        answer = Answer(reply.status, "", problem, asked)
        return PanelBug(answer, maybe_done=maybe_done, reason=Reason.UNDECODABLE)
    kind = scrub(reply.kind) or "nothing"
    return NotThePanel(f"{asked}: {reply.status} with {kind}, not JSON", maybe_done=maybe_done)


def _too_long(asked: Asked, status: int, cap_bytes: int) -> PanelBug:
    answer = Answer(status, "", f"more than {cap_bytes} bytes", asked)
    return PanelBug(answer, maybe_done=not asked.is_read, reason=Reason.TOO_LARGE)


def _held_back(asked: Asked, wait: float, budget: str) -> Limited:
    answer = Answer(0, "", "not sent: its budget is used up", asked, retry_after=wait)
    return Limited(answer, budget=budget)


@lru_cache(maxsize=KEPT_ADDRESSES)
def _address(base: str, path: tuple[str, ...]) -> URL:
    return URL("/".join((base, *map(_quoted, path))), encoded=True)


def _quoted(segment: str) -> str:
    if segment in _NOT_SEGMENTS:
        raise ValueError(f"{segment!r} can't be part of a path")
    return segment if segment.isascii() and segment.isalnum() else quote(segment, safe="")


def _is_count(header: str) -> bool:
    return header.isascii() and header.isdecimal() and len(header) < LONGEST_COUNT


def _revealed(value: object) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"a {type(value).__name__} can't be sent")


_ENCODER: Final = Encoder(enc_hook=_revealed)
