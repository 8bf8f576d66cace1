"""The same calls with py-dactyl and with our client, each against a simulated panel of its own.

What was sent and what came back is compared; every difference stands in `DIFFERENCES` with its
reason, which is also the table "From Pydactyl to Roost" of docs/client.md. A difference that isn't
there fails, and so does one there that isn't.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError
from pydactyl import AsyncPterodactylClient
from pydactyl.exceptions import PterodactylApiError

from bot.pterodactyl import Client, PanelError, SignedUrl
from demo.panel import SimPanel, recorded_world
from docs.client_moving import DIFFERENCES
from tests.clock import MovedClock
from tests.pterodactyl.calls import MOMENT, OWN_RECORDINGS, as_panel
from tests.pterodactyl.driving import drive

SEED = Path(__file__).parent / "seed.txt"
SURVIVAL = "1eab9400"
CREATIVE = "5e5ce2eb"
PASSWORD = "AlicePass1!"
BOB = "657cbff0-5a50-4ec4-97eb-f0a4a082aaf9"

Step = Callable[[Any, dict[str, Any]], Awaitable[object]]


@dataclass
class Trace:
    """What one method did: the requests it made, and what came of it."""

    sent: list[tuple[object, ...]] = field(default_factory=list)
    result: object = None
    failed: str | None = None


def backup_id(known: dict[str, Any]) -> str:
    return str(known["create_backup"]["attributes"]["uuid"])


def database_id(known: dict[str, Any]) -> str:
    return str(known["create_database"]["attributes"]["id"])


def extra_allocation(known: dict[str, Any]) -> int:
    return int(known["assign_allocation"]["attributes"]["id"])


def key_id(known: dict[str, Any]) -> str:
    return str(known["api_key_create"]["attributes"]["identifier"])


STEPS: dict[str, Step] = {
    "account.get_account": lambda c, k: c.account.get_account(),
    "account.update_email": lambda c, k: c.account.update_email("new@example.com", PASSWORD),
    "account.update_password": lambda c, k: c.account.update_password(
        PASSWORD, "AlicePass2!", "AlicePass2!"
    ),
    "account.get_2fa_setup_code": lambda c, k: c.account.get_2fa_setup_code(),
    "account.enable_2fa": lambda c, k: c.account.enable_2fa("000000"),
    "account.disable_2fa": lambda c, k: c.account.disable_2fa("AlicePass2!"),
    "account.api_key_create": lambda c, k: c.account.api_key_create("made", ["127.0.0.1"]),
    "account.api_key_list": lambda c, k: c.account.api_key_list(),
    "account.api_key_delete": lambda c, k: c.account.api_key_delete(key_id(k)),
    "servers.list_servers": lambda c, k: c.servers.list_servers(("egg",), {"per_page": 5}),
    "servers.get_server": lambda c, k: c.servers.get_server(SURVIVAL, includes=("egg", "subusers")),
    "servers.get_server_utilization": lambda c, k: c.servers.get_server_utilization(SURVIVAL),
    "servers.get_websocket": lambda c, k: c.servers.get_websocket(SURVIVAL),
    "servers.list_permissions": lambda c, k: c.servers.list_permissions(),
    "servers.send_power_action": lambda c, k: c.servers.send_power_action(SURVIVAL, "start"),
    "servers.send_console_command": lambda c, k: c.servers.send_console_command(SURVIVAL, "list"),
    "servers.backups.create_backup": lambda c, k: c.servers.backups.create_backup(SURVIVAL),
    "servers.backups.list_backups": lambda c, k: c.servers.backups.list_backups(SURVIVAL),
    "servers.backups.get_backup_detail": lambda c, k: c.servers.backups.get_backup_detail(
        SURVIVAL, backup_id(k)
    ),
    "servers.backups.get_backup_download": lambda c, k: c.servers.backups.get_backup_download(
        SURVIVAL, backup_id(k)
    ),
    "servers.backups.restore_backup": lambda c, k: c.servers.backups.restore_backup(
        SURVIVAL, backup_id(k)
    ),
    "servers.backups.delete_backup": lambda c, k: c.servers.backups.delete_backup(
        SURVIVAL, backup_id(k)
    ),
    "servers.databases.create_database": lambda c, k: c.servers.databases.create_database(
        CREATIVE, "players"
    ),
    "servers.databases.list_databases": lambda c, k: c.servers.databases.list_databases(
        CREATIVE, include_passwords=True
    ),
    "servers.databases.rotate_database_password": lambda c, k: (
        c.servers.databases.rotate_database_password(CREATIVE, database_id(k))
    ),
    "servers.databases.delete_database": lambda c, k: c.servers.databases.delete_database(
        CREATIVE, database_id(k)
    ),
    "servers.files.write_file": lambda c, k: c.servers.files.write_file(
        CREATIVE, "/notes with blank.txt", "hello\nworld"
    ),
    "servers.files.get_file_contents": lambda c, k: c.servers.files.get_file_contents(
        CREATIVE, "/notes with blank.txt"
    ),
    "servers.files.list_files": lambda c, k: c.servers.files.list_files(CREATIVE, "/"),
    "servers.files.create_folder": lambda c, k: c.servers.files.create_folder(CREATIVE, "dir"),
    "servers.files.rename_file": lambda c, k: c.servers.files.rename_file(
        CREATIVE, "notes with blank.txt", "notes.txt"
    ),
    "servers.files.copy_file": lambda c, k: c.servers.files.copy_file(CREATIVE, "/notes.txt"),
    "servers.files.compress_files": lambda c, k: c.servers.files.compress_files(
        CREATIVE, ["notes.txt"]
    ),
    "servers.files.decompress_file": lambda c, k: c.servers.files.decompress_file(
        CREATIVE, k["compress_files"]["attributes"]["name"]
    ),
    "servers.files.download_file": lambda c, k: c.servers.files.download_file(
        CREATIVE, "/notes.txt"
    ),
    "servers.files.get_upload_file_url": lambda c, k: c.servers.files.get_upload_file_url(CREATIVE),
    "servers.files.delete_files": lambda c, k: c.servers.files.delete_files(
        CREATIVE, ["notes.txt"]
    ),
    "servers.network.assign_allocation": lambda c, k: c.servers.network.assign_allocation(CREATIVE),
    "servers.network.list_allocations": lambda c, k: c.servers.network.list_allocations(CREATIVE),
    "servers.network.set_allocation_note": lambda c, k: c.servers.network.set_allocation_note(
        CREATIVE, extra_allocation(k), "voice"
    ),
    "servers.network.set_primary_allocation": lambda c, k: c.servers.network.set_primary_allocation(
        CREATIVE, 2
    ),
    "servers.network.unassign_allocation": lambda c, k: c.servers.network.unassign_allocation(
        CREATIVE, extra_allocation(k)
    ),
    "servers.settings.rename_server": lambda c, k: c.servers.settings.rename_server(
        CREATIVE, "Creative Two"
    ),
    "servers.startup.list_variables": lambda c, k: c.servers.startup.list_variables(CREATIVE),
    "servers.startup.update_variable": lambda c, k: c.servers.startup.update_variable(
        CREATIVE, "SERVER_JARFILE", "paper.jar"
    ),
    "servers.users.create_user": lambda c, k: c.servers.users.create_user(
        CREATIVE, "bob@example.com", ["control.console"], "bobby"
    ),
    "servers.users.list_users": lambda c, k: c.servers.users.list_users(CREATIVE),
    "servers.users.get_user": lambda c, k: c.servers.users.get_user(CREATIVE, BOB),
    "servers.users.update_user": lambda c, k: c.servers.users.update_user(
        CREATIVE, BOB, ["control.start"]
    ),
    "servers.users.delete_user": lambda c, k: c.servers.users.delete_user(CREATIVE, BOB),
    "servers.settings.reinstall_server": lambda c, k: c.servers.settings.reinstall_server(CREATIVE),
}
"""Every method of the seed, in an order in which each finds what it needs."""


def request(heard: Any, chance: dict[str, str]) -> tuple[object, ...]:
    body = heard.body
    if body and "json" in heard.headers.get("Content-Type", ""):
        body = named(json.loads(body), chance)
    path = "/".join(chance.get(part, part) for part in heard.path.split("/"))
    return heard.method, path, tuple(sorted(heard.query.items())), str(body)


def named(value: Any, chance: dict[str, str]) -> Any:
    """A value without what differs by chance: what the panel made up, and its port."""
    if isinstance(value, dict):
        return {name: named(each, chance) for name, each in value.items()}
    if isinstance(value, list):
        return [named(each, chance) for each in value]
    if isinstance(value, str):
        text = re.sub(r"eyJ[\w.-]+", "JWT", re.sub(r"127\.0\.0\.1:\d{4,5}", "HOST", value))
        if MOMENT.fullmatch(text):
            text = re.sub(r"(Z|\+00:00)$", "", text)
        return chance.get(text, text)
    return chance.get(str(value), value) if not isinstance(value, bool) else value


CHANCE = {
    "create_backup": ("uuid",),
    "list_backups": ("checksum",),
    "get_backup_detail": ("checksum",),
    "create_database": ("id", "username", "password"),
    "rotate_database_password": ("password",),
    "assign_allocation": ("id", "port"),
    "api_key_create": ("identifier", "secret_token"),
    "api_key_list": ("identifier",),
    "get_2fa_setup_code": ("secret", "image_url_data"),
}
"""What the panel makes up by chance, by the method that gives it first."""


def made_up(method: str, value: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    if isinstance(value, dict):
        for name, each in value.items():
            if name in CHANCE.get(method, ()) and not isinstance(each, dict):
                found[str(each)] = f"<{name} of {method}>"
            found |= made_up(method, each)
    elif isinstance(value, list):
        for each in value:
            found |= made_up(method, each)
    return found


async def played(
    make: Callable[[SimPanel], Any], of: Callable[[object], object]
) -> dict[str, Trace]:
    """Play all steps; `make` gives a client, `of` the plain value of a result."""
    clock = MovedClock()
    traces: dict[str, Trace] = {}
    known: dict[str, Any] = {}
    chance: dict[str, str] = {}
    async with (
        SimPanel(recorded_world(), clock=clock, recordings=OWN_RECORDINGS) as panel,
        make(panel) as client,
    ):
        namespace = client.client if isinstance(client, AsyncPterodactylClient) else client
        for name, step in STEPS.items():
            method = name.rpartition(".")[2]
            trace = traces[name] = Trace()
            before = len(panel.requests)
            result: object = None
            try:
                call = asyncio.ensure_future(_awaited(step, namespace, known))
                result = of(await drive(clock, call))
            except (PanelError, PterodactylApiError, ClientError, TypeError) as error:
                trace.failed = type(error).__name__
            known[method] = result
            chance = made_up(method, result) | chance
            trace.result = named(result, chance)
            trace.sent = [request(heard, chance) for heard in panel.requests[before:]]
            await clock.advance(1)
    return traces


async def _awaited(step: Step, namespace: Any, known: dict[str, Any]) -> object:
    return await step(namespace, known)


def theirs_as_json(result: object) -> object:
    """py-dactyl gives decoded JSON, a page object, a bare response, or a text."""
    if hasattr(result, "meta") and hasattr(result, "data"):
        return {"data": result.data, "meta": result.meta}
    return None if hasattr(result, "read") else result


def ours_as_json(result: object) -> object:
    if isinstance(result, SignedUrl):
        return {"attributes": {"url": result.url.reveal()}}
    return result.decode() if isinstance(result, bytes) else as_panel(result)


@pytest.fixture
async def both() -> tuple[dict[str, Trace], dict[str, Trace]]:
    theirs = await played(
        lambda panel: AsyncPterodactylClient(panel.url, panel.key("alice")),
        theirs_as_json,
    )
    ours = await played(lambda panel: Client(panel.url, panel.key("alice")), ours_as_json)
    return theirs, ours


def differences(theirs: Trace, ours: Trace) -> list[str]:
    found = []
    if theirs.sent != ours.sent:
        found.append("sends")
    if theirs.failed or ours.failed:
        if theirs.failed != ours.failed:
            found.append("raises")
    elif missing(theirs.result, ours.result):
        found.append("gives")
    return found


def missing(theirs: Any, ours: Any) -> bool:
    """Whether something of theirs isn't in ours; what only ours has is no difference."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        if "attributes" in ours and not {"attributes", "data"} & theirs.keys():
            ours = ours["attributes"]  # they unwrapped it
        return any(
            name not in ours or missing(value, ours[name])
            for name, value in theirs.items()
            if name not in {"object", "pagination"}
        )
    if isinstance(theirs, list) and isinstance(ours, dict):
        ours = [each["attributes"] for each in ours["data"]]
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) != len(ours) or any(map(missing, theirs, ours))
    return bool(theirs != ours)


async def test_every_difference_to_pydactyl_is_known(
    both: tuple[dict[str, Trace], dict[str, Trace]],
) -> None:
    theirs, ours = both
    seen = {name: found for name in STEPS if (found := differences(theirs[name], ours[name])) != []}
    told = {name: sorted(each.kinds) for name, each in DIFFERENCES.items() if each.kinds}
    for name in sorted(seen.keys() | told.keys()):
        detail = f"{name}: {theirs[name]} | {ours[name]}"
        assert sorted(seen.get(name, [])) == told.get(name, []), detail


def test_every_method_of_the_seed_is_compared() -> None:
    named: Sequence[str] = SEED.read_text().split()
    assert sorted(STEPS) == sorted(named)
    assert set(DIFFERENCES) <= set(named)
