"""The examples of docs/client.md run against the simulated panel, and none is missing."""

import ast
import asyncio
import builtins
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

import bot.pterodactyl
from bot.pterodactyl import Backup, Client, Database, Schedule, Subuser
from demo.panel import SimPanel, recorded_world
from docs.client_examples import EXAMPLES
from docs.client_moving import DIFFERENCES
from docs.client_reference import AREAS, methods, path
from tests.clock import MovedClock
from tests.pterodactyl.calls import OWN_RECORDINGS
from tests.pterodactyl.driving import drive

SURVIVAL = "1eab9400-0d8c-4e6d-8e1e-9631c54bb1ce"


def test_every_public_method_has_an_example_and_a_docstring() -> None:
    found = {
        path(where, name): each for where, area in AREAS.items() for name, each in methods(area)
    }
    assert set(EXAMPLES) == set(found)
    assert set(DIFFERENCES) <= set(found)
    for name, member in found.items():
        function = member.fget if isinstance(member, property) else member
        assert inspect.getdoc(function), name
        first = inspect.getdoc(function).splitlines()[0]  # type: ignore[union-attr]
        assert len(first) <= 100, name


def test_every_area_of_a_client_is_documented() -> None:
    async def reached() -> set[str]:
        async with Client("https://panel.example.com", "ptlc_x") as client:
            below = {f"servers.{name}" for name in vars(client.servers) if name[0] != "_"}
            return {name for name in vars(client) if name[0] != "_"} - {"url"} | below

    assert asyncio.run(reached()) == set(AREAS) - {""}


class Stage:
    """What the examples read before: made when one names it."""

    def __init__(self, panel: SimPanel, client: Client, clock: MovedClock, folder: Path) -> None:
        self.panel, self.client, self.clock, self.folder = panel, client, clock, folder

    async def backup(self) -> Backup:
        made = await self.client.servers.backups.create_backup(SURVIVAL, name="first")
        await self.clock.advance(60)
        return await self.client.servers.backups.get_backup_detail(SURVIVAL, made.uuid)

    async def database(self) -> Database:
        return await self.client.servers.databases.create_database(SURVIVAL, "worlds")

    async def allocation(self) -> Any:
        allocations = await self.client.servers.network.list_allocations(SURVIVAL)
        return next(each for each in allocations if not each.is_default)

    async def subuser(self) -> Subuser:
        users = await self.client.servers.users.list_users(SURVIVAL)
        return next(each for each in users if each.username == "bob")

    async def schedule(self) -> Schedule:
        schedules = self.client.servers.schedules
        made = await schedules.create_schedule(SURVIVAL, "Nightly", minute="0", hour="4")
        await schedules.create_task(SURVIVAL, made.id, "command", "say hello")
        return await schedules.get_schedule(SURVIVAL, made.id)

    async def names(self, wanted: set[str]) -> dict[str, object]:
        printed: list[object] = []
        on_disk = self.folder / "on-disk.txt"
        on_disk.write_text("content")
        known: dict[str, object] = {
            name: getattr(bot.pterodactyl, name) for name in bot.pterodactyl.__all__
        }
        known |= {
            "panel": self.client,
            "server": SURVIVAL,
            "url": self.panel.url,
            "key": self.panel.key("alice"),
            "password": "AlicePass1!",
            "folder": self.folder,
            "path": on_disk,
            "print": lambda *values: printed.extend(map(str, values)),
            "keep": printed.append,
            "hand_over": printed.append,
            "draw_qr_code": printed.append,
        }
        for name in ("backup", "database", "allocation", "subuser", "schedule"):
            if name in wanted:
                make: Callable[[], Awaitable[object]] = getattr(self, name)
                known[name] = await make()
        return known


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = MovedClock()
    async with (
        SimPanel(recorded_world(), clock=clock, recordings=OWN_RECORDINGS) as panel,
        Client(panel.url, panel.key("alice"), clock=clock) as client,
    ):
        await client.servers.files.write_file(SURVIVAL, "/notes.txt", "notes")
        await client.servers.send_power_action(SURVIVAL, "start")
        yield Stage(panel, client, clock, tmp_path)


@pytest.mark.parametrize("name", EXAMPLES)
async def test_example_runs_as_it_is_shown(stage: Stage, name: str) -> None:
    code = compile(EXAMPLES[name], name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    used = {node.id for node in ast.walk(ast.parse(EXAMPLES[name])) if isinstance(node, ast.Name)}
    known = await stage.names(used)
    unknown = used - known.keys() - set(dir(builtins)) - set(code.co_varnames) - _stored(name)
    assert unknown == set()

    async def run() -> None:
        await eval(code, known)

    await drive(stage.clock, asyncio.create_task(run()))


def _stored(name: str) -> set[str]:
    nodes = ast.walk(ast.parse(EXAMPLES[name]))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    tree = ast.parse(EXAMPLES[name])
    handlers = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler) and n.name}
    arguments = {n.arg for n in ast.walk(tree) if isinstance(n, ast.arg)}
    return names | handlers | arguments
