"""How many play, asked over real sockets of well-behaved, broken and hostile games."""

import asyncio
import gc
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.fleet.directory import Server
from bot.fleet.players import (
    Counted,
    PlayerCount,
    Players,
    Uncounted,
    Why,
    asking_of,
    is_empty,
    read_address,
)
from bot.pterodactyl import AddressGuard
from bot.store.guilds import QueryPlace
from bot.supervisor import Supervisor
from demo.panel import SimPanel, World
from demo.panel.eggs import bedrock, paper, rust
from demo.panel.query import Responder
from tests.clock import MovedClock, flow
from tests.wirecord import eventually

EGGS = {"minecraft": paper, "bedrock": bedrock, "source": rust}
HOSTILE = [
    ("minecraft", "garbage", Why.UNREADABLE),
    ("minecraft", "huge", Why.UNREADABLE),
    ("minecraft", "endless", Why.UNREADABLE),
    ("minecraft", "bomb", Why.UNREADABLE),
    ("minecraft", "types", Why.UNREADABLE),
    ("minecraft", "hidden", Why.HIDDEN),
    ("minecraft", "reset", Why.NO_ANSWER),
    ("minecraft", "silent", Why.NO_ANSWER),
    ("source", "garbage", Why.UNREADABLE),
    ("source", "huge", Why.NO_ANSWER),
    ("source", "endless", Why.UNREADABLE),
    ("source", "bomb", Why.UNREADABLE),
    ("source", "types", Why.UNREADABLE),
    ("source", "silent", Why.NO_ANSWER),
    ("bedrock", "garbage", Why.UNREADABLE),
    ("bedrock", "huge", Why.NO_ANSWER),
    ("bedrock", "types", Why.UNREADABLE),
    ("bedrock", "silent", Why.NO_ANSWER),
]


class Hall:
    """A running game of each kind, and who asks them."""

    def __init__(self) -> None:
        self.clock = MovedClock()
        self.supervisor = Supervisor(self.clock)
        self.places: dict[str, QueryPlace] = {}
        self.names: list[list[str]] = []
        world = World()
        alice = world.add_user("alice")
        node = world.add_node("node1")
        for game, egg in EGGS.items():
            world.add_server(
                game,
                alice,
                egg=egg(),
                first_state="running",
                allocation=world.add_allocation(node, 0),
            )
        self.panel = SimPanel(world, clock=self.clock)
        self.players = self.asking_with(AddressGuard(allow=["127.0.0.0/8"]))

    def asking_with(self, guard: AddressGuard) -> Players:
        return Players(
            guard,
            self.supervisor,
            self.clock,
            place=lambda server: self.places.get(server.id),
            resolve=self.lead,
        )

    async def lead(self, _host: str, _port: int) -> list[str]:
        return self.names.pop(0)

    async def open(self, game: str) -> tuple[Responder, Server]:
        responder = await self.panel.open_query(game)
        responder.server.players[:] = ["Mira", "Ada"]
        self.places[game] = QueryPlace(game=game)
        return responder, listed(game, f"127.0.0.1:{responder.server.primary.port}")

    async def count(self, server: Server) -> PlayerCount:
        """Ask a game that answers at once."""
        return await asyncio.wait_for(self.players.count(server), 10)

    async def count_late(self, server: Server) -> PlayerCount:
        """Ask, letting time pass because nobody answers."""
        asking = asyncio.ensure_future(self.players.count(server))
        await flow(self.clock, asking)
        return asking.result()


def _open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def listed(
    server_id: str, address: str | None, image: str = "", *, ip: str | None = None
) -> Server:
    return Server(
        server_id,
        1,
        "p",
        "Nova",
        server_id[:8],
        server_id,
        server_id,
        image=image,
        address=address,
        ip=ip,
    )


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall = Hall()
    async with hall.panel:
        yield hall
        await hall.supervisor.close()


@pytest.mark.parametrize(
    ("game", "named"), [("minecraft", True), ("source", True), ("bedrock", False)]
)
async def test_each_game_tells_how_many_play(hall: Hall, game: str, named: bool) -> None:
    _, server = await hall.open(game)

    count = await hall.count(server)

    names = ("Mira", "Ada") if named else ()
    assert count == Counted(2, 20, names, hall.clock.now())


