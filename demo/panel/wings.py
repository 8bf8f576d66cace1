"""The HTTP side of a node: handshakes, downloads, uploads (contract: signed-urls.md)."""

import contextlib
import uuid
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import msgspec
from aiohttp import BodyPartReader, web

from demo.panel.blob import Blob, Bytes, Intake, whole
from demo.panel.clock import Clock
from demo.panel.faults import Fault
from demo.panel.filesystem import FileTrouble
from demo.panel.mishap import garble
from demo.panel.node import Node
from demo.panel.server import Server
from demo.panel.socket import LISTENERS, Socket, refuse_suspended
from demo.panel.tokens import BadToken, opened

if TYPE_CHECKING:
    from demo.panel.panel import SimPanel

GONE: Final = "The requested resource was not found on this server."
UNKNOWN: Final = "The requested resource does not exist on this instance."
BROKEN: Final = "An unexpected error was encountered while processing this request"
MISSING: Final = "The requested resources was not found on the system."
_REMEMBERED_SECONDS: Final = 3600.0
_WRITE_BYTES: Final = 64 * 1024


class WingsError(Exception):
    """An answer in the node's own form."""

    def __init__(self, status: int, text: str, *, shows_id: bool = False) -> None:
        super().__init__(text)
        self.status: Final = status
        self.shows_id: Final = shows_id


