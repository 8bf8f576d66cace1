"""The promises of a console, against a node that says what the test wants, in moved time."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from bot.pterodactyl.console import Console
from bot.pterodactyl.console_events import (
    DAEMON_LINE,
    BackupCompleted,
    CaughtUp,
    Connected,
    ConsoleLine,
    DaemonError,
    Disconnected,
    Event,
    InstallEnded,
    Lost,
    Reconnected,
    Stats,
    Status,
    Throttled,
    Unknown,
)
from bot.pterodactyl.console_history import Joined, join
from bot.pterodactyl.dial import Network
from bot.pterodactyl.errors import (
    AddressRefused,
    Answer,
    Conflict,
    KeyRejected,
    Limited,
    NodeFailed,
    NotAllowed,
    NotFound,
    PanelDown,
    PanelError,
)
from bot.pterodactyl.models import WebsocketCredentials
from bot.pterodactyl.routes import Asked
from bot.secret import Secret
from tests.clock import MovedClock, flow
from tests.pterodactyl.console_node import (
    ORIGIN,
    SOON,
    Node,
    Talk,
    begun,
    network_for,
    next_of,
    pass_time,
)

ASKED = Asked("GET", ("servers", "1eab9400", "websocket"))
HISTORY = [f"line {number}" for number in range(150)]


def answer(status: int, detail: str = "", retry_after: float | None = None) -> Answer:
    return Answer(status, "", detail, ASKED, retry_after)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def network(clock: MovedClock) -> AsyncIterator[Network]:
    network = network_for(clock)
    yield network
    await network.close()


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with Node() as node:
        yield node


@pytest.fixture
async def console(node: Node, network: Network) -> AsyncIterator[Console]:
    console = node.console(network)
    yield console
    await console.close()


async def back(console: Console, node: Node, clock: MovedClock) -> Talk:
    """The next connection after the last one ended."""
    ended = await next_of(console, Disconnected)
    assert ended.again_in is not None
    await clock.advance(ended.again_in)
    return await node.talk()


async def drained(console: Console, talk: Talk) -> list[Event]:
    """Everything handed out so far; the node's say is waited for."""
    await talk.caught_up()
    waiting: list[Event] = []
    while console.waiting:
        waiting.append(await anext(console))
    return waiting


# logging in


async def test_the_handshake_carries_the_panels_address_as_origin_and_no_key(
    console: Console, node: Node
) -> None:
    talk = await begun(console, node)

    assert talk.headers["Origin"] == ORIGIN
    assert "Authorization" not in talk.headers
    assert "Cookie" not in talk.headers


async def test_nothing_is_said_before_the_login_is_accepted(console: Console, node: Node) -> None:
    console.start()
    talk = await node.talk()
    await talk.heard("auth")

    with pytest.raises(NodeFailed) as refused:
        await console.send_command("say hi")
    await talk.caught_up()

    assert not refused.value.maybe_done
    assert talk.unheard("send logs") == talk.unheard("send command") == 0
    await talk.say("auth success")
    await talk.heard("send logs")


async def test_entering_waits_for_the_login(node: Node, network: Network) -> None:
    async def accept() -> None:
        await (await node.talk()).log_in("offline")

    accepting = asyncio.create_task(accept())
    async with node.console(network) as console:
        assert console.is_connected
        assert isinstance(await anext(console), Connected)
        assert (await next_of(console, Status)).state == "offline"
        assert console.state == "offline"
    await accepting


async def test_entering_returns_when_the_node_is_down_and_the_console_goes_on_trying(
    node: Node, network: Network, clock: MovedClock
) -> None:
    node.refusals.append((502, "<html>"))
    async with node.console(network) as console:
        assert not console.is_connected
        talk = await back(console, node, clock)
        await talk.log_in()
        await next_of(console, Connected)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        ("daemon error", "Error Event [x]: an unexpected error was encountered"),
        ("jwt error", "Error Event [x]: jwt: exp claim is invalid"),
        ("jwt error", "Error Event [x]: jwt: created too far in past (denylist)"),
    ],
)
async def test_a_refused_token_is_replaced_on_the_same_socket_after_a_second_or_two(
    console: Console, node: Node, clock: MovedClock, event: str, text: str
) -> None:
    console.start()
    talk = await node.talk()
    assert await talk.heard("auth") == ["token-1"]

    await talk.say(event, text)
    await talk.caught_up()
    await clock.advance(0.9)
    assert node.minted == 1
    await clock.advance(1.1)

    assert await talk.log_in() == "token-2"
    await next_of(console, Connected)


