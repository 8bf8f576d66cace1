"""The way of a request through the panel: every check in the order of the real one."""

import ipaddress
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from demo.panel.ask import Answer, Ask
from demo.panel.budget import Limit
from demo.panel.records import Key
from demo.panel.refusal import Refusal, foreign, unauthenticated, unauthorized
from demo.panel.routing import Router
from demo.panel.server import Server

if TYPE_CHECKING:
    from demo.panel.panel import SimPanel

_NEVER_TRIMMED: Final = frozenset({"password", "password_confirmation"})
_HEADERS: Final = {"Server": "nginx/1.22.1", "Cache-Control": "no-cache, private"}


class Api:
    """Answers requests to /api/client."""

    def __init__(self, panel: "SimPanel", router: Router, limits: dict[str, Limit]) -> None:
        self._panel = panel
        self._router = router
        self._limits = limits

    async def answer(self, request: web.BaseRequest, raw: bytes, text: str) -> web.Response:
        """The whole answer to one request."""
        budget: dict[str, str] = {}
        try:
            answer = await self._handled(request, raw, text, budget)
        except Refusal as refusal:
            return self._refused(request, refusal, budget)
        headers = {**_HEADERS, **budget, **answer.headers}
        if answer.status == 204:
            return web.Response(status=204, headers=headers)
        body = answer.raw if answer.raw is not None else msgspec.json.encode(answer.body)
        headers["Content-Type"] = answer.content_type
        return web.Response(status=answer.status, body=body, headers=headers)

    def _refused(
        self, request: web.BaseRequest, refusal: Refusal, budget: dict[str, str]
    ) -> web.Response:
        accept = request.headers.get("Accept", "*/*").split(",")[0].lower()
        headers = {**_HEADERS, **(budget if refusal.has_budget else {}), **refusal.headers}
        if "json" not in accept:
            return self._as_page(refusal, headers)
        headers["Content-Type"] = "application/json"
        body = msgspec.json.encode({"errors": refusal.errors})
        return web.Response(status=refusal.status, body=body, headers=headers)

    def _as_page(self, refusal: Refusal, headers: dict[str, str]) -> web.Response:
        """What a caller gets that does not ask for JSON (contract: README.md, addresses)."""
        headers["Content-Type"] = "text/html; charset=UTF-8"
        if refusal.status in (400, 401, 422):
            where = "/auth/login" if refusal.status == 401 else "/"
            return web.Response(status=302, headers={**headers, "Location": where})
        text = f"<html><title>{refusal.status}</title></html>"
        return web.Response(status=refusal.status, text=text, headers=headers)

    async def _handled(
        self, request: web.BaseRequest, raw: bytes, text: str, budget: dict[str, str]
    ) -> Answer:
        if self._panel.is_down:
            raise Refusal(
                503,
                "HttpException",
                "Service Unavailable",
                headers={"Retry-After": "60"},
                has_budget=False,
            )
        route, args = self._router.find(request.method, request.rel_url.raw_path)
        if route is None:
            return Answer(raw=b"", content_type="text/html; charset=UTF-8", headers=args)
        key = self._key(request)
        body = self._body(request, raw, args)
        demand = self._panel.demands_2fa
        is_asked = demand == "all" or (demand == "admins" and key.owner.is_admin)
        if is_asked and not key.owner.is_2fa_enabled and not route.is_open_without_2fa:
            raise Refusal(
                400,
                "TwoFactorAuthRequiredException",
                "Two-factor authentication is required on this account in order to access"
                " this endpoint.",
                has_budget=False,
            )
        ip = request.remote or "127.0.0.1"
        self._check_ip(key, ip)
        ask = Ask(
            panel=self._panel,
            route=route,
            args=args,
            query=request.rel_url.query,
            text=text,
            target=str(request.rel_url),
            ip=ip,
            key=key,
            body=body,
            raw=raw,
        )
        ask.look_up()
        if key.kind == "application":
            raise Refusal(
                403,
                "AccessDeniedHttpException",
                "You are attempting to use an application API key on an endpoint that requires"
                " a client API key.",
                has_budget=False,
            )
        self._spend(ask, budget)
        if ask.found_server is not None:
            self._check_server(ask, ask.found_server)
        if route.right is not None:
            ask.demand(route.right if isinstance(route.right, str) else route.right(ask))
        return await route.handler(ask)

    def _key(self, request: web.BaseRequest) -> Key:
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        key = self._panel.world.key_by_text(text) if kind == "Bearer" else None
        if key is None:
            raise unauthenticated()
        key.last_used_at = self._panel.clock.now()
        return key

    def _body(
        self, request: web.BaseRequest, raw: bytes, args: dict[str, str]
    ) -> dict[str, object]:
        kind = request.content_type
        value: object = {}
        if "json" in kind and raw:
            try:
                value = msgspec.json.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                raise Refusal(
                    400,
                    "BadRequestHttpException",
                    "The JSON data passed in the request appears to be malformed: Syntax error",
                    has_budget=False,
                ) from None
        elif kind == "application/x-www-form-urlencoded":
            value = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
        if not isinstance(value, dict):
            return {}
        is_kept = "/files/" in request.rel_url.raw_path and len(args.get("server", "")) == 36
        return {
            name: each if name in _NEVER_TRIMMED else _trimmed(each, is_kept=is_kept)
            for name, each in value.items()
        }

    def _check_ip(self, key: Key, ip: str) -> None:
        if not key.allowed_ips:
            return
        address = ipaddress.ip_address(ip)
        if any(address in ipaddress.ip_network(each, strict=False) for each in key.allowed_ips):
            return
        self._panel.world.log(
            "auth:ip-blocked",
            at=self._panel.clock.now(),
            actor=key.owner,
            subject=key.owner,
            ip=ip,
            properties={"identifier": key.identifier},
        )
        raise Refusal(
            403,
            "AccessDeniedHttpException",
            f"This IP address ({ip}) does not have permission to access the API using these"
            " credentials.",
            has_budget=False,
        )

    def _spend(self, ask: Ask, budget: dict[str, str]) -> None:
        budgets = self._panel.budgets
        budget |= budgets.take("client", ask.user.id, self._panel.requests_a_minute, 60.0)
        limit = self._limits.get(ask.route.name)
        if limit is not None:
            owner = ask.user.id if limit.by == "user" else ask.server.id
            budget |= budgets.take(ask.route.name, owner, limit.calls, limit.seconds)

    def _check_server(self, ask: Ask, server: Server) -> None:
        is_part = server.owner is ask.user or server.permissions_of(ask.user) is not None
        if not is_part and not ask.user.is_admin:
            raise foreign()
        if ask.route.path != "servers/{server}" and (trouble := _conflict(ask, server)):
            raise Refusal(409, "ServerStateConflictException", trouble)
        ask.check_belonging()
        if ask.found_subuser is not None and ask.found_subuser.user is ask.user:
            raise unauthorized()


