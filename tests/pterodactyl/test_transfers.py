"""Streams over signed links, against a storage that plays the node: real sockets, moved time."""

import asyncio
import hashlib
import tracemalloc
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from aiohttp import BodyPartReader, web

from bot.pterodactyl.address import AddressGuard
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import Declined, NodeFailed, NotFound, Reason
from bot.pterodactyl.models import SignedUrl
from bot.pterodactyl.transfers import Upload, download, open_download, upload
from bot.secret import Secret
from tests.clock import MovedClock

JWT = "eyJhbGciOiJIUzI1NiJ9.cGF5bG9hZA.c2lnbmF0dXJl"
CONTENT = bytes(range(256)) * 2000
SHA1 = "sha1:" + hashlib.sha1(CONTENT).hexdigest()
Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]
SPENT = '{"error":"The requested resource was not found on this server.","request_id":"x"}'

TOO_LARGE = '{"error":"File a.txt is larger than the maximum file upload size of 100 MB."}'


class Storage:
    """A node's file routes, or another storage; each test says how it answers."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.received: list[tuple[str, str, bytes]] = []  # field, file name, content
        self.answers: deque[Answering] = deque()
        self.minted = 0
        self.base = ""
        app = web.Application(client_max_size=2**30)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            app, handle_signals=False, handler_cancellation=True, shutdown_timeout=0.1
        )

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        await self._runner.cleanup()

    async def link(self) -> SignedUrl:
        self.minted += 1
        return SignedUrl(url=Secret(f"{self.base}/file?token={JWT}{self.minted}"))

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request)
        answering = self.answers.popleft() if self.answers else given
        return await answering(request)

    async def take(self, request: web.Request) -> web.Response:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            assert isinstance(part, BodyPartReader)
            content = bytes(await part.read(decode=False))
            self.received.append((part.name or "", part.filename or "", content))
        return web.Response()


async def given(_: web.Request) -> web.Response:
    return web.Response(body=CONTENT, content_type="application/octet-stream")


def says(status: int, text: str, kind: str = "application/json") -> Answering:
    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=status, text=text, content_type=kind)

    return answer


def broken(announced: int, sent: bytes) -> Answering:
    """Announce a length, send less and hang up."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(announced)})
        await response.prepare(request)
        await response.write(sent)
        assert request.transport is not None
        request.transport.close()
        return response

    return answer


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def network(clock: MovedClock) -> AsyncIterator[Network]:
    network = Network(AddressGuard.open(), clock=clock)
    yield network
    await network.close()


@pytest.fixture
async def storage() -> AsyncIterator[Storage]:
    storage = Storage()
    await storage.start()
    yield storage
    await storage.stop()


class Sink:
    def __init__(self) -> None:
        self.content = bytearray()
        self.progress: list[tuple[int, int | None]] = []

    async def write(self, piece: bytes) -> None:
        self.content += piece

    def moved(self, done: int, total: int | None) -> None:
        self.progress.append((done, total))


# down


async def test_a_download_gives_every_byte_its_progress_and_no_key(
    network: Network, storage: Storage
) -> None:
    sink = Sink()

    size = await download(
        network, storage.link, sink.write, progress=sink.moved, checksum=SHA1, cap_bytes=10**6
    )

    assert size == len(CONTENT)
    assert sink.content == CONTENT
    assert sink.progress[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in sink.progress] == sorted(done for done, _ in sink.progress)
    assert "Authorization" not in storage.asked[0].headers
    assert storage.asked[0].headers["Accept-Encoding"] == "identity"


async def test_a_signature_arrives_as_it_was_made(network: Network, storage: Storage) -> None:
    query = "X-Amz-Signature=a%2Fb%2bc&X-Amz-Date=2026%3A01&name=%20+%7E"

    async def link() -> SignedUrl:
        return SignedUrl(url=Secret(f"{storage.base}/bucket/a%20b%2Fc.tar.gz?{query}"))

    await download(network, link, Sink().write)

    assert storage.asked[0].raw_path == f"/bucket/a%20b%2Fc.tar.gz?{query}"


@pytest.mark.parametrize("first", [404, 500])
async def test_a_spent_link_is_replaced_once_before_anything_moved(
    network: Network, storage: Storage, first: int
) -> None:
    storage.answers.append(says(first, SPENT))
    sink = Sink()

    await download(network, storage.link, sink.write)

    assert sink.content == CONTENT
    assert storage.minted == 2
    assert storage.asked[0].query["token"] != storage.asked[1].query["token"]


@pytest.mark.parametrize(
    ("status", "text", "kind", "missing", "minted"),
    [
        (404, SPENT, "application/json", True, 2),
        (500, '{"error":"jwt: exp claim is invalid"}', "application/json", False, 2),
        (403, "<Error><Code>AccessDenied</Code></Error>", "application/xml", False, 1),
        (502, "<html>Bad gateway</html>", "text/html", False, 1),
        (204, "", "text/plain", False, 1),
    ],
)
async def test_what_the_node_refuses_is_the_nodes_failure_and_never_a_missing_server(
    network: Network,
    storage: Storage,
    status: int,
    text: str,
    kind: str,
    missing: bool,
    minted: int,
) -> None:
    storage.answers.extend([says(status, text, kind)] * 2)

    with pytest.raises(NodeFailed) as refused:
        await download(network, storage.link, Sink().write)

    assert not isinstance(refused.value, NotFound)
    assert refused.value.node_status == status
    assert refused.value.is_missing is missing
    assert not refused.value.maybe_done
    assert storage.minted == minted


