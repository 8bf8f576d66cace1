"""Discord's REST API: reading requests, faults and rate limits, checking, answering."""

from __future__ import annotations

import logging
import re
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import BodyPartReader, web

from tests.wirecord.limits import over_limit
from tests.wirecord.message import sent
from tests.wirecord.protocol import Files, Json, Refusal
from tests.wirecord.routes import find_route
from tests.wirecord.routes.table import Answer, Call
from tests.wirecord.spec import Spec

if TYPE_CHECKING:
    from tests.wirecord.wire import Wire

log = logging.getLogger(__name__)

HOUR = 3600.0
_INVALID = (50035, 50006)  # forms that Discord would not take: a failed test
_VIA = {"Via": "1.1 wirecord"}  # without it discord.py believes that the address was banned
_UNLIMITED = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-Reset-After": "1",
    "X-RateLimit-Bucket": "b",
}
_EDIT = re.compile(r"^/channels/(\d+)/messages/(\d+)$|^/webhooks/\d+/[^/]+/messages/(\d+)$")


@dataclass
class _Fault:
    method: str
    pattern: re.Pattern[str]
    status: int
    times: int
    code: int
    retry_after: float | None


@dataclass
class _Window:
    """Counts what happened within the last `per` seconds, for each key."""

    n: int
    per: float
    hits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, key: str) -> tuple[bool, int, float]:
        """Take one of n: whether there was one, how many are left, seconds until one is free."""
        now = time.monotonic()
        hits = self.hits[key]
        hits[:] = [at for at in hits if at > now - self.per]
        free_in = self.per - (now - hits[0]) if hits else self.per
        if len(hits) >= self.n:
            return False, 0, free_in
        hits.append(now)
        return True, self.n - len(hits), free_in


@dataclass
class _Limit:
    method: str
    pattern: re.Pattern[str]
    window: _Window