def _conflict(ask: Ask, server: Server) -> str | None:
    """Why this call can't be made in the server's state; None where it can."""
    is_socket = ask.route.path == "servers/{server}/websocket"
    is_let_in = ask.user.is_admin and is_socket
    if ask.panel.version == "pelican" and ask.user.is_admin:
        is_file = ask.route.path.startswith("servers/{server}/files/")
        if is_socket or is_file:
            return None
    if server.status == "suspended":
        return "This server is currently suspended and the functionality requested is unavailable."
    if server.node.is_under_maintenance:
        return (
            "The node of this server is currently under maintenance and the functionality"
            " requested is unavailable."
        )
    if is_let_in:
        return None
    if server.status in ("installing", "install_failed"):
        return "This server has not yet completed its installation process, please try again later."
    if server.status == "restoring_backup":
        return "This server is currently restoring from a backup, please try again later."
    if server.is_transferring:
        return (
            "This server is currently being transferred to a new machine, please try again later."
        )
    return None


def _trimmed(value: object, *, is_kept: bool) -> object:
    match value:
        case str():
            text = value if is_kept else value.strip()
            return text or None
        case list():
            return [_trimmed(each, is_kept=is_kept) for each in value]
        case dict():
            return {name: _trimmed(each, is_kept=is_kept) for name, each in value.items()}
        case _:
            return value