async def test_a_node_that_is_not_there_is_told_and_not_asked_twice(
    network: Network, storage: Storage
) -> None:
    await storage.stop()

    with pytest.raises(NodeFailed) as refused:
        await download(network, storage.link, Sink().write)

    assert refused.value.node_status is None
    assert storage.minted == 1


@pytest.mark.parametrize("announced", [len(CONTENT) + 1, 10**9])
async def test_a_download_that_breaks_off_is_an_error_and_not_repeated(
    network: Network, storage: Storage, announced: int
) -> None:
    storage.answers.append(broken(announced, CONTENT))

    with pytest.raises(NodeFailed, match="broke off"):
        await download(network, storage.link, Sink().write)

    assert storage.minted == 1


async def test_a_backup_with_another_checksum_is_refused(
    network: Network, storage: Storage
) -> None:
    with pytest.raises(NodeFailed, match="checksum"):
        await download(network, storage.link, Sink().write, checksum="sha1:" + "0" * 40)


async def test_too_much_is_refused_before_it_is_read(network: Network, storage: Storage) -> None:
    sink = Sink()

    with pytest.raises(Declined) as refused:
        await download(network, storage.link, sink.write, cap_bytes=1000)

    assert refused.value.reason is Reason.TOO_LARGE
    assert sink.content == b""


async def test_too_much_that_was_not_announced_is_cut_off(
    network: Network, storage: Storage
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 1000)

    storage.answers.append(endless)
    sink = Sink()

    with pytest.raises(Declined):
        await download(network, storage.link, sink.write, cap_bytes=100_000)

    assert len(sink.content) <= 100_000


async def test_a_slow_download_lasts_and_a_standing_one_ends(
    network: Network, storage: Storage, clock: MovedClock
) -> None:
    more = asyncio.Event()

    async def drip(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "10"})
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await more.wait()
            more.clear()

    storage.answers.append(drip)
    sink = Sink()
    came = asyncio.Event()

    def moved(done: int, total: int | None) -> None:
        came.set()

    task = asyncio.create_task(download(network, storage.link, sink.write, progress=moved))
    for _ in range(5):
        await came.wait()
        came.clear()
        await clock.advance(59.0)  # 295 s in all: no limit for the whole
        more.set()
    await came.wait()
    await clock.advance(61.0)

    with pytest.raises(NodeFailed, match="nothing came"):
        await task
    assert len(sink.content) == 6


async def test_a_download_can_be_left_half_way(network: Network, storage: Storage) -> None:
    async with open_download(network, storage.link) as opened:
        assert opened.size_bytes == len(CONTENT)
        async for _ in opened:
            break

    await download(network, storage.link, Sink().write)  # the session still works


