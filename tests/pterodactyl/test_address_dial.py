"""The guard where it stands: in front of every dial of the real connector."""

import asyncio
import gzip
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from bot.clock import SYSTEM
from bot.pterodactyl.address import AddressGuard
from bot.pterodactyl.dial import Network, parsed, read_capped
from bot.pterodactyl.errors import AddressRefused, NodeFailed, NotThePanel
from bot.pterodactyl.models import SignedUrl
from bot.pterodactyl.transfers import Upload, download, upload
from bot.secret import Secret
from tests.clock import MovedClock

LITERALS = [
    "127.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "2130706433",
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
]
PATHS = ["http", "websocket", "download", "upload"]


class Names(AbstractResolver):
    """Leads names to the addresses a test says, one answer after the other."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = deque(answers)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        addresses = self._answers[0]
        if len(self._answers) > 1:
            self._answers.popleft()
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        pass


class Listener:
    """A server on this machine that counts who comes."""

    def __init__(self) -> None:
        self.dials = 0
        self.asked: list[web.BaseRequest] = []
        self.answer: Callable[[], web.Response] = partial(web.Response, text="inside")
        self.port = 0

    async def take(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request)
        return self.answer()


@pytest.fixture
async def inside() -> AsyncIterator[Listener]:
    """What must not be reached."""
    listener = Listener()
    server = web.Server(listener.take)
    loop = asyncio.get_running_loop()

    def count() -> asyncio.Protocol:
        listener.dials += 1
        return server()

    listening = await loop.create_server(count, "127.0.0.1", 0)
    listener.port = listening.sockets[0].getsockname()[1]
    yield listener
    listening.close()
    await server.shutdown(0.1)
    await listening.wait_closed()


async def go(network: Network, path: str, url: str) -> str:
    """Reach `url` in one of the ways the client has."""

    async def mint() -> SignedUrl:
        return SignedUrl(url=Secret(url))

    async def write(piece: bytes) -> None:
        got.append(piece)

    got: list[bytes] = []
    match path:
        case "http":
            async with network.api.get(parsed(url)) as response:
                return (await read_capped(response, 100))[0].decode()
        case "websocket":
            await network.open_websocket(url.replace("http", "ws", 1), origin="https://panel")
        case "download":
            await download(network, mint, write)
        case "upload":
            await upload(network, mint, [Upload("a.txt", b"x")])
    return b"".join(got).decode()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("host", LITERALS)
async def test_a_literal_of_this_machine_is_never_dialled(
    inside: Listener, path: str, host: str
) -> None:
    network = Network(AddressGuard(allow_http=True), clock=SYSTEM)

    with pytest.raises(AddressRefused):
        await go(network, path, f"http://{host}:{inside.port}/")

    assert inside.dials == 0
    await network.close()


async def test_names_are_resolved_without_threads_which_slow_ones_would_fill(
    inside: Listener,
) -> None:
    network = Network(AddressGuard(["127.0.0.1"], allow_http=True), clock=SYSTEM)

    await go(network, "http", f"http://localhost:{inside.port}/")

    assert inside.dials == 1
    assert await network.addresses("localhost", 1) != []
    loop = asyncio.get_running_loop()
    assert loop._default_executor is None  # type: ignore[attr-defined]  # nobody made one
    await network.close()
    with pytest.raises(RuntimeError):
        await network.addresses("localhost", 1)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["::ffff:127.0.0.1"], ["127.0.0.1", "127.0.0.1"], ["10.1.1.1", "127.0.0.1"]],
    ids=str,
)
async def test_a_name_that_leads_inside_is_never_dialled(
    inside: Listener, path: str, addresses: list[str]
) -> None:
    guard = AddressGuard(allow_http=True)
    network = Network(guard, clock=SYSTEM, resolver=Names(addresses))

    with pytest.raises(AddressRefused) as refused:
        await go(network, path, f"http://panel.example:{inside.port}/")

    assert inside.dials == 0
    assert "[network] allow" in refused.value.setting
    assert refused.value.host == "panel.example"
    await network.close()


async def test_a_name_that_changes_its_address_is_judged_at_each_dial(inside: Listener) -> None:
    guard = AddressGuard(["127.0.0.1"], allow_http=True)
    network = Network(guard, clock=SYSTEM, resolver=Names(["127.0.0.1"], ["127.0.0.2"]))
    inside.answer = partial(web.Response, text="inside", headers={"Connection": "close"})
    assert await go(network, "http", f"http://rebound.example:{inside.port}/") == "inside"
    await asyncio.sleep(0)
    connector = network.api.connector
    assert isinstance(connector, aiohttp.TCPConnector)
    connector.clear_dns_cache()  # as after its ten seconds

    with pytest.raises(AddressRefused):
        await go(network, "http", f"http://rebound.example:{inside.port}/")

    assert inside.dials == 1
    await network.close()


async def test_a_name_the_operator_listed_may_lead_inside_and_no_other(inside: Listener) -> None:
    guard = AddressGuard(["panel.lan"], allow_http=True)
    network = Network(guard, clock=SYSTEM, resolver=Names(["127.0.0.1"]))

    assert await go(network, "http", f"http://panel.lan:{inside.port}/") == "inside"
    with pytest.raises(AddressRefused):
        await go(network, "http", f"http://other.lan:{inside.port}/")
    await network.close()


async def test_two_names_at_once_are_not_mistaken_for_each_other(inside: Listener) -> None:
    guard = AddressGuard(["panel.lan"], allow_http=True)
    names = Names(["127.0.0.1", "127.0.0.1", "127.0.0.1"])  # several: happy eyeballs makes tasks
    network = Network(guard, clock=SYSTEM, resolver=names)
    hosts = ["panel.lan", "other.lan"] * 10

    got = await asyncio.gather(
        *(go(network, "http", f"http://{host}:{inside.port}/") for host in hosts),
        return_exceptions=True,
    )

    assert [type(each) for each in got] == [str, AddressRefused] * 10
    await network.close()


async def test_the_system_resolver_is_judged_too(inside: Listener) -> None:
    network = Network(AddressGuard(allow_http=True), clock=SYSTEM)

    with pytest.raises(AddressRefused):
        await go(network, "http", f"http://localhost:{inside.port}/")

    assert inside.dials == 0
    await network.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [301, 302, 303, 304, 307, 308])
async def test_a_redirect_is_never_followed(inside: Listener, path: str, status: int) -> None:
    headers = {"Location": "/elsewhere?token=secret"}
    inside.answer = partial(web.Response, status=status, headers=headers)
    network = Network(AddressGuard(["127.0.0.1"], allow_http=True), clock=SYSTEM)

    with pytest.raises((NotThePanel, NodeFailed)) as refused:
        await go(network, path, f"http://127.0.0.1:{inside.port}/?token=secret")

    assert isinstance(refused.value, NotThePanel)
    assert len(inside.asked) == 1
    assert "secret" not in str(refused.value)
    await network.close()


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_is_sent_unencrypted_without_the_operators_leave(
    inside: Listener, path: str
) -> None:
    network = Network(AddressGuard(["127.0.0.1"]), clock=SYSTEM)

    with pytest.raises(AddressRefused) as refused:
        await go(network, path, f"http://127.0.0.1:{inside.port}/")

    assert refused.value.setting == "[network] allow_http = true"
    assert inside.dials == 0
    await network.close()


@pytest.mark.parametrize("url", ["http://[", "http://a:99999/", "http://a:b/", "//", "", "ws:x"])
async def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    network = Network(AddressGuard.open(), clock=SYSTEM)

    for path in PATHS:
        with pytest.raises(AddressRefused) as refused:
            await go(network, path, f"{url}secret" if url else url)
        assert "secret" not in str(refused.value)
    await network.close()


async def test_a_proxy_of_the_environment_is_not_used(
    inside: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    network = Network(AddressGuard.open(), clock=SYSTEM)

    assert await go(network, "http", f"http://127.0.0.1:{inside.port}/") == "inside"
    await network.close()


async def test_cookies_are_not_kept(inside: Listener) -> None:
    inside.answer = partial(web.Response, headers={"Set-Cookie": "pterodactyl_session=x"})
    names = Names(["127.0.0.1"])  # aiohttp would keep none of a bare address anyhow
    network = Network(AddressGuard.open(), clock=SYSTEM, resolver=names)

    await go(network, "http", f"http://panel.example:{inside.port}/")
    await go(network, "http", f"http://panel.example:{inside.port}/")

    assert "Cookie" not in inside.asked[1].headers
    await network.close()


async def test_no_more_than_the_cap_is_read(inside: Listener) -> None:
    inside.answer = partial(web.Response, text="x" * 1_000_000)
    network = Network(AddressGuard.open(), clock=SYSTEM)

    async with network.api.get(f"http://127.0.0.1:{inside.port}/") as response:
        body, is_all = await read_capped(response, 1000)

    assert body == b"x" * 1000
    assert not is_all
    await network.close()


async def test_no_more_than_the_cap_is_unpacked(inside: Listener) -> None:
    packed = gzip.compress(bytes(10_000_000))
    headers = {"Content-Encoding": "gzip"}
    inside.answer = partial(web.Response, body=packed, headers=headers)
    network = Network(AddressGuard.open(), clock=SYSTEM)

    async with network.api.get(f"http://127.0.0.1:{inside.port}/") as response:
        assert len(packed) < 20_000
        body, is_all = await read_capped(response, 20_000)

    assert body == bytes(20_000)
    assert not is_all
    await network.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("who", ["name", "name:password", ":password"])
async def test_a_name_and_password_in_a_link_go_nowhere(
    inside: Listener, path: str, who: str
) -> None:
    network = Network(AddressGuard.open(), clock=SYSTEM)

    with pytest.raises(AddressRefused):
        await go(network, path, f"http://{who}@127.0.0.1:{inside.port}/")

    assert inside.dials == 0
    await network.close()


async def test_a_handshake_that_is_never_answered_has_a_limit() -> None:
    clock = MovedClock()
    network = Network(AddressGuard.open(), clock=clock)
    came = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    opening = asyncio.create_task(
        network.open_websocket(f"ws://127.0.0.1:{port}/ws", origin="https://panel")
    )
    await came.wait()
    await clock.advance(20.0)

    with pytest.raises(TimeoutError):
        await opening
    await network.close()
    server.close()
    await server.wait_closed()


async def test_nothing_is_opened_once_closed() -> None:
    network = Network(AddressGuard.open(), clock=SYSTEM)
    await network.close()

    with pytest.raises(RuntimeError):
        _ = network.api
