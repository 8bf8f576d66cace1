"""Every method meets every fault on a real socket, and ends as documented; the client goes on.

Each test is one fault; all methods meet it. Time is moved.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bot.pterodactyl import (
    AddressGuard,
    Budgets,
    Client,
    Conflict,
    Declined,
    Invalid,
    KeyRejected,
    Limited,
    Network,
    NodeFailed,
    NotAllowed,
    NotFound,
    NotThePanel,
    PanelBug,
    PanelDown,
    PanelError,
    Reason,
    ServerOffline,
)
from tests.clock import MovedClock
from tests.pterodactyl.calls import CALLS
from tests.pterodactyl.driving import drive
from tests.pterodactyl.served import Heard, Said, Served, serving

KEY = "ptlc_aaaaaaaaaaaAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
SERVER = "1eab9400"
ACCOUNT = {
    "attributes": {
        "id": 2,
        "admin": False,
        "username": "alice",
        "email": "a@b.c",
        "first_name": "A",
        "last_name": "B",
        "language": "en",
    }
}
BODY: dict[str, Any] = {
    "name": "x",
    "signal": "start",
    "command": "list",
    "files": ["a"],
    "file": "a.zip",
    "root": "/",
    "url": "https://example.com/a.zip",
    "email": "a@b.c",
    "permissions": ["control.console"],
    "notes": "n",
    "key": "JAR",
    "value": "v",
    "docker_image": "i",
    "database": "players",
    "location": "/a",
}
QUERY = {"file": "/a.txt"}

SAFE = {
    # contract: README.md, is it safe to retry
    *(
        ("GET", route)
        for method, route in CALLS
        if method == "GET"
        and not route.endswith(("contents", "download", "files/upload", "two-factor"))
    ),
    ("POST", "servers/{server}/settings/rename"),
    ("POST", "servers/{server}/settings/description"),
    ("POST", "servers/{server}/network/allocations/{allocation}"),
    ("POST", "servers/{server}/network/allocations/{allocation}/primary"),
    ("PUT", "servers/{server}/startup/variable"),
    ("PUT", "servers/{server}/settings/docker-image"),
    ("POST", "servers/{server}/files/write"),
    ("POST", "servers/{server}/files/chmod"),
    ("POST", "servers/{server}/files/create-folder"),
    ("POST", "servers/{server}/files/decompress"),
    ("POST", "servers/{server}/files/delete"),
    ("PUT", "servers/{server}/files/rename"),
    ("POST", "servers/{server}/schedules/{schedule}"),
    ("POST", "servers/{server}/schedules/{schedule}/tasks/{task}"),
    ("POST", "servers/{server}/users/{user}"),
    ("PUT", "servers/{server}/backups/{backup}/rename"),
    ("PUT", "account/email"),
    ("POST", "account/two-factor/disable"),
    ("POST", "account/ssh-keys/remove"),
}
"""What may be sent again after an unknown outcome, told again without looking at the client."""

READS_FIRST = {
    # these send a GET before, which meets the fault
    ("POST", "servers/{server}/backups/{backup}/lock"),
    ("POST", "servers/{server}/schedules/{schedule}"),
    ("POST", "servers/{server}/schedules/{schedule}/tasks/{task}"),
}
TAKES_NO_JSON = ("files/contents",)


class Trial:
    """All methods against one panel that always says the same."""

    def __init__(self, served: Served, clock: MovedClock) -> None:
        self.served = served
        self.clock = clock
        self.network = Network(AddressGuard.open(), clock=clock)

    def client(self, budgets: Budgets | None = None) -> Client:
        return Client(self.served.url, KEY, network=self.network, budgets=budgets, clock=self.clock)

    async def ended(self, method: str, route: str) -> PanelError | None:
        """How one method ends."""
        ids = tuple(
            SERVER if name == "{server}" else "7"
            for name in route.split("/")
            if name.startswith("{")
        )
        body = dict(BODY)
        if route.endswith("chmod"):
            body["files"] = [{"file": "a", "mode": "755"}]
        if route.endswith("rename"):
            body["files"] = [{"from": "a", "to": "b"}]
        content = "text" if route.endswith("files/write") else body
        try:
            await CALLS[method, route](self.client(), ids, QUERY, content)
        except PanelError as error:
            return error
        return None

    async def outcome(self, method: str, route: str) -> PanelError | None:
        """How one method ends, in moved time."""
        return await drive(self.clock, asyncio.create_task(self.ended(method, route)))

    async def works(self) -> None:
        """The same connections carry a call again."""
        self.served.answer = lambda _: Said.of(ACCOUNT)
        account = await self.client().account.get_account()
        assert account.username == "alice"


@pytest.fixture
async def trial() -> AsyncIterator[Trial]:
    async with serving() as served:
        made = Trial(served, MovedClock())
        yield made
        await made.network.close()


Answer = Callable[[Heard], Said]
Check = Callable[[str, str, PanelError], None]


def is_read(method: str, route: str) -> bool:
    return method == "GET" or (method, route) in READS_FIRST


def tries_wanted(method: str, route: str) -> int:
    return 3 if (method, route) in SAFE or (method, route) in READS_FIRST else 1


async def each_method(trial: Trial, said: Answer, check: Check, *, repeats: bool) -> None:
    """Hold every method to `check`, count what was sent, and see the client work afterwards."""
    for method, route in CALLS:
        trial.served.answer = said
        trial.served.heard.clear()
        began = trial.clock.monotonic()
        error = await trial.outcome(method, route)
        where = f"{method} {route}"
        assert error is not None, where
        check(method, route, error)
        sent = len(trial.served.heard)
        assert sent == (tries_wanted(method, route) if repeats else 1), where
        limit = 930.0 if route.endswith("compress") else 31.0
        assert trial.clock.monotonic() - began <= limit, where
    await trial.works()


def exactly(kind: type[PanelError], maybe_done: bool | None = None) -> Check:
    def check(method: str, route: str, error: PanelError) -> None:
        where = f"{method} {route}: {error!r}"
        assert type(error) is kind, where
        wanted = maybe_done if maybe_done is not None else not is_read(method, route)
        assert error.maybe_done == wanted, where
        assert KEY not in str(error)

    return check


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_gateway_page_is_panel_down_and_only_safe_calls_are_repeated(
    trial: Trial, status: int
) -> None:
    await each_method(trial, lambda _: Said.page(status), exactly(PanelDown), repeats=True)


async def test_refused_connection_is_panel_down_and_nothing_was_done(trial: Trial) -> None:
    await trial.served.stop()
    for method, route in CALLS:
        error = await trial.outcome(method, route)
        assert error is not None
        exactly(PanelDown, maybe_done=False)(method, route, error)
    await trial.served.start()
    await trial.works()


@pytest.mark.parametrize("after_bytes", [0, 10, 80])
async def test_connection_reset_on_the_way_is_panel_down(trial: Trial, after_bytes: int) -> None:
    said = Said.of(ACCOUNT)
    said.resets_after = after_bytes
    await each_method(trial, lambda _: said, exactly(PanelDown), repeats=True)


async def test_body_that_ends_early_is_panel_down(trial: Trial) -> None:
    raw = len(Said.of(ACCOUNT).raw())
    said = Said.of(ACCOUNT)
    said.resets_after = raw - 20
    await each_method(trial, lambda _: said, exactly(PanelDown), repeats=True)


@pytest.mark.parametrize("how", ["hangs", "drips"])
async def test_silent_panel_is_given_up_within_the_limit(trial: Trial, how: str) -> None:
    said = Said.of(ACCOUNT)
    setattr(said, how, True)
    trial.served.answer = lambda _: said
    tasks = {call: asyncio.create_task(trial.ended(*call)) for call in CALLS}
    while len(trial.served.heard) < len(CALLS):
        await asyncio.sleep(0)
    for _ in range(50):  # what drips is on its way
        await asyncio.sleep(0)
    await trial.clock.advance(31)
    slow = {call for call, task in tasks.items() if not task.done()}
    assert slow == {
        ("POST", "servers/{server}/files/compress"),
        ("POST", "servers/{server}/files/decompress"),
    }
    await trial.clock.advance(900)
    assert all(task.done() for task in tasks.values())
    for (method, route), task in tasks.items():
        error = task.result()
        assert error is not None
        exactly(PanelDown)(method, route, error)
    assert len(trial.served.heard) == len(CALLS)
    await trial.works()


async def test_page_with_200_is_not_the_panel(trial: Trial) -> None:
    await each_method(trial, lambda _: Said.page(200), exactly(NotThePanel), repeats=False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirect_is_not_followed(trial: Trial, status: int) -> None:
    said = Said(status, b"", {"Location": f"{trial.served.url}/elsewhere"})
    await each_method(trial, lambda _: said, exactly(NotThePanel, maybe_done=False), repeats=False)
    assert all(heard.path != "/elsewhere" for heard in trial.served.heard)


@pytest.mark.parametrize(
    "body",
    [b'{"object": "list", "da', b'{"attributes": {"id": "two"}, "data": 7}', b"[]", b"{}"],
    ids=["truncated", "wrong types", "list", "empty"],
)
async def test_json_of_another_shape_is_a_bug_of_the_panel(trial: Trial, body: bytes) -> None:
    said = Said(200, body, {"Content-Type": "application/json"})
    for method, route in CALLS:
        trial.served.answer = lambda _: said
        error = await trial.outcome(method, route)
        if error is None:
            continue  # it wants no answer, or a file may hold anything
        exactly(PanelBug)(method, route, error)
        assert isinstance(error, PanelBug)
        assert error.reason is Reason.UNDECODABLE
    await trial.works()


REFUSALS: list[tuple[int, str, type[PanelError], bool | None]] = [
    (400, "BadRequestHttpException", Declined, False),
    (401, "AuthenticationException", KeyRejected, False),
    (403, "AccessDeniedHttpException", NotAllowed, False),
    (404, "NotFoundHttpException", NotFound, False),
    (409, "ServerStateConflictException", Conflict, False),
    (422, "ValidationException", Invalid, False),
    (500, "QueryException", PanelBug, None),
    (404, "DaemonConnectionException", NodeFailed, False),
    (409, "DaemonConnectionException", NodeFailed, False),
    (500, "DaemonConnectionException", NodeFailed, None),
    (418, "TeapotException", PanelBug, False),
]


@pytest.mark.parametrize(("status", "code", "kind", "maybe_done"), REFUSALS)
async def test_refusal_of_the_panel_is_raised_at_once(
    trial: Trial, status: int, code: str, kind: type[PanelError], maybe_done: bool | None
) -> None:
    said = Said.error(status, code, "This action is unauthorized.")
    await each_method(trial, lambda _: said, exactly(kind, maybe_done), repeats=False)


@pytest.mark.parametrize("status", [502, 504])
async def test_node_that_is_away_is_asked_again_where_that_is_safe(
    trial: Trial, status: int
) -> None:
    said = Said.error(status, "DaemonConnectionException", "Could not establish a connection")
    await each_method(trial, lambda _: said, exactly(NodeFailed), repeats=True)


async def test_maintenance_tells_when_and_that_nothing_was_done(trial: Trial) -> None:
    said = Said.error(503, "HttpException", "Service Unavailable", Retry_After="60")

    def check(method: str, route: str, error: PanelError) -> None:
        exactly(PanelDown, maybe_done=False)(method, route, error)
        assert isinstance(error, PanelDown)
        assert error.is_maintenance
        assert error.retry_after == 60.0

    # so long a wait is the caller's to decide
    await each_method(trial, lambda _: said, check, repeats=False)


async def test_command_to_a_stopped_server_is_server_offline(trial: Trial) -> None:
    detail = "Server must be online in order to send commands."
    trial.served.answer = lambda _: Said.error(502, "HttpException", detail)
    error = await trial.outcome("POST", "servers/{server}/command")
    assert isinstance(error, ServerOffline)
    assert error.maybe_done
    await trial.works()


async def test_429_is_waited_out_a_few_times_and_then_raised(trial: Trial) -> None:
    said = Said.error(429, "ThrottleRequestsException", "Too Many Attempts.", Retry_After="43")
    trial.served.answer = lambda _: said
    began = trial.clock.monotonic()
    calls = list(CALLS)

    async def all_ended() -> list[PanelError | None]:
        return await asyncio.gather(*(trial.ended(*call) for call in calls))

    errors = await drive(trial.clock, asyncio.create_task(all_ended()))

    for (method, route), error in zip(calls, errors, strict=True):
        assert error is not None
        exactly(Limited, maybe_done=False)(method, route, error)
        assert isinstance(error, Limited)
        assert (error.retry_after, error.budget) == (43.0, "client")
    assert len(trial.served.heard) == 3 * len(calls)
    assert trial.clock.monotonic() - began <= 2 * 43 + 2
    await trial.works()


async def test_call_refused_with_429_is_carried_out_after_the_wait(trial: Trial) -> None:
    client = trial.client()
    began = trial.clock.monotonic()

    def answer(_: Heard) -> Said:
        if len(trial.served.heard) == 1:
            return Said.error(429, "ThrottleRequestsException", Retry_After="12")
        return Said(204)

    trial.served.answer = answer
    task = asyncio.create_task(client.servers.send_power_action(SERVER, "restart"))
    await drive(trial.clock, task)
    assert len(trial.served.heard) == 2
    assert 12 <= trial.clock.monotonic() - began < 13


async def test_small_budget_of_a_route_is_told_at_once_and_held_for_this_route_alone(
    trial: Trial,
) -> None:
    client = trial.client()
    throttled = Said.error(429, "TooManyRequestsHttpException", "Only 2", Retry_After="599")
    trial.served.answer = lambda heard: throttled if heard.method == "POST" else Said.of(ACCOUNT)
    with pytest.raises(Limited) as first:
        await client.servers.backups.create_backup(SERVER)
    assert first.value.retry_after == 599.0
    assert first.value.budget == "POST servers/{server}/backups"
    with pytest.raises(Limited):
        await client.servers.backups.create_backup(SERVER)
    assert len(trial.served.heard) == 1  # the second was not even sent
    await client.account.get_account()
    with pytest.raises(Limited):
        await client.servers.backups.create_backup("5e5ce2eb")
    assert len(trial.served.heard) == 3  # another server has a budget of its own
    await trial.clock.advance(600)
    trial.served.answer = lambda _: Said(404, b"")
    with pytest.raises(PanelError):
        await client.servers.backups.create_backup(SERVER)
    assert len(trial.served.heard) == 4


async def test_repeated_safe_call_succeeds_when_the_panel_is_back(trial: Trial) -> None:
    client = trial.client()
    answers = [Said.page(503), Said.page(502), Said.of(ACCOUNT)]
    trial.served.answer = lambda _: answers[len(trial.served.heard) - 1]
    account = await drive(trial.clock, asyncio.create_task(client.account.get_account()))
    assert account.username == "alice"


async def test_background_calls_are_not_repeated(trial: Trial) -> None:
    trial.served.answer = lambda _: Said.page(503)
    with pytest.raises(PanelDown):
        await trial.client().background.account.get_account()
    assert len(trial.served.heard) == 1


async def test_earlier_try_that_may_have_been_done_is_not_forgotten(trial: Trial) -> None:
    answers = [Said.page(504), Said.error(400, "BadRequestHttpException")]
    trial.served.answer = lambda _: answers[len(trial.served.heard) - 1]
    renaming = trial.client().servers.settings.rename_server(SERVER, "x")
    with pytest.raises(Declined) as refused:
        await drive(trial.clock, asyncio.create_task(renaming))
    assert refused.value.maybe_done


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_body_over_the_cap_is_not_read(method: str) -> None:
    clock = MovedClock()
    network = Network(AddressGuard.open(), clock=clock, body_cap_bytes=10_000)
    async with serving() as served:
        client = Client(served.url, KEY, network=network, clock=clock)
        big = Said.of({"data": ["x" * 20_000]})
        served.answer = lambda _: big
        read, change = client.account.get_account, client.servers.network.assign_allocation
        with pytest.raises(PanelBug) as refused:
            await (read() if method == "GET" else change(SERVER))
        assert refused.value.reason is Reason.TOO_LARGE
        assert refused.value.maybe_done == (method == "POST")
        served.answer = lambda _: Said.of(ACCOUNT)
        assert (await client.account.get_account()).id == 2
    await network.close()


async def test_huge_error_page_is_read_to_the_cap_alone(trial: Trial) -> None:
    trial.network.body_cap_bytes = 1000
    page = Said(500, b"<html>" + b"x" * 200_000, {"Content-Type": "text/html"})
    trial.served.answer = lambda _: page
    with pytest.raises(PanelBug) as refused:
        await trial.client().account.get_account()
    assert len(str(refused.value)) < 300


async def test_deeply_nested_json_breaks_nothing(trial: Trial) -> None:
    nested = b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    trial.served.answer = lambda _: Said(200, nested, {"Content-Type": "application/json"})
    with pytest.raises(PanelBug):
        await trial.client().account.get_account()
    activity = b'{"data":[{"attributes":{"properties":' + b"[" * 50_000 + b"]" * 50_000 + b"}}]}"
    trial.served.answer = lambda _: Said(200, activity, {"Content-Type": "application/json"})
    with pytest.raises(PanelBug):
        await trial.client().account.list_activity()
    await trial.works()


async def test_cancelled_call_gives_its_place_back(trial: Trial) -> None:
    budgets = Budgets(trial.clock)
    client = trial.client(budgets)
    trial.served.answer = lambda _: Said(200, hangs=True)
    tasks = [asyncio.create_task(client.account.get_account()) for _ in range(10)]
    while len(trial.served.heard) < 10:
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    trial.served.answer = lambda _: Said.of(ACCOUNT)
    assert (await client.account.get_account()).id == 2