async def test_a_login_that_the_node_throttled_is_sent_again_without_asking_the_panel(
    console: Console, node: Node, clock: MovedClock
) -> None:
    console.start()
    talk = await node.talk()
    await talk.heard("auth")

    await talk.say("throttled", "auth")
    assert await next_of(console, Throttled) == Throttled("auth")
    await clock.advance(5.0)

    assert await talk.log_in() == "token-1"
    assert node.minted == 1


async def test_logins_never_come_faster_than_the_node_takes_them(
    console: Console, node: Node, clock: MovedClock
) -> None:
    console.start()
    talk = await node.talk()
    at: list[float] = []
    begun_at = clock.monotonic()
    while clock.monotonic() - begun_at < 24:
        if talk.unheard("auth"):
            await talk.heard("auth")
            at.append(clock.monotonic() - begun_at)
            await talk.say("jwt error", "Error Event [x]: jwt: exp claim is invalid")
        await pass_time(clock, talk, 0.5)

    assert len(at) >= 3
    tokens, last = 2.0, 0.0
    for moment in at:
        tokens = min(2.0, tokens + (moment - last) / 5) - 1
        last = moment
        assert tokens >= 0


async def test_a_node_that_accepts_no_login_is_left_and_tried_again_later(
    console: Console, node: Node, clock: MovedClock
) -> None:
    console.start()
    talk = await node.talk()

    await flow(clock, asyncio.create_task(talk.ended.wait()), limit=60)

    ended = await next_of(console, Disconnected)
    assert ended.again_in is not None
    assert ended.again_in >= 60


# staying logged in


