"""What every test may use, and what is checked after every test.

One event loop and one Wirecord serve a whole module, with a guild per test. After each test there
must be nothing in the log that doesn't belong there, nothing that Discord would have refused, and
no task left over; when the bot of a module has ended, no secret in what it wrote to the disk.
Warnings are errors.
"""

import asyncio
import inspect
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import pytest_asyncio

from bot.app import App
from bot.clock import SYSTEM, Clock
from bot.config import Config
from demo.panel import SimPanel, demo_world
from tests.logs import LogWatch, Secrets, watch_logs
from tests.running import running
from tests.wirecord import Spec, Wire
from tests.world import MASTER_KEY, World, config

# what is drawn is the same in every run: a find belongs into a test of its own
hypothesis.settings.register_profile("roost", derandomize=True, database=None)
hypothesis.settings.load_profile("roost")

ROOT = Path(__file__).resolve().parent.parent
OPENAPI = ROOT.parent / "shared" / "discord" / "openapi.json"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
TASKS_END_WITHIN = 1.0  # seconds
MEMORY = Path("/dev/shm")
MEMORY_BYTES = 2 << 30


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--recordings",
        type=Path,
        default=ROOT / "tests" / "recordings",
        metavar="DIR",
        help="recorded answers of a panel and a node: a folder with panel/ and wings/ inside",
    )
    parser.addoption(
        "--openapi",
        type=Path,
        default=Path(os.environ.get("DISCORD_OPENAPI", OPENAPI)),
        metavar="FILE",
        help="Discord's OpenAPI description, to hold what the bot sends to it",
    )


def pytest_configure() -> None:
    """Keep the tests' databases in memory where there is room: each commit waits for its disk."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > MEMORY_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    has_spec, has_browser = _spec_file(config) is not None, _browser() is not None
    for item in items:
        if not has_spec and item.get_closest_marker("spec"):
            item.add_marker(pytest.mark.skip(reason="no OpenAPI description of Discord"))
        if not has_browser and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="no Chromium"))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if _spec_file(config) is None:
        terminalreporter.write_line(
            "NOT CHECKED: there is no OpenAPI description of Discord (--openapi FILE),"
            " so what the bot sends was held to the known limits alone.",
            yellow=True,
        )
    if _browser() is None:
        terminalreporter.write_line(
            "NOT CHECKED: there is no Chromium, so nothing was tried in a browser.", yellow=True
        )


def _spec_file(config: pytest.Config) -> Path | None:
    path: Path = config.getoption("--openapi")
    return path if path.is_file() else None


def _browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def recordings(request: pytest.FixtureRequest) -> Path:
    """The folder of the recorded answers, `panel/` and `wings/` inside."""
    folder: Path = request.config.getoption("--recordings")
    return folder.resolve()


@pytest.fixture(scope="session")
def spec(request: pytest.FixtureRequest) -> Spec:
    """Discord's description of its API; false where it isn't there."""
    path = _spec_file(request.config)
    return Spec.load(path) if path else Spec.absent()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser, for tests marked `browser`."""
    found = _browser()
    if found is None:
        pytest.skip("no Chromium")
    return found


# the log


@pytest.fixture(scope="session")
def log_watch() -> LogWatch:
    return watch_logs()


@pytest.fixture(scope="session")
def secrets() -> Secrets:
    """Add to it whatever must never appear in a log; `found_in` searches other texts."""
    return Secrets()


@pytest.fixture
def expected_errors() -> Callable[[str], None]:
    """Call it with a regular expression for each ERROR line that the test means to cause."""
    return _Expected()


class _Expected:
    def __init__(self) -> None:
        self.patterns: list[str] = []

    def __call__(self, pattern: str) -> None:
        self.patterns.append(pattern)


@pytest.fixture(autouse=True)
def clean_log(log_watch: LogWatch, secrets: Secrets, expected_errors: _Expected) -> Iterator[None]:
    """Fail a test with an error in its log that it didn't expect, or with a secret."""
    log_watch.listen()
    yield
    wrong = log_watch.take().complaints(secrets, expected_errors.patterns)
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# tasks