async def test_an_empty_server_is_known_to_be_empty(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    responder.server.players.clear()

    assert is_empty(await hall.count(server))


@pytest.mark.parametrize(("game", "manner", "why"), HOSTILE)
async def test_what_a_broken_or_hostile_game_says_is_unknown_and_leaves_nothing_open(
    hall: Hall, game: str, manner: str, why: Why
) -> None:
    responder, server = await hall.open(game)
    await hall.count(server)  # so that what is made once is there
    hall.players.forget(server.id)
    await asyncio.sleep(0.01)
    gc.collect()
    files = _open_files()
    responder.manner = manner  # type: ignore[assignment]  # they are listed above
    tracemalloc.start()

    count = await (hall.count_late if why is Why.NO_ANSWER else hall.count)(server)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert isinstance(count, Uncounted)
    assert count.why is why
    assert not is_empty(count)
    assert hall.supervisor.names == []
    await eventually(lambda: not responder.open_connections and _open_files() <= files)
    if manner != "bomb" or game == "minecraft":  # packing a bomb takes memory too
        assert peak < 8 << 20


async def test_a_server_that_is_off_is_unknown_rather_than_empty(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    responder.server.set_state("offline")

    count = await hall.count(server)

    assert isinstance(count, Uncounted)
    assert count.why is Why.NO_ANSWER


async def test_nobody_waits_longer_than_the_limit(hall: Hall) -> None:
    responder, server = await hall.open("source")
    responder.manner = "silent"
    began = hall.clock.monotonic()

    await hall.count_late(server)

    assert hall.clock.monotonic() - began <= 3.0


async def test_a_slow_game_is_waited_for(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    responder.manner = "slow"

    assert isinstance(await hall.count_late(server), Counted)


async def test_slogans_in_place_of_names_are_no_players(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    responder.manner = "names"

    count = await hall.count(server)

    assert isinstance(count, Counted)
    assert count.names == ()


async def test_many_who_ask_at_once_are_one_question_and_share_it_for_a_while(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")

    counts = await asyncio.gather(*(hall.players.count(server) for _ in range(50)))
    await hall.clock.advance(20)
    await hall.players.count(server)

    assert len(set(map(id, counts))) == 1
    assert responder.asked == 1
    await hall.clock.advance(10)
    await hall.count(server)
    assert responder.asked == 2
    assert isinstance(hall.players.known(server), Counted)


async def test_an_asker_who_goes_away_spoils_nothing_for_the_others(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    responder.manner = "slow"
    first = asyncio.ensure_future(hall.players.count(server))
    second = asyncio.ensure_future(hall.players.count(server))
    await asyncio.sleep(0.02)

    first.cancel()
    await flow(hall.clock, second)

    assert isinstance(second.result(), Counted)


async def test_a_private_address_is_not_dialled_unless_the_operator_lists_it(hall: Hall) -> None:
    responder, server = await hall.open("minecraft")
    hall.players = hall.asking_with(AddressGuard())

    count = await hall.count(server)

    assert isinstance(count, Uncounted)
    assert count.why is Why.REFUSED
    assert "127.0.0.1" in count.setting
    assert responder.asked == 0


async def test_a_name_is_resolved_once_and_what_was_judged_is_dialled(hall: Hall) -> None:
    """DNS that answers something else the second time leads nowhere."""
    responder, _ = await hall.open("minecraft")
    server = listed("minecraft", f"mc.example.com:{responder.server.primary.port}")
    hall.names = [["169.254.169.254", "127.0.0.1"], ["10.0.0.1"]]

    count = await hall.count(server)

    assert isinstance(count, Counted)
    assert hall.names == [["10.0.0.1"]]


@pytest.mark.parametrize("leads_to", [[], ["10.1.2.3"], ["169.254.169.254"]])
async def test_an_alias_that_leads_nowhere_gives_way_to_the_allocation_s_own_address(
    hall: Hall, leads_to: list[str]
) -> None:
    responder, _ = await hall.open("minecraft")
    port = responder.server.primary.port
    server = listed("minecraft", f"mc.example.com:{port}", ip="127.0.0.1")
    hall.names = [leads_to]

    assert isinstance(await hall.count(server), Counted)


async def test_an_alias_that_keeps_silent_leaves_time_for_the_address(hall: Hall) -> None:
    responder, _ = await hall.open("source")
    port = responder.server.primary.port
    loop = asyncio.get_running_loop()
    mute, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.2", port)
    )
    server = listed("source", f"rust.example.com:{port}", ip="127.0.0.1")
    hall.names = [["127.0.0.2"]]
    began = hall.clock.monotonic()

    count = await hall.count_late(server)

    mute.close()
    assert isinstance(count, Counted)
    assert hall.clock.monotonic() - began <= 3.0


async def test_the_address_behind_an_alias_is_judged_too(hall: Hall) -> None:
    server = listed(
        "minecraft", "mc.example.com:25565", image="yolks:java_21", ip="169.254.169.254"
    )
    hall.names = [[]]

    count = await hall.count(server)

    assert isinstance(count, Uncounted)
    assert count.why is Why.NO_NAME


async def test_where_an_admin_named_the_place_nothing_else_is_asked(hall: Hall) -> None:
    responder, _ = await hall.open("minecraft")
    server = listed("minecraft", f"mc.example.com:{responder.server.primary.port}", ip="127.0.0.1")
    hall.places["minecraft"] = QueryPlace(game="minecraft", address="other.example.com")
    hall.names = [[]]

    count = await hall.count(server)

    assert isinstance(count, Uncounted)
    assert responder.asked == 0


async def test_a_name_that_leads_to_private_addresses_alone_is_refused(hall: Hall) -> None:
    server = listed("minecraft", "mc.example.com:25565", image="yolks:java_21")
    hall.names = [["10.1.2.3", "::ffff:169.254.169.254"]]

    count = await hall.count(server)

    assert isinstance(count, Uncounted)
    assert count.why is Why.REFUSED


@pytest.mark.parametrize(
    ("image", "address", "place", "asked"),
    [
        ("ghcr.io/pterodactyl/yolks:java_21", "1.2.3.4:25570", None, "minecraft 1.2.3.4:25570"),
        ("ghcr.io/pterodactyl/games:rust", "1.2.3.4:28015", None, "source 1.2.3.4:28015"),
        ("ghcr.io/pterodactyl/games:valheim", "1.2.3.4:2456", None, "source 1.2.3.4:2457"),
        ("ghcr.io/ptero-eggs/yolks:debian", "1.2.3.4:19132", None, "bedrock 1.2.3.4:19132"),
        ("ghcr.io/ptero-eggs/yolks:debian", "1.2.3.4:7777", None, Why.NO_GAME),
        ("yolks:java_8", None, None, Why.NO_ADDRESS),
        ("yolks:java_8", "1.2.3.4:1", QueryPlace(game="none"), Why.OFF),
        ("yolks:java_8", "1.2.3.4:1", QueryPlace(address=":2"), "minecraft 1.2.3.4:2"),
        (
            "yolks:debian",
            "1.2.3.4:1",
            QueryPlace(game="source", address="q.lan"),
            "source q.lan:27015",
        ),
        ("games:valheim", "1.2.3.4:1", QueryPlace(address="5.6.7.8:9"), "source 5.6.7.8:9"),
        ("games:valheim", "1.2.3.4:65535", None, Why.NO_ADDRESS),
    ],
)
def test_which_game_is_asked_where(
    image: str, address: str | None, place: QueryPlace | None, asked: str | Why
) -> None:
    found = asking_of(listed("s", address, image), place)

    told = found if isinstance(found, Why) else f"{found.game} {found.host}:{found.port}"
    assert told == asked


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1.2.3.4:25565", ("1.2.3.4", 25565)),
        ("play.example.com", ("play.example.com", None)),
        (" :27016 ", ("", 27016)),
        ("[2001:db8::1]:19132", ("2001:db8::1", 19132)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("", None),
        ("host:0", None),
        ("host:65536", None),
        ("host:١", None),
        ("ho st:1", None),
        ("http://host:1", None),
        ("[::1", None),
        ("host:", ("host", None)),
        ("a" * 300, None),
    ],
)
def test_addresses_are_read_as_they_are_typed(
    text: str, read: tuple[str, int | None] | None
) -> None:
    assert read_address(text) == read
