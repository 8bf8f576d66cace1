"""Streamed down- and uploads over the signed links of nodes and storages (signed-urls.md).

A link is spent as soon as its token is accepted, so it is minted and used in one go; when it turns
out spent (404) or bad (500) before anything moved, one fresh link is asked for. The panel's key
never goes along. Memory stays constant, and the time limit is for progress, not for the whole.
"""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn, Self, TypeVar
from urllib.parse import quote

from aiohttp import ClientError, ClientResponse
from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from yarl import URL

from bot.clock import Clock
from bot.pterodactyl.dial import CHUNK_BYTES, CONNECT_SECONDS, Network, parsed, read_capped
from bot.pterodactyl.errors import Answer, Declined, NodeFailed, Reason
from bot.pterodactyl.models import SignedUrl
from bot.pterodactyl.refusal import scrub
from bot.pterodactyl.routes import Asked

T = TypeVar("T")

Mint = Callable[[], Awaitable[SignedUrl]]
"""Asks the panel for a link; called again when the first was spent."""

Progress = Callable[[int, int | None], None]
"""Told after each piece: bytes so far, and in total where that is known."""

IDLE_SECONDS: Final = 60.0
"""How long nothing may move. A node copies an upload only after it has all of it."""

ERROR_BYTES: Final = 4096
"""No more of a node's error is read."""

_FRESH_ON: Final = frozenset({404, 500})  # spent, or not accepted for whatever reason
_DOWN: Final = Asked("GET", ("signed-url",))
_UP: Final = Asked("POST", ("signed-url",))


class _Said(Struct):
    error: str


_SAID: Final = Decoder(_Said)


class Download:
    """An open download: iterate it once for its pieces.

    The iteration raises NodeFailed when it breaks off, stalls for `IDLE_SECONDS`, is shorter than
    announced or doesn't have the checksum, and Declined (TOO_LARGE) beyond the cap.
    """

    def __init__(
        self,
        response: ClientResponse,
        *,
        clock: Clock,
        cap_bytes: int | None,
        progress: Progress | None,
        checksum: str | None,
    ) -> None:
        encoded = "Content-Encoding" in response.headers
        self.size_bytes: int | None = None if encoded else response.content_length
        """As announced; None where the node doesn't say."""
        self.received_bytes = 0
        self._response = response
        self._clock = clock
        self._cap_bytes = cap_bytes
        self._progress = progress
        kind, _, expected = (checksum or "").partition(":")
        self._expected = expected.lower() if kind == "sha1" else ""
        if cap_bytes is not None and (self.size_bytes or 0) > cap_bytes:
            raise _too_large(_DOWN, cap_bytes)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        digest = hashlib.sha1(usedforsecurity=False) if self._expected else None
        while piece := await self._piece():
            self.received_bytes += len(piece)
            if self._cap_bytes is not None and self.received_bytes > self._cap_bytes:
                raise _too_large(_DOWN, self._cap_bytes)
            if digest is not None:
                digest.update(piece)
            if self._progress is not None:
                self._progress(self.received_bytes, self.size_bytes)
            yield piece
        if digest is not None and digest.hexdigest() != self._expected:
            raise self._broken("its checksum is another than the backup's")

    async def _piece(self) -> bytes:
        try:
            async with self._clock.timeout(IDLE_SECONDS):
                return await self._response.content.read(CHUNK_BYTES)
        except TimeoutError:
            raise self._broken(f"nothing came for {IDLE_SECONDS:.0f} s") from None
        except (ClientError, OSError):  # aiohttp's count against Content-Length among them
            raise self._broken("the connection broke off") from None

    def _broken(self, why: str) -> NodeFailed:
        of = "?" if self.size_bytes is None else self.size_bytes
        detail = f"after {self.received_bytes} of {of} bytes: {why}"
        return NodeFailed(Answer(self._response.status, "", detail, _DOWN))


def open_download(
    network: Network,
    mint: Mint,
    *,
    cap_bytes: int | None = None,
    progress: Progress | None = None,
    checksum: str | None = None,
) -> AbstractAsyncContextManager[Download]:
    """Open a download; leaving the block ends it, finished or not.

    Args:
        network: Whose keyless session is used.
        mint: Gives the link.
        cap_bytes: The most to receive.
        progress: Told after each piece.
        checksum: "sha1:<hex>" of a backup; verified at the end.

    Raises:
        NodeFailed: The node said no (`node_status`; 404 is `is_missing`) or was not there.
        Declined: TOO_LARGE: announced beyond the cap.
        AddressRefused: The guard.
        PanelError: Whatever `mint` raises.
    """
    return _opened(network, mint, cap_bytes=cap_bytes, progress=progress, checksum=checksum)