@pytest.fixture(autouse=True)
def no_task_left(request: pytest.FixtureRequest) -> None:
    """Fail a test that leaves tasks behind; those of a bot are looked at when its module ends."""
    is_async = inspect.iscoroutinefunction(getattr(request.node, "obj", None))
    if is_async and "wire" not in request.fixturenames:
        request.getfixturevalue("tasks_of_a_test")


@pytest.fixture
async def tasks_of_a_test() -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    await _check_ended(before)


async def _check_ended(before: set[asyncio.Task[object]]) -> None:
    current = asyncio.current_task()
    left = {task for task in asyncio.all_tasks() - before if task is not current}
    for task in [task for task in left if "BaseView.__timeout_task" in repr(task.get_coro())]:
        task.cancel()  # a discord.py client doesn't stop the clocks of its views
    if left:
        _, left = await asyncio.wait(left, timeout=TASKS_END_WITHIN)
    if left:
        names = "\n".join(repr(task) for task in left)
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=TASKS_END_WITHIN)
        pytest.fail(f"tasks that nobody ended:\n{names}", pytrace=False)


# Discord


@pytest_asyncio.fixture(scope="module")
async def wire(spec: Spec, secrets: Secrets, log_watch: LogWatch) -> AsyncIterator[Wire]:
    """Discord for the tests of one module; discord.py in this process points there."""
    before = asyncio.all_tasks()
    async with Wire(spec=spec) as wire:
        wire.attach()
        secrets.add(wire.token)
        yield wire
    await _check_ended(before)
    wrong = log_watch.take().complaints(secrets, ())
    if wrong:
        pytest.fail("\n".join(["when the bot stopped:", *wrong]), pytrace=False)


@pytest.fixture(autouse=True)
def nothing_refused(
    request: pytest.FixtureRequest, secrets: Secrets, clean_log: None
) -> Iterator[None]:
    """Fail a test in which the bot sent what Discord would refuse or Wirecord doesn't know."""
    if "wire" not in request.fixturenames:
        yield
        return
    wire: Wire = request.getfixturevalue("wire")
    yield
    secrets.add(*wire.secrets())
    wrong = [f"Discord would refuse: {violation}" for violation in wire.violations]
    wrong += [f"Wirecord doesn't know: {route}" for route in wire.unsupported]
    wire.violations.clear()
    wire.unsupported.clear()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


# the bot


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The time of bot and panel; a module that moves it overrides this with a MovedClock."""
    return SYSTEM


@pytest.fixture(scope="module")
def set_up() -> Callable[[Config], Config]:
    """What a module changes in the bot's settings; one that changes something overrides this."""
    return lambda settings: settings


@pytest_asyncio.fixture(scope="module")
async def app(
    wire: Wire,
    clock: Clock,
    set_up: Callable[[Config], Config],
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[App]:
    """The bot, running on Wirecord for the tests of one module."""
    secrets.add(MASTER_KEY)
    folder = tmp_path_factory.mktemp("bot")
    settings = set_up(config(wire, folder))
    async with running(wire, settings, clock) as app:
        yield app
    wrong = secrets.kept_in(folder)
    if wrong:
        pytest.fail("\n".join(["in the clear on the disk:", *wrong]), pytrace=False)


@pytest.fixture
async def panel(clock: Clock, recordings: Path, secrets: Secrets) -> AsyncIterator[SimPanel]:
    """A panel of its own for one test, with the people and servers of `demo_world`."""
    people = demo_world(boot_seconds=0.05, stop_seconds=0.05)
    secrets.add(*(key.text for key in people.keys.values()))
    secrets.add(*(user.password for user in people.users))
    async with SimPanel(people, clock=clock, recordings=recordings) as panel:
        yield panel


@pytest.fixture
async def guild(wire: Wire, app: App) -> AsyncIterator[World]:
    """The bot in a guild of its own for one test, without a panel."""
    world = World(wire, app)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def roost(panel: SimPanel, guild: World) -> World:
    """The bot in a guild of its own, with `panel` connected as alice."""
    await guild.connect(panel)
    return guild