async def test_the_token_is_renewed_by_our_own_clock_for_hours(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    talk.accepts_logins = True

    await pass_time(clock, talk, 3 * 3600)

    assert 18 <= len(talk.logins) <= 21  # every 520 to 545 s, of the 600 s a token lives
    assert talk.logins == [f"token-{number}" for number in range(2, len(talk.logins) + 2)]
    assert console.is_connected
    assert talk.unheard("send logs") == 0  # nothing was missed, so nothing is asked for again


async def test_an_expiring_token_is_renewed_once_however_often_it_is_said(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)

    await talk.say("token expiring")
    await talk.say("token expiring")
    await talk.caught_up()
    await clock.advance(2.0)
    await talk.say("token expiring")
    await talk.caught_up()

    assert await talk.heard("auth") == ["token-2"]
    await talk.say("auth success")
    await pass_time(clock, talk, 20)
    assert node.minted == 2


@pytest.mark.parametrize(
    "text", ["jwt: exp claim is invalid", "jwt: created too far in past (denylist)"]
)
async def test_a_token_that_died_is_renewed_and_what_was_missed_is_fetched(
    console: Console, node: Node, clock: MovedClock, text: str
) -> None:
    talk = await begun(console, node, "running")
    await clock.advance(3.0)
    await talk.say("console output", "before")
    await next_of(console, ConsoleLine)

    for _ in range(5):  # one for each event that would have come
        await talk.say("jwt error", text)
    await talk.caught_up()
    await clock.advance(2.0)
    await talk.heard("auth")
    await talk.say("jwt error", text)  # of an event, not of the login under way
    await talk.say("auth success")
    await talk.heard("send stats")
    await talk.say("stats", '{"state":"offline"}')
    await talk.heard("send logs")
    await talk.say("console output", "before")
    await talk.say("console output", "missed")
    await talk.caught_up()
    await clock.advance(3.0)

    assert await next_of(console, Status) == Status("offline")
    assert await next_of(console, ConsoleLine) == ConsoleLine("missed", is_history=True)
    assert console.state == "offline"
    assert node.minted == 2


async def test_a_renewal_waits_as_long_as_the_panel_says_and_the_console_goes_on(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    talk.accepts_logins = True
    node.mint_errors.append(Limited(answer(429, retry_after=40.0)))

    await talk.say("token expiring")
    await talk.caught_up()
    await pass_time(clock, talk, 40)
    assert talk.logins == []
    await pass_time(clock, talk, 5)

    assert talk.logins == ["token-3"]
    assert console.is_connected


async def test_a_server_that_moved_is_followed_to_its_new_node(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    async with Node() as other:
        node.port = other.port
        await talk.say("token expiring")
        await talk.caught_up()
        await clock.advance(2.0)

        there = await back(console, other, clock)
        await there.log_in()
        await next_of(console, Reconnected)
        await console.close()


async def test_a_dead_link_is_noticed_by_our_own_pings(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await pass_time(clock, talk, 120)
    assert 4 <= talk.pings <= 6
    assert console.is_connected

    talk.answers_pings = False
    await clock.advance(25.0)
    await talk.pinged(5)
    await clock.advance(25.0)
    await clock.advance(25.0)

    assert (await next_of(console, Disconnected)).reason == "the node no longer answers"


async def test_many_consoles_are_pinged_by_one_task(
    node: Node, network: Network, clock: MovedClock
) -> None:
    consoles = [node.console(network) for _ in range(20)]
    talks = [await begun(console, node) for console in consoles]
    await clock.advance(3.0)
    before = len(asyncio.all_tasks())
    await consoles[0].close()
    await clock.advance(30.0)

    for talk in talks[1:]:
        await talk.pinged(1)
    assert talks[0].pings == 0
    # besides the server's: a reader each, and one task for all their pings
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert names.count("console pulse") == 1
    assert names.count("console 1eab9400") == 19
    assert len(names) <= before
    for console in consoles:
        await console.close()


async def test_the_nodes_own_pings_are_answered(console: Console, node: Node) -> None:
    talk = await begun(console, node)

    await talk.caught_up()


# how it ends


@pytest.mark.parametrize("code", [1000, 1001, 1009, 1011, 1012, 4000])
async def test_a_closed_socket_is_opened_again_with_a_fresh_token(
    console: Console, node: Node, clock: MovedClock, code: int
) -> None:
    talk = await begun(console, node)

    await talk.close(code)

    ended = await next_of(console, Disconnected)
    assert ended.code == code
    assert ended.again_in is not None
    assert ended.again_in <= 2
    await clock.advance(ended.again_in)
    assert await (await node.talk()).log_in() == "token-2"
    assert (await next_of(console, Reconnected)).away_seconds == pytest.approx(ended.again_in)


async def test_a_cut_socket_is_opened_again(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)

    talk.cut()

    await (await back(console, node, clock)).log_in()
    await next_of(console, Reconnected)


@pytest.mark.parametrize(
    ("code", "error"), [(4409, Conflict), (4400, NodeFailed)], ids=["4409", "4400"]
)
async def test_a_node_that_says_never_again_is_believed(
    console: Console, node: Node, clock: MovedClock, code: int, error: type[PanelError]
) -> None:
    talk = await begun(console, node)

    await talk.close(code, "server is suspended")

    assert (await next_of(console, Disconnected)).again_in is None
    with pytest.raises(error):
        await anext(console)
    await clock.advance(3600)
    assert node.minted == 1


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("Error Event [x]: jwt: missing connect permission", NotAllowed),
        ("jwt: server uuid mismatch", NodeFailed),
        ("Error Event [x]: jwt: server uuid mismatch", NodeFailed),
    ],
)
async def test_a_token_that_no_other_would_better_ends_it(
    console: Console, node: Node, text: str, error: type[PanelError]
) -> None:
    console.start()
    talk = await node.talk()
    await talk.heard("auth")

    await talk.say("jwt error", text)

    assert (await next_of(console, Disconnected)).again_in is None
    with pytest.raises(error):
        await anext(console)


@pytest.mark.parametrize(
    "error",
    [
        KeyRejected(answer(401)),
        NotFound(answer(404)),
        NotAllowed(answer(403)),
        AddressRefused("private"),
        Conflict(answer(409, "This server is currently suspended")),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("when", ["at first", "after a loss", "at renewal"])
async def test_a_panel_that_says_never_again_is_believed(
    console: Console, node: Node, clock: MovedClock, error: PanelError, when: str
) -> None:
    if when == "at first":
        node.mint_errors.append(error)
        console.start()
    else:
        talk = await begun(console, node)
        node.mint_errors.append(error)
        if when == "after a loss":
            await talk.close(1001, "server deleted")
            ended = await next_of(console, Disconnected)
            await clock.advance(ended.again_in or 0)
        else:
            await talk.say("token expiring")
            await talk.caught_up()
            await clock.advance(2.0)

    assert (await next_of(console, Disconnected)).again_in is None
    with pytest.raises(type(error)) as raised:
        await anext(console)
    assert raised.value is error
    assert console.is_over


REFUSALS = [
    Conflict(answer(409, said))
    for said in (
        "This server has not yet completed its installation",
        "This server is currently restoring from a backup",
        "This server is currently being transferred",
        "The node of this server is currently under maintenance",
    )
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: error.state)
async def test_a_server_that_the_panel_blocks_ends_it_for_good(
    console: Console, node: Node, refusal: Conflict
) -> None:
    node.mint_errors.append(refusal)
    console.start()

    assert (await next_of(console, Disconnected)).again_in is None
    with pytest.raises(Conflict):
        await anext(console)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda error: error.state)
async def test_a_server_that_the_panel_blocks_is_heard_until_the_old_token_runs_out(
    console: Console, node: Node, clock: MovedClock, refusal: Conflict
) -> None:
    talk = await begun(console, node)
    node.mint_errors += [refusal, refusal]
    await talk.say("token expiring")
    await talk.caught_up()
    await clock.advance(2.0)
    await talk.say("install completed")
    await next_of(console, InstallEnded)

    await talk.say("token expired")
    await talk.caught_up()
    await clock.advance(62.0)

    assert (await next_of(console, Disconnected)).again_in is None


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        (Conflict(answer(409, "This server is busy")), 60, 70),
        (Limited(answer(429, retry_after=33.0)), 33, 37),
        (PanelDown("maintenance", retry_after=20.0), 20, 22),
        (PanelDown("refused"), 1, 2),
    ],
)
async def test_a_panel_that_says_not_now_is_asked_again_when_it_is_time(
    console: Console, node: Node, clock: MovedClock, error: PanelError, least: float, most: float
) -> None:
    node.mint_errors.append(error)
    console.start()

    ended = await next_of(console, Disconnected)

    assert ended.again_in is not None
    assert least <= ended.again_in <= most
    await clock.advance(ended.again_in)
    await (await node.talk()).log_in()
    await next_of(console, Connected)


@pytest.mark.parametrize(("status", "least"), [(400, 60), (403, 300), (404, 5), (502, 1)])
async def test_a_refused_handshake_is_tried_again_when_it_may_help(
    console: Console, node: Node, clock: MovedClock, status: int, least: float
) -> None:
    node.refusals.append((status, '{"error":"…"}'))
    console.start()

    ended = await next_of(console, Disconnected)

    assert ended.again_in is not None
    assert least <= ended.again_in <= least * 1.1 + 1
    await clock.advance(ended.again_in)
    await (await node.talk()).log_in()
    assert node.minted == 2  # the panel is asked where the server is now


async def test_a_redirected_handshake_is_not_followed(console: Console, node: Node) -> None:
    node.refusals.append((302, ""))
    console.start()

    assert "NotThePanel" in (await next_of(console, Disconnected)).reason


async def test_tries_come_slower_up_to_a_minute_while_the_node_is_away(
    console: Console, node: Node, clock: MovedClock
) -> None:
    node.refusals.extend([(502, "")] * 12)
    console.start()
    waits = []
    for _ in range(12):
        ended = await next_of(console, Disconnected)
        assert ended.again_in is not None
        waits.append(ended.again_in)
        await clock.advance(ended.again_in)

    assert waits[0] <= 2
    assert all(30 <= wait <= 60 for wait in waits[6:])
    await (await node.talk()).log_in()
    await next_of(console, Connected)


async def test_a_node_that_accepts_and_drops_is_not_hammered(
    console: Console, node: Node, clock: MovedClock
) -> None:
    console.start()
    talk = await node.talk()
    waits = []
    for _ in range(7):
        await talk.log_in()
        talk.cut()
        ended = await next_of(console, Disconnected)
        assert ended.again_in is not None
        waits.append(ended.again_in)
        await clock.advance(ended.again_in)
        talk = await node.talk()

    assert waits[-1] >= 30


async def test_a_message_beyond_all_measure_ends_the_socket_not_the_process(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)

    await talk.say("console output", "x" * 2_000_000)

    ended = await next_of(console, Disconnected)
    assert ended.code == 1009
    assert ended.again_in is not None


async def test_a_fault_of_our_own_is_raised_and_not_hidden(network: Network, node: Node) -> None:
    async def broken() -> WebsocketCredentials:
        raise KeyError("a bug")

    console = node.console(network, mint=broken)
    console.start()

    with pytest.raises(KeyError):
        await anext(console)
    await console.close()


async def test_closing_says_good_bye_and_ends_the_iteration(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    waiting = asyncio.create_task(next_of(console, Lost))
    await talk.caught_up()

    await console.close()

    async with asyncio.timeout(SOON):
        await talk.ended.wait()
    assert talk.closed_with == 1000
    with pytest.raises(AssertionError, match="ended without"):
        await waiting
    with pytest.raises(NodeFailed):
        await console.send_command("say hi")


async def test_a_supervisor_can_own_the_reader(network: Network, node: Node) -> None:
    started: list[str] = []

    def spawn(name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        started.append(name)
        return asyncio.create_task(work, name=name)

    console = Console(network, "1eab9400", node.mint, origin=f"{ORIGIN}/", spawn=spawn)
    talk = await begun(console, node)

    assert started == ["console 1eab9400"]
    assert talk.headers["Origin"] == ORIGIN  # byte for byte, without the slash
    await console.close()


async def test_a_console_is_iterated_in_one_place(console: Console, node: Node) -> None:
    await begun(console, node)
    first = asyncio.ensure_future(anext(console))
    await asyncio.sleep(0)

    with pytest.raises(RuntimeError):
        await anext(console)
    first.cancel()


# speaking


async def test_commands_keep_below_the_nodes_throttles(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await pass_time(clock, talk, 20)
    sent: list[float] = []
    began = clock.monotonic()

    async def send(number: int) -> None:
        await console.send_command(f"say {number}")
        sent.append(clock.monotonic() - began)

    await flow(clock, asyncio.gather(*map(send, range(16))))  # type: ignore[arg-type]  # a future

    assert [await talk.heard("send command") for _ in range(16)] == [
        [f"say {number}"] for number in range(16)
    ]
    assert sent[9] == pytest.approx(0, abs=1e-6)
    assert [round(at, 3) for at in sent[10:]] == [1, 2, 3, 4, 5, 6]


async def test_what_the_node_would_not_take_is_refused_before_it_is_sent(
    console: Console, node: Node
) -> None:
    talk = await begun(console, node)

    for command in ("say hi\nop me", "say hi\r", "é" * 2048, '"' * 3000):
        with pytest.raises(ValueError):
            await console.send_command(command)
    with pytest.raises(ValueError):
        await console.set_state("explode")  # type: ignore[arg-type]  # as a caller might

    await console.set_state("restart")
    await console.request_stats()
    assert await talk.heard("set state") == ["restart"]
    await talk.heard("send stats")
    assert talk.unheard("send command") == 0


# listening


async def test_strange_messages_end_nothing(console: Console, node: Node) -> None:
    talk = await begun(console, node)
    for raw in (
        "",
        "null",
        "[]",
        "nonsense",
        '{"event":5}',
        '{"args":["x"]}',
        '{"event":"status"',
        b"\xff\xfe",
    ):
        await talk.say_raw(raw)
    await talk.say("feature match", "java_version", "x")
    await talk.say("stats", "not json")
    await talk.say("backup completed", '{"uuid":5}')
    await talk.say_raw('{"event":"status","args":null}')
    await talk.say_raw('{"event":"daemon message","args":[null]}')
    await talk.say_raw('{"event":"install output","args":"bare"}')
    await talk.say_raw(b'{"event":"daemon message","args":["\xff!"]}')
    await talk.say("backup completed:1234", '{"uuid":"1234","is_successful":false}')

    events = await drained(console, talk)

    assert [str(event) for event in events] == [
        "Unknown(event='feature match', args=('java_version', 'x'))",
        "Unknown(event='stats', args=('not json',))",
        "Unknown(event='backup completed', args=('{\"uuid\":5}',))",
        "Status(state='')",
        "DaemonMessage(text='')",
        "InstallOutput(text='bare')",
        "DaemonMessage(text='�!')",
        repr(BackupCompleted(uuid="1234", is_successful=False)),
    ]
    assert isinstance(events[0], Unknown)
    assert console.is_connected


async def test_several_lines_in_one_message_become_several(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await clock.advance(3.0)
    await next_of(console, CaughtUp)

    await talk.say("console output", "one\r\ntwo\r")
    await talk.say("console output", "10%\r20%\rdone")

    events = await drained(console, talk)
    assert events == [ConsoleLine("one"), ConsoleLine("two"), ConsoleLine("10%\r20%\rdone")]


async def test_what_the_daemon_refused_is_told_and_renews_nothing(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)

    await talk.say("daemon error", "Error Event [x]: server is running")

    assert (await next_of(console, DaemonError)).text == "Error Event [x]: server is running"
    await pass_time(clock, talk, 20)
    assert node.minted == 1


async def test_state_and_stats_are_kept(console: Console, node: Node) -> None:
    talk = await begun(console, node, "starting")
    assert console.state == "starting"
    await talk.say("stats", '{"memory_bytes":5,"state":"starting","network":{"rx_bytes":1}}')

    stats = await next_of(console, Stats)

    assert console.stats is stats
    assert (stats.memory_bytes, stats.network.rx_bytes, stats.uptime_ms) == (5, 1, 0)


async def test_a_slow_listener_loses_the_oldest_and_is_told_how_many(
    node: Node, network: Network, clock: MovedClock
) -> None:
    console = node.console(network, queue_size=100)
    talk = await begun(console, node)
    await clock.advance(3.0)
    await next_of(console, CaughtUp)
    for number in range(1000):
        await talk.say("console output", str(number))
    events = await drained(console, talk)

    assert events[0] == Lost(cause="queue", lines=900)
    assert events[1:] == [ConsoleLine(str(number)) for number in range(900, 1000)]
    assert len(console.lines) == 500
    await console.close()


async def test_a_listener_that_keeps_up_loses_nothing_of_a_flood(
    node: Node, network: Network, clock: MovedClock
) -> None:
    console = node.console(network, queue_size=100)
    talk = await begun(console, node)
    await clock.advance(3.0)
    await next_of(console, CaughtUp)
    count = 20_000

    async def flood() -> None:
        for number in range(count):
            await talk.say("console output", str(number))
        await talk.say("status", "offline")

    flooding = asyncio.create_task(flood())
    seen = 0
    async for event in console:
        assert not isinstance(event, Lost)
        if isinstance(event, Status):
            break
        assert event == ConsoleLine(str(seen))
        seen += 1
    await flooding

    assert seen == count
    await console.close()


async def test_a_throttled_flood_is_said_to_have_lost_lines(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await clock.advance(3.0)
    await next_of(console, CaughtUp)
    line = (
        "\x1b[33m\x1b[1m[My Panel Daemon]:\x1b[39m Server is outputting console data too quickly"
        " -- throttling...\x1b[0m"
    )

    await talk.say("console output", line)

    assert await drained(console, talk) == [ConsoleLine(line), Lost(cause="node")]


# history


async def test_the_history_comes_marked_and_once(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await talk.say("console output", "line 149")  # live, and in the history as well
    for line in HISTORY:
        await talk.say("console output", line)
    await talk.caught_up()
    await clock.advance(3.0)
    await talk.say("console output", "live")

    events = await drained(console, talk)

    assert events == [
        *(ConsoleLine(line, is_history=True) for line in HISTORY),
        CaughtUp(),
        ConsoleLine("live"),
    ]


async def test_after_a_loss_only_the_lines_missed_are_told(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await clock.advance(3.0)
    for line in HISTORY:
        await talk.say("console output", line)
    await drained(console, talk)
    talk.cut()

    talk = await back(console, node, clock)
    await talk.log_in()
    await talk.heard("send logs")
    for line in [*HISTORY[20:], "", "missed 1", "missed 2"]:
        await talk.say("console output", line)
    await talk.say("console output", "live")
    await talk.caught_up()
    await clock.advance(3.0)

    events = await drained(console, talk)
    assert [event.text for event in events if isinstance(event, ConsoleLine)] == [
        "",
        "missed 1",
        "missed 2",
        "live",
    ]
    assert not [event for event in events if isinstance(event, Lost)]


@pytest.mark.parametrize(
    ("known", "history", "new"),
    [
        (["x"] * 4, ["x"] * 7, ["x"] * 3),  # one line over and over: only the counts tell
        (["a", "b", "a", "b"], ["a", "b", "a", "b", "a", "b"], ["a", "b"]),
        (["a", "b"], ["a", "b"], []),
        (["b"], ["a", "b", "c"], ["c"]),
        (["p", "q", "r", "a"], ["a", "b", "c"], ["b", "c"]),  # one line, but at the very seam
        (["p", "q", "r", "dropped"], ["o", "p", "q", "r", "s"], ["s"]),
        (["p", "q", f"{DAEMON_LINE}of the node"], ["p", "q", "r"], ["r"]),
        ([], ["a", "a"], ["a"]),  # live, and again in the history
        ([], ["a", "b"], ["a", "b"]),
        (["a"], [], []),
    ],
)
def test_history_is_joined_to_what_was_known(
    known: list[str], history: list[str], new: list[str]
) -> None:
    assert join(known, history) == Joined(new, has_gap=False)


async def test_a_gap_that_the_history_does_not_bridge_is_told(
    console: Console, node: Node, clock: MovedClock
) -> None:
    talk = await begun(console, node)
    await clock.advance(3.0)
    await talk.say("console output", "long ago")
    await drained(console, talk)
    talk.cut()

    talk = await back(console, node, clock)
    await talk.log_in()
    await talk.heard("send logs")
    for line in HISTORY:
        await talk.say("console output", line)
    await talk.caught_up()
    await clock.advance(3.0)

    events = await drained(console, talk)
    assert events[2] == Lost(cause="gap")
    assert events[3:-1] == [ConsoleLine(line, is_history=True) for line in HISTORY]


@pytest.mark.parametrize(
    ("before", "after", "is_gap"),
    [("running", "offline", True), ("offline", "offline", False), ("running", "running", False)],
)
async def test_lines_of_a_server_that_went_off_meanwhile_are_told_as_missing(
    console: Console, node: Node, clock: MovedClock, before: str, after: str, is_gap: bool
) -> None:
    """The node keeps no history of a server that is off: it answers with silence."""
    talk = await begun(console, node, before)
    await clock.advance(3.0)
    await drained(console, talk)
    talk.cut()

    talk = await back(console, node, clock)
    await talk.log_in(after)
    await talk.heard("send logs")
    await talk.caught_up()
    await clock.advance(3.0)

    events = await drained(console, talk)
    assert events[-1] == CaughtUp()
    assert (Lost(cause="gap") in events) == is_gap


# secrets


async def test_no_token_shows_anywhere(
    console: Console, node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    jwt = "eyJhbGciOiJIUzI1NiJ9.cGF5bG9hZA.c2lnbmF0dXJl"

    async def mint() -> WebsocketCredentials:
        return WebsocketCredentials(token=Secret(jwt), socket=node.url)

    console._mint = mint
    talk = await begun(console, node)
    talk.cut()
    ended = await next_of(console, Disconnected)

    assert jwt not in caplog.text
    assert jwt not in repr(console) + repr(ended) + repr(await mint())