async def download(
    network: Network,
    mint: Mint,
    write: Callable[[bytes], Awaitable[object]],
    *,
    cap_bytes: int | None = None,
    progress: Progress | None = None,
    checksum: str | None = None,
) -> int:
    """Receive all of it, piece by piece into `write`, and return the size in bytes.

    Raises:
        NodeFailed, Declined, AddressRefused: As `open_download` and its iteration. What was
            written until then is incomplete: throw it away.
    """
    async with open_download(
        network, mint, cap_bytes=cap_bytes, progress=progress, checksum=checksum
    ) as opened:
        async for piece in opened:
            await write(piece)
        return opened.received_bytes


class Upload:
    """One file to upload.

    Args:
        name: Of the file, without folders: the node cuts them off.
        content: The bytes; or a function giving them piece by piece, which is called again when
            the upload has to be repeated; or the pieces themselves, which can be given only once.
        size_bytes: Needed for pieces. More or fewer bytes than this break the upload off.
    """

    __slots__ = ("_content", "name", "size_bytes")

    def __init__(
        self,
        name: str,
        content: bytes | Callable[[], AsyncIterable[bytes]] | AsyncIterable[bytes],
        *,
        size_bytes: int | None = None,
    ) -> None:
        if not name or "/" in name or "\\" in name or name in {".", ".."}:
            raise ValueError("a file's name has no folders in it")
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
            raise ValueError("a file's name has no control characters in it")
        if isinstance(content, bytes):
            size_bytes = len(content)
        if size_bytes is None:
            raise ValueError("the size of a streamed file must be known beforehand")
        self.name = name
        self.size_bytes = size_bytes
        self._content = content

    @classmethod
    async def of_path(cls, path: Path, *, name: str | None = None) -> Self:
        """A file on disk, read while it is sent."""
        size = (await asyncio.to_thread(path.stat)).st_size
        return cls(name or path.name, lambda: _read(path), size_bytes=size)

    @property
    def is_repeatable(self) -> bool:
        return isinstance(self._content, bytes) or callable(self._content)

    def pieces(self) -> AsyncIterable[bytes]:
        """The content from its beginning."""
        if isinstance(self._content, bytes):
            return _cut(self._content)
        return self._content() if callable(self._content) else self._content


async def upload(
    network: Network,
    mint: Mint,
    files: Sequence[Upload],
    *,
    directory: str = "/",
    cap_bytes: int | None = None,
    progress: Progress | None = None,
) -> None:
    """Send files into a folder, which is made when missing. Existing files are overwritten.

    Args:
        network: Whose keyless session is used.
        mint: Gives the link.
        files: One or more; the node limits each (100 MiB by default).
        directory: Below the server's root.
        cap_bytes: The most to send, all files together.
        progress: Told bytes of content sent so far, and in total.

    Raises:
        NodeFailed: The node said no (`node_status`; 403 is the egg's list of denied files) or was
            not there. With `maybe_done` some or all files may be there.
        Declined: TOO_LARGE: over the cap, the node's limit or that of a proxy before it.
        AddressRefused: The guard.
        ValueError: No files, or one has another size than was said; the node stored nothing.
        PanelError: Whatever `mint` raises.
    """
    if not files:
        raise ValueError("nothing to upload")
    total = sum(file.size_bytes for file in files)
    if cap_bytes is not None and total > cap_bytes:
        raise _too_large(_UP, cap_bytes)
    is_repeatable = all(file.is_repeatable for file in files)
    for is_last in (False, True):
        url = parsed(_with_directory((await mint()).url.reveal(), directory), is_encoded=True)
        form = _Form(files, progress)
        try:
            refusal = await _moving(network.clock, form, _send(network, url, form))
        except TimeoutError:
            raise _absent(_UP, f"nothing moved for {IDLE_SECONDS:.0f} s", form.sent > 0) from None
        except (ClientError, OSError) as fault:
            if form.wrong is not None:
                raise ValueError(f"{form.wrong} has another size than was said") from None
            raise _absent(_UP, type(fault).__name__, form.sent > 0) from None
        if refusal is None:
            return
        if is_last or not is_repeatable or refusal.answer.status not in _FRESH_ON:
            raise refusal


@asynccontextmanager
async def _opened(
    network: Network,
    mint: Mint,
    *,
    cap_bytes: int | None,
    progress: Progress | None,
    checksum: str | None,
) -> AsyncIterator[Download]:
    response = await _answered(network, mint)
    try:
        yield Download(
            response,
            clock=network.clock,
            cap_bytes=cap_bytes,
            progress=progress,
            checksum=checksum,
        )
    finally:
        response.close()