async def test_a_large_download_takes_no_memory(network: Network, storage: Storage) -> None:
    size = 64 * 2**20

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(size)})
        await response.prepare(request)
        for _ in range(size // 65536):
            await response.write(bytes(65536))
        return response

    async def drop(piece: bytes) -> None:
        pass

    storage.answers.append(large)
    tracemalloc.start()

    assert await download(network, storage.link, drop) == size

    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()


# up


async def test_files_arrive_as_they_are_in_the_folder_asked_for(
    network: Network, storage: Storage, tmp_path: Path
) -> None:
    (tmp_path / "from disk.jar").write_bytes(CONTENT)
    files = [
        Upload("a.txt", b"one"),
        Upload("empty", b""),
        Upload('wört"lich.yml', b"\r\n--x--\r\n"),
        await Upload.of_path(tmp_path / "from disk.jar"),
    ]
    sink = Sink()
    storage.answers.append(storage.take)

    await upload(network, storage.link, files, directory="/my plugins/ü&x=1#?", progress=sink.moved)

    request = storage.asked[0]
    assert request.query["directory"] == "/my plugins/ü&x=1#?"
    assert request.query["token"] == f"{JWT}1"
    assert "Authorization" not in request.headers
    assert "Transfer-Encoding" not in request.headers
    assert storage.received == [
        ("files", "a.txt", b"one"),
        ("files", "empty", b""),
        ("files", 'wört"lich.yml', b"\r\n--x--\r\n"),
        ("files", "from disk.jar", CONTENT),
    ]
    total = 3 + 9 + len(CONTENT)
    assert sink.progress[-1] == (total, total)


async def test_an_upload_that_can_be_repeated_gets_a_fresh_link_once(
    network: Network, storage: Storage
) -> None:
    storage.answers.extend([says(404, SPENT), storage.take])

    await upload(network, storage.link, [Upload("a.txt", b"one")])

    assert storage.minted == 2
    assert storage.received == [("files", "a.txt", b"one")]


async def test_an_upload_that_can_not_be_repeated_is_not(
    network: Network, storage: Storage
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"once"

    storage.answers.append(says(404, SPENT))

    with pytest.raises(NodeFailed) as refused:
        await upload(network, storage.link, [Upload("a.txt", pieces(), size_bytes=4)])

    assert refused.value.node_status == 404
    assert storage.minted == 1


@pytest.mark.parametrize(
    ("status", "text", "kind", "error", "maybe_done"),
    [
        (403, '{"error":"on the egg denylist"}', "application/json", NodeFailed, False),
        (400, '{"error":"No files were found"}', "application/json", NodeFailed, False),
        (400, TOO_LARGE, "application/json", Declined, False),
        (413, "<html>too large</html>", "text/html", Declined, False),
        (502, "<html>", "text/html", NodeFailed, True),
    ],
)
async def test_what_an_upload_is_refused_for_is_told(
    network: Network,
    storage: Storage,
    status: int,
    text: str,
    kind: str,
    error: type[NodeFailed | Declined],
    maybe_done: bool,
) -> None:
    storage.answers.append(says(status, text, kind))

    with pytest.raises(error) as refused:
        await upload(network, storage.link, [Upload("a.txt", b"one")])

    assert refused.value.answer.status == status
    assert refused.value.maybe_done is maybe_done
    if isinstance(refused.value, Declined):
        assert refused.value.reason is Reason.TOO_LARGE


async def test_of_several_files_some_may_be_there_when_one_was_refused(
    network: Network, storage: Storage
) -> None:
    storage.answers.append(says(400, '{"error":"name too long"}'))

    with pytest.raises(NodeFailed) as refused:
        await upload(network, storage.link, [Upload("a", b"1"), Upload("b", b"2")])

    assert refused.value.maybe_done


async def test_an_upload_that_hangs_ends_when_nothing_moves(
    network: Network, storage: Storage, clock: MovedClock
) -> None:
    came = asyncio.Event()

    async def hang(request: web.Request) -> web.Response:
        came.set()
        await asyncio.Event().wait()
        raise AssertionError

    storage.answers.append(hang)
    task = asyncio.create_task(upload(network, storage.link, [Upload("a.txt", b"one")]))
    await came.wait()
    await clock.advance(61.0)
    await clock.advance(61.0)

    with pytest.raises(NodeFailed) as refused:
        await task
    assert refused.value.maybe_done


async def test_an_upload_that_is_cut_may_have_happened(network: Network, storage: Storage) -> None:
    async def cut(request: web.Request) -> web.Response:
        await request.read()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    storage.answers.append(cut)

    with pytest.raises(NodeFailed) as refused:
        await upload(network, storage.link, [Upload("a.txt", b"one")])

    assert refused.value.maybe_done
    assert storage.minted == 1


@pytest.mark.parametrize("size_bytes", [3, 5])
async def test_a_file_that_has_another_size_than_said_is_not_passed_off_as_whole(
    network: Network, storage: Storage, size_bytes: int
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"four"

    async def whole(request: web.Request) -> web.Response:
        with suppress(OSError, ValueError):  # it is not
            await storage.take(request)
        return web.Response()

    storage.answers.append(whole)

    with pytest.raises(ValueError, match=r"a\.txt"):
        await upload(network, storage.link, [Upload("a.txt", pieces, size_bytes=size_bytes)])

    assert not storage.received


async def test_an_upload_over_the_cap_is_refused_before_a_link_is_made(
    network: Network, storage: Storage
) -> None:
    with pytest.raises(Declined):
        await upload(network, storage.link, [Upload("a.txt", b"four")], cap_bytes=3)

    assert storage.minted == 0


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a\nb", "\0"])
def test_a_name_with_folders_or_control_characters_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a file's name"):
        Upload(name, b"")


async def test_a_large_upload_takes_no_memory(
    network: Network, storage: Storage, tmp_path: Path
) -> None:
    size = 100 * 10**6
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(size)
    received = 0

    async def count(request: web.Request) -> web.Response:
        nonlocal received
        async for piece in request.content.iter_chunked(65536):
            received += len(piece)
        return web.Response()

    storage.answers.append(count)
    file_of = await Upload.of_path(path)
    tracemalloc.start()

    await upload(network, storage.link, [file_of])

    assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    tracemalloc.stop()
    assert received > size


async def test_no_link_shows_in_an_error(
    network: Network, storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    shown = ""
    for answering in (says(500, f'{{"error":"bad {JWT}"}}'), broken(10, b"x")):
        storage.answers.extend([answering, answering])
        with pytest.raises(NodeFailed) as refused:
            await download(network, storage.link, Sink().write)
        shown += f"{refused.value!s} {refused.value!r} {refused.getrepr(chain=True)}"
        storage.answers.clear()

    assert JWT not in shown.replace(f'JWT = "{JWT}"', "")
    assert JWT not in caplog.text
