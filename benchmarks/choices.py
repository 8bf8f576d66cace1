"""How long an autocomplete of servers takes in a guild with a thousand of them."""

import base64
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from benchmarks.decision import GRANTS, NOW, ROLES
from benchmarks.measure import Row, rounds, shown
from bot.access.facts import Action, Actor
from bot.access.gate import Gate
from bot.access.rules import Rule, Rulebook
from bot.clock import SYSTEM
from bot.fleet.directory import Directory, Server
from bot.fleet.links import Links
from bot.fleet.panels import Panels
from bot.pterodactyl import AddressGuard, Budgets, Network
from bot.secret import Secret
from bot.store.engine import Database
from bot.store.vault import Vault
from bot.supervisor import Supervisor
from bot.ui.options import server_choices

GUILD: Final = 1
SERVERS: Final = 1000
TYPED: Final = ("", "s", "server 99", "nothing")
KEY: Final = base64.b64encode(bytes(32)).decode()
ACTION: Final = Action("power restart", "control.restart", on_server=True)


async def measure() -> list[Row]:
    """The row of the choices."""
    with tempfile.TemporaryDirectory() as folder:
        async with _gate(Path(folder)) as (gate, directory):
            directory.replace_panel(GUILD, "p", [_server(number) for number in range(SERVERS)])
            gate.rules_changed(GUILD, _book())
            mia = Actor(10_000, "Mia", frozenset(range(100, 105)))

            async def run() -> None:
                for text in TYPED:
                    usable = gate.usable(GUILD, mia, ACTION)
                    if len(usable) != SERVERS:
                        raise ValueError("she may restart them all")
                    server_choices(directory, usable, text)

            taken = await rounds({"choices": run})
    seconds = taken.median("choices") / len(TYPED)
    return [
        Row(
            "autocomplete_ms",
            seconds * 1000,
            "ms",
            f"{SERVERS} servers, {GRANTS} grants, each decided: ≤ 50",
            {"one list of choices": shown(seconds)},
        )
    ]


@asynccontextmanager
async def _gate(folder: Path) -> AsyncIterator[tuple[Gate, Directory]]:
    directory, supervisor = Directory(), Supervisor(SYSTEM)
    database = await Database.open(folder / "roost.db", clock=SYSTEM)
    vault = await Vault.open(database, key=Secret(KEY), clock=SYSTEM)
    network = Network(AddressGuard((), allow_http=False), clock=SYSTEM)
    panels = Panels(
        database=database,
        vault=vault,
        network=network,
        budgets=Budgets(SYSTEM),
        directory=directory,
        supervisor=supervisor,
        clock=SYSTEM,
        panels_per_guild=1,
        servers_per_panel=SERVERS,
    )
    links = Links(database=database, vault=vault, panels=panels, clock=SYSTEM)
    try:
        yield Gate(directory, links, SYSTEM), directory
    finally:
        await supervisor.close()
        await network.close()
        await database.close()


def _server(number: int) -> Server:
    return Server(
        id=f"s{number}",
        guild_id=GUILD,
        panel_id="p",
        panel_name="Nova",
        identifier=f"{number:08x}",
        uuid=f"{number:08x}-0000-4000-8000-000000000000",
        name=f"Server {number}",
        key_rights=frozenset({"*"}),
    )


def _book() -> Rulebook:
    """A grant on every second server, and one on all that is found last."""
    rules = [_grant(f"{n}", 100 + n % ROLES, f"s{2 * n}") for n in range(GRANTS - 1)]
    return Rulebook([*rules, _grant("last", 104, None)])


def _grant(rule_id: str, role_id: int, server_id: str | None) -> Rule:
    return Rule(
        id=rule_id,
        kind="role",
        subject_id=role_id,
        right="control.*",
        scope_id=server_id,
        denies=False,
        made_by=1,
        made_at=NOW,
    )