async def _answered(network: Network, mint: Mint) -> ClientResponse:
    for is_last in (False, True):
        url = parsed((await mint()).url.reveal(), is_encoded=True)
        try:
            async with network.clock.timeout(CONNECT_SECONDS + IDLE_SECONDS):
                # a proxy's compression would hide the size, which is the only check there is
                response = await network.nodes.get(url, headers={"Accept-Encoding": "identity"})
                if response.status == 200:
                    return response
                refusal = await _refusal(_DOWN, response)
        except TimeoutError:
            raise _absent(_DOWN, "no answer in time") from None
        except (ClientError, OSError) as fault:
            raise _absent(_DOWN, type(fault).__name__) from None
        if is_last or refusal.answer.status not in _FRESH_ON:
            raise refusal
    raise AssertionError("unreachable")


async def _send(network: Network, url: URL, form: "_Form") -> NodeFailed | Declined | None:
    headers = {
        "Content-Type": f"multipart/form-data; boundary={form.boundary}",
        "Content-Length": str(form.size_bytes),
    }
    async with network.nodes.post(url, data=form.body(), headers=headers) as response:
        if response.status in {200, 204}:
            return None
        return await _refusal(_UP, response, maybe_partly=len(form.files) > 1)


class _Form:
    """A multipart body whose length is known and whose files are read while it is sent."""

    def __init__(self, files: Sequence[Upload], progress: Progress | None) -> None:
        self.files = files
        self.boundary = f"roost-{secrets.token_hex(16)}"
        self.sent = 0
        self.wrong: str | None = None
        """The file that gave another number of bytes than was said; it broke the upload off."""
        self._progress = progress
        self._content = 0
        self._total = sum(file.size_bytes for file in files)
        self._heads = [self._head(file) for file in files]
        self._tail = f"--{self.boundary}--\r\n".encode()
        frame = sum(len(head) + 2 for head in self._heads) + len(self._tail)
        self.size_bytes = frame + self._total

    async def body(self) -> AsyncIterator[bytes]:
        for file, head in zip(self.files, self._heads, strict=True):
            yield head
            given = 0
            async for piece in file.pieces():
                given += len(piece)
                if given > file.size_bytes:
                    self._break_off(file)
                self.sent += len(piece)
                self._content += len(piece)
                yield piece
                if self._progress is not None:
                    self._progress(self._content, self._total)
            if given != file.size_bytes:
                self._break_off(file)
            yield b"\r\n"
        yield self._tail

    def _break_off(self, file: Upload) -> NoReturn:
        self.wrong = file.name
        raise ConnectionError("the form can't be finished")

    def _head(self, file: Upload) -> bytes:
        name = file.name.replace('"', '\\"')  # as Go reads it; browsers' %22 would stay as it is
        return (
            f"--{self.boundary}\r\n"
            f'Content-Disposition: form-data; name="files"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()


async def _moving(clock: Clock, form: _Form, work: Coroutine[Any, Any, T]) -> T:
    """Await `work` as long as the form moves: TimeoutError once nothing more of it is sent."""
    task = asyncio.create_task(work, name="upload")
    seen = -1
    try:
        while True:
            try:
                async with clock.timeout(IDLE_SECONDS):
                    return await asyncio.shield(task)
            except TimeoutError:
                if task.done() or form.sent == seen:
                    raise
                seen = form.sent
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})


async def _refusal(
    asked: Asked, response: ClientResponse, *, maybe_partly: bool = False
) -> NodeFailed | Declined:
    """The error for a node's answer: `{"error": …}`, a storage's XML or a proxy's page."""
    try:
        body, _ = await read_capped(response, ERROR_BYTES)
    finally:
        response.close()
    status = response.status
    try:
        said = _SAID.decode(body).error
    except (DecodeError, UnicodeDecodeError):
        said = f"an answer in {response.content_type}"
    answer = Answer(status, "", scrub(said), asked)
    if status == 413 or (status == 400 and "larger than the maximum" in said):
        return Declined(answer, reason=Reason.TOO_LARGE, maybe_done=maybe_partly)
    maybe_done = not asked.is_read and (maybe_partly or status >= 500)
    return NodeFailed(answer, node_status=status, maybe_done=maybe_done)


def _absent(asked: Asked, why: str, maybe_done: bool = False) -> NodeFailed:
    return NodeFailed(Answer(0, "", f"the node is not there: {why}", asked), maybe_done=maybe_done)


def _too_large(asked: Asked, cap_bytes: int) -> Declined:
    return Declined(Answer(0, "", f"over {cap_bytes} bytes", asked), reason=Reason.TOO_LARGE)


def _with_directory(url: str, directory: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}directory={quote(directory, safe='')}"


async def _cut(content: bytes) -> AsyncIterator[bytes]:
    view = memoryview(content)
    for start in range(0, len(content), CHUNK_BYTES):
        yield bytes(view[start : start + CHUNK_BYTES])


async def _read(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
