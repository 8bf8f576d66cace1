"""How a fault looks on the wire: broken bodies, broken connections, foreign pages."""

import asyncio
import contextlib
import socket
import struct
from typing import Final

import msgspec
from aiohttp import web

from demo.panel.clock import Clock
from demo.panel.faults import Fault
from demo.panel.refusal import Refusal

_TITLES: Final = {
    200: "Welcome",
    403: "Just a moment...",
    404: "404 Not Found",
    413: "413 Request Entity Too Large",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}
_DRIP_PIECES: Final = 8


def page(status: int) -> web.Response:
    """A page of the web server in front."""
    title = _TITLES[status]
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1>"
        "</center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>\r\n"
    )
    return web.Response(
        status=status,
        text=body,
        headers={"Server": "nginx/1.22.1", "Content-Type": "text/html; charset=utf-8"},
    )


def error_page(refusal: Refusal) -> web.Response:
    """An error of the panel, out of turn."""
    return web.Response(
        status=refusal.status,
        body=msgspec.json.encode({"errors": refusal.errors}),
        headers={
            "Server": "nginx/1.22.1",
            "Cache-Control": "no-cache, private",
            "Content-Type": "application/json",
            **refusal.headers,
        },
    )


async def garble(
    fault: Fault, request: web.BaseRequest, answer: web.Response, clock: Clock
) -> web.StreamResponse:
    """Send `answer` as the fault wants it."""
    body = answer.body if isinstance(answer.body, bytes) else b""
    match fault.kind:
        case "drop" | "refused":
            cut(request)
            return web.Response()
        case "hang":
            await fault.over.wait()
            cut(request)
            return web.Response()
        case "garbage":
            if request.transport is not None:
                request.transport.write(b"\x00\x01\x02 this is no HTTP\r\n\r\n")
                request.transport.close()
            return web.Response()
        case "redirect":
            headers = {"Location": "/auth/login", "Content-Type": "text/html; charset=utf-8"}
            return web.Response(status=302, headers=headers)
        case "truncated":
            return _with(answer, body[: len(body) // 2] or b'{"object": "li')
        case "wrong_types":
            return _with(answer, _twisted(body))
        case "slow" | "reset":
            return await _in_pieces(fault, request, answer, clock)
        case kind if kind.startswith("html"):
            return page(int(kind.removeprefix("html")))
        case kind:
            raise ValueError(f"no such fault: {kind}")


def cut(request: web.BaseRequest) -> None:
    """Break the connection with a reset, so that no clean end is seen."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _in_pieces(
    fault: Fault, request: web.BaseRequest, answer: web.Response, clock: Clock
) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    body = body or b'{"object": "list", "data": []}'
    status = 200 if answer.status == 204 else answer.status
    sent = web.StreamResponse(status=status, headers=answer.headers)
    sent.headers["Content-Type"] = "application/json"
    sent.content_length = len(body)
    await sent.prepare(request)
    if fault.kind == "reset":
        await sent.write(body[: len(body) // 2])
        await asyncio.sleep(0.01)  # let the first half leave before the reset overtakes it
        cut(request)
        return sent
    step = max(1, len(body) // _DRIP_PIECES)
    with contextlib.suppress(ConnectionError):  # who asked may have gone while it dripped
        for start in range(0, len(body), step):
            await clock.sleep(fault.seconds)
            await sent.write(body[start : start + step])
        await sent.write_eof()
    return sent


def _with(answer: web.Response, body: bytes) -> web.Response:
    status = 200 if answer.status == 204 else answer.status
    headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
    return web.Response(
        status=status, body=body, headers={**headers, "Content-Type": "application/json"}
    )


def _twisted(body: bytes) -> bytes:
    try:
        value = msgspec.json.decode(body)
    except msgspec.DecodeError:
        value = []
    return msgspec.json.encode(_twist(value))


def _twist(value: object) -> object:
    """The same keys at the top, other types below them."""
    match value:
        case {"object": kind, **rest}:
            return {"object": kind, **{key: _other(each) for key, each in rest.items()}}
        case dict():
            return {key: _other(each) for key, each in value.items()}
        case _:
            return _other(value)


def _other(value: object) -> object:
    match value:
        case dict():
            return {key: _other(each) for key, each in value.items()} if value else 7
        case list():
            return [_other(each) for each in value] if value else "none"
        case bool() | None:
            return {"unexpected": 1}
        case int() | float():
            return ["not", "a", "number"]
        case _:
            return {"not": "a text"}