class Wings:
    """What one node serves to clients directly."""

    def __init__(self, panel: "SimPanel", node: Node) -> None:
        self._panel = panel
        self._node = node

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        try:
            return await self._route(request)
        except WingsError as error:
            return self._failure(error)

    async def spoil(
        self, fault: Fault, request: web.BaseRequest, clock: Clock
    ) -> web.StreamResponse:
        """Answer one request with a fault."""
        if fault.kind == "too_many_sockets":
            if not request.rel_url.raw_path.endswith("/ws"):
                return await self.handle(request)
            return self._failure(WingsError(400, "Too many open websocket connections."))
        status = fault.kind.removeprefix("json")
        if status.isdigit():
            return self._failure(WingsError(int(status), BROKEN, shows_id=True))
        answer = web.Response()
        if fault.is_done or fault.kind in ("slow", "reset", "truncated", "wrong_types"):
            whole_answer = await self._whole(request)
            if not isinstance(whole_answer, web.Response):
                return whole_answer
            answer = whole_answer
        return await garble(fault, request, answer, clock)

    async def _whole(self, request: web.BaseRequest) -> web.StreamResponse:
        """A download as one piece, so that a fault can spoil it."""
        try:
            match request.rel_url.raw_path:
                case "/download/file":
                    server, claims = self._spend(request, "file-download")
                    blob = server.files.read(str(claims.get("file_path", "")))
                    return web.Response(body=whole(blob))
                case "/download/backup":
                    server, claims = self._spend(request, "backup-download")
                    for backup in server.backups:
                        if backup.uuid == claims.get("backup_uuid"):
                            return web.Response(body=backup.archive or b"")
        except WingsError as error:
            return self._failure(error)
        except FileTrouble:
            return self._failure(WingsError(404, MISSING, shows_id=True))
        return await self.handle(request)

    async def _route(self, request: web.BaseRequest) -> web.StreamResponse:
        parts = [unquote(part) for part in request.rel_url.raw_path.strip("/").split("/")]
        match request.method, parts:
            case "GET", ["api", "servers", server_uuid, "ws"]:
                return await self._socket(request, server_uuid)
            case "GET", ["download", "file"]:
                return await self._download_file(request)
            case "GET", ["download", "backup"]:
                return await self._download_backup(request)
            case "POST", ["upload", "file"]:
                return await self._upload(request)
            case _:
                raise WingsError(404, UNKNOWN)

    async def _socket(self, request: web.BaseRequest, server_uuid: str) -> web.StreamResponse:
        server = self._server(server_uuid)
        instance = server.instance
        if instance is None:
            raise WingsError(404, UNKNOWN)
        headers = request.headers
        if (
            "websocket" not in headers.get("Upgrade", "").lower()
            or headers.get("Sec-WebSocket-Version") != "13"
        ):
            return self._unopened(400, "Bad Request")
        allowed = [self._panel.url, *self._node.allowed_origins]
        if "*" not in allowed and headers.get("Origin") not in allowed:
            return self._unopened(403, "Forbidden")
        is_newer = self._node.newer
        if is_newer and len(instance.listeners) >= LISTENERS:
            raise WingsError(400, "Too many open websocket connections.")
        ws = web.WebSocketResponse(
            compress=is_newer, max_msg_size=4097 if is_newer else 0, timeout=0.2, decode_text=True
        )
        await ws.prepare(request)
        self._panel.opened_sockets += 1
        if is_newer and server.status == "suspended":
            await refuse_suspended(ws)
            return ws
        with contextlib.suppress(ConnectionError):
            await Socket(ws, request, instance, self._panel.clock).talk()
        return ws

    async def _download_file(self, request: web.BaseRequest) -> web.StreamResponse:
        server, claims = self._spend(request, "file-download")
        path = str(claims.get("file_path", ""))
        try:
            blob = server.files.read(path)
        except FileTrouble as trouble:
            if trouble.kind == "directory":
                raise WingsError(404, GONE) from None
            if self._node.files == "1.11":
                raise WingsError(500, BROKEN, shows_id=True) from None
            raise WingsError(404, MISSING, shows_id=True) from None
        return await self._stream(request, blob, path.rsplit("/", 1)[-1])

    async def _download_backup(self, request: web.BaseRequest) -> web.StreamResponse:
        server, claims = self._spend(request, "backup-download")
        for backup in server.backups:
            if backup.uuid == claims.get("backup_uuid") and backup.archive is not None:
                name = f"{backup.uuid}.tar.gz"
                return await self._stream(request, Bytes(backup.archive), name)
        raise WingsError(404, "The requested backup was not found on this server.")

    async def _stream(self, request: web.BaseRequest, blob: Blob, name: str) -> web.StreamResponse:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Length": str(blob.size),
                "Content-Disposition": f'attachment; filename="{quoted}"',
                "X-Request-Id": str(uuid.uuid4()),
            }
        )
        await response.prepare(request)
        for piece in blob.chunks():
            await response.write(piece)
        await response.write_eof()
        return response

    async def _upload(self, request: web.BaseRequest) -> web.StreamResponse:
        server, claims = self._spend(request, "file-upload")
        if not request.content_type.startswith("multipart/"):
            raise WingsError(400, "request Content-Type isn't multipart/form-data")
        folder = request.rel_url.query.get("directory", "/")
        folder = "/".join(part for part in folder.split("/") if part not in ("", ".", ".."))
        taken: list[tuple[str, Intake]] = []
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader) and part.name == "files" and part.filename:
                intake = Intake()
                while piece := await part.read_chunk(_WRITE_BYTES):
                    intake.add(piece)
                taken.append((part.filename.rsplit("/", 1)[-1], intake))
        if not taken:
            raise WingsError(400, "No files were found on the request body.")
        limit = self._node.upload_limit_mib
        for name, intake in taken:
            if intake.size > limit * 1024 * 1024:
                text = f"File {name} is larger than the maximum file upload size of {limit} MB."
                raise WingsError(400, text)
            try:
                server.files.put(f"{folder}/{name}", intake.blob(), self._panel.clock.now())
            except FileTrouble:
                raise WingsError(400, "a folder of that name is there") from None
        self._panel.world.log(
            "server:file.uploaded",
            at=self._panel.clock.now(),
            actor=self._panel.world.user_by_uuid(str(claims.get("user_uuid"))),
            server=server,
            is_api=False,
            properties={"files": [name for name, _ in taken], "directory": f"/{folder}"},
        )
        return web.Response(status=200, headers=self._cors())

    def _spend(self, request: web.BaseRequest, scope: str) -> tuple[Server, dict[str, object]]:
        """Take a link's token: it is spent before anything else of the request is looked at."""
        broken = WingsError(500, BROKEN, shows_id=True)
        try:
            claims = opened(request.rel_url.query.get("token", ""), self._node.secret)
        except BadToken:
            raise broken from None
        expires = claims.get("exp")
        if not isinstance(expires, int) or expires <= self._panel.clock.now().timestamp():
            raise broken
        if claims.get("scope") not in (None, scope):
            raise broken
        now = self._panel.clock.monotonic()
        for once, at in list(self._node.spent.items()):
            if now - at > _REMEMBERED_SECONDS:
                del self._node.spent[once]
        once = str(claims.get("unique_id"))
        if once in self._node.spent:
            raise WingsError(404, GONE)
        self._node.spent[once] = now
        return self._server(str(claims.get("server_uuid")), GONE), claims

    def _server(self, server_uuid: str, otherwise: str = UNKNOWN) -> Server:
        server = self._panel.world.server_by_uuid(server_uuid)
        if server is None or server.node is not self._node:
            raise WingsError(404, otherwise)
        return server

    def _failure(self, error: WingsError) -> web.Response:
        request_id = str(uuid.uuid4())
        body = {"error": str(error)}
        if error.shows_id:
            body["request_id"] = request_id
        return web.Response(
            status=error.status,
            body=msgspec.json.encode(body),
            headers=self._cors()
            | {"Content-Type": "application/json; charset=utf-8", "X-Request-Id": request_id},
        )

    def _unopened(self, status: int, word: str) -> web.Response:
        request_id = str(uuid.uuid4())
        body = msgspec.json.encode({"error": BROKEN, "request_id": request_id})
        return web.Response(
            status=status,
            body=word.encode() + b"\n" + body,
            headers=self._cors()
            | {
                "Content-Type": "text/plain; charset=utf-8",
                "Sec-Websocket-Version": "13",
                "X-Content-Type-Options": "nosniff",
                "X-Request-Id": request_id,
            },
        )

    def _cors(self) -> dict[str, str]:
        return {
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Headers": "Accept, Accept-Encoding, Authorization,"
            " Cache-Control, Content-Type, Content-Length, Origin, X-Real-IP, X-CSRF-Token",
            "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE, OPTIONS",
            "Access-Control-Allow-Origin": self._panel.url,
            "Access-Control-Max-Age": "7200",
        }