class Rest:
    """One request after the other through: log, faults, limits, checks, route."""

    def __init__(self, wire: Wire, spec: Spec) -> None:
        self._wire = wire
        self._spec = spec
        self._faults: list[_Fault] = []
        self._limits: list[_Limit] = []
        self._old_edits: _Window | None = None
        self.limited = 0

    def fault(
        self,
        method: str,
        pattern: str,
        status: int,
        times: int,
        *,
        code: int,
        retry_after: float | None,
    ) -> None:
        self._faults.append(_Fault(method, re.compile(pattern), status, times, code, retry_after))

    def clear_faults(self) -> None:
        self._faults.clear()
        self._limits.clear()
        self._old_edits = None

    def limit(self, method: str, pattern: str, n: int, per: float) -> None:
        self._limits.append(_Limit(method, re.compile(pattern), _Window(n, per)))

    def old_edit_limit(self, n: int, per: float) -> None:
        self._old_edits = _Window(n, per)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = "/" + request.match_info["path"]
        entry: Json = {"at": time.monotonic(), "method": request.method, "path": path}
        self._wire.log.append(entry)
        headers = dict(_UNLIMITED)
        try:
            raw, files = await _read(request)
            entry["body"] = _decoded(raw)
            entry["files"] = [(name, len(content)) for name, content in files]
            self._play_fault(request.method, path)
            self._check_limits(request.method, path, headers)
            body = _decoded(raw)  # the route may change it; the log keeps what was sent
            self._check_form(request.method, path, body)
            self._check_age(request.method, path)
            answer = await self._answer(request, path, body, files)
            response = _response(answer.status, answer.body, headers)
        except Refusal as refusal:
            if refusal.code in _INVALID:
                self._wire.violations.append(f"{request.method} {path[:60]}: {refusal.message}")
            response = _refused(refusal, headers)
        except Exception as error:
            # a hole in Wirecord, or a body so wrong that a route fell over it
            log.exception("Wirecord failed at %s %s", request.method, path)
            self._wire.violations.append(f"{request.method} {path[:60]}: {error!r}")
            response = _response(500, {"message": "500: Internal Server Error", "code": 0}, headers)
        entry["status"] = response.status
        return response

    def _play_fault(self, method: str, path: str) -> None:
        for fault in self._faults:
            if fault.times and fault.method == method and fault.pattern.search(path):
                fault.times -= 1
                retry_after = fault.retry_after
                if fault.status == 429:
                    retry_after = retry_after or 0.1
                raise Refusal(fault.status, fault.code, "injected", retry_after=retry_after)

    def _check_limits(self, method: str, path: str, headers: dict[str, str]) -> None:
        for limit in self._limits:
            hit = limit.pattern.search(path) if limit.method == method else None
            if hit is None:
                continue
            was_free, left, free_in = limit.window.take(hit[0])
            headers |= {
                "X-RateLimit-Limit": str(limit.window.n),
                "X-RateLimit-Remaining": str(left),
                "X-RateLimit-Reset-After": f"{free_in:.3f}",
                "X-RateLimit-Reset": f"{time.time() + free_in:.3f}",
                "X-RateLimit-Bucket": limit.pattern.pattern[:40],
            }
            if not was_free:
                self.limited += 1
                raise Refusal(429, 0, "You are being rate limited.", retry_after=free_in)

    def _check_form(self, method: str, path: str, body: Any) -> None:
        if body is None:
            return
        wrong = self._spec.refuse(method, path, body) or over_limit(method, path, body)
        if wrong:
            raise Refusal(400, 50035, wrong)

    def _check_age(self, method: str, path: str) -> None:
        hit = _EDIT.match(path) if method == "PATCH" and self._old_edits else None
        if hit is None or self._old_edits is None:
            return
        message_id = hit[2] or hit[3]
        for guild in self._wire.guilds.values():
            for channel in guild.channels.values():
                message = channel.messages.get(message_id)
                if message is None or time.monotonic() - message["_posted_at"] < HOUR:
                    continue
                was_free, _, free_in = self._old_edits.take(channel.id)
                if not was_free:
                    self.limited += 1
                    words = "Maximum number of edits to messages older than 1 hour reached."
                    raise Refusal(429, 30046, f"{words} Try again later.", retry_after=free_in)

    async def _answer(self, request: web.Request, path: str, body: Any, files: Files) -> Answer:
        segments = path.strip("/").split("/")
        by_bot = request.headers.get("Authorization") == f"Bot {self._wire.token}"
        if segments[0] not in ("interactions", "webhooks") and not by_bot:
            raise Refusal(401, 0, "401: Unauthorized")
        found = find_route(request.method, segments)
        if found is None:
            self._wire.unsupported.append(f"{request.method} {path}")
            raise Refusal(404, 0, "404: Not Found")
        route, names = found
        call = Call(self._wire, request.method, body, files, request.query, by_bot=by_bot)
        answer = await route(call, **names)
        if isinstance(answer, Answer):
            return answer
        return Answer(answer, 204 if answer is None else 200)


async def _read(request: web.Request) -> tuple[bytes, Files]:
    if request.content_type != "multipart/form-data":
        return await request.read(), []
    raw, files = b"{}", []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refusal(400, 50035, "a part within a part")
        content = bytes(await part.read(decode=False))
        if part.name == "payload_json":
            raw = content
        else:
            files.append((part.filename or "file", content))
    return raw, files


def _decoded(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw) if raw else None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, 50035, f"The request body contains invalid JSON. {error}") from None


def _refused(refusal: Refusal, headers: dict[str, str]) -> web.Response:
    body: Json = {"message": refusal.message, "code": refusal.code}
    if refusal.code == 50035:
        body["message"] = "Invalid Form Body"
        body["errors"] = {"_errors": [{"code": "INVALID", "message": refusal.message}]}
    if refusal.retry_after is not None:
        headers = headers | {"Retry-After": f"{refusal.retry_after:.3f}"}
    if refusal.status == 429:
        body |= {"retry_after": refusal.retry_after, "global": False}
        headers = headers | _VIA | {"X-RateLimit-Scope": "user"}
    return _response(refusal.status, body, headers)


def _response(status: int, body: object, headers: dict[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    if isinstance(body, dict):
        body = sent(body)
    elif isinstance(body, list):
        body = [sent(item) if isinstance(item, dict) else item for item in body]
    # discord.py takes no charset in the content type
    headers = headers | {"Content-Type": "application/json"}
    return web.Response(body=msgspec.json.encode(body), status=status, headers=headers)
