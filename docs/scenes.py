"""The scenes of servers, panels and rights."""

import asyncio
from typing import Any, Final

from demo.panel.eggs import FILES
from docs.scene import Picture, Scene

PATIENT: Final = 180.0  # seconds; a node that went away is asked for a while
SETTLED: Final = 3.0  # seconds; a board is edited at most every two
CONSOLE: Final = (
    "\x1b[32m[12:01:33 INFO]\x1b[0m: Notch[/203.0.113.7:51234] logged in with entity id 312",
    "\x1b[32m[12:01:33 INFO]\x1b[0m: Notch joined the game",
    "\x1b[33m[12:01:40 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[33m[12:01:41 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[33m[12:01:42 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[32m[12:01:50 INFO]\x1b[0m: Notch issued server command: /login hunter2",
    "\x1b[31m[12:01:52 ERROR]\x1b[0m: Could not pass event PlayerLogin to Guard v2.1",
)


async def _setup(ada: Scene) -> None:
    await _begin_anew(ada)
    await ada.slash("setup", "Set Roost up")


async def _setup_roles(ada: Scene) -> None:
    await _begin_anew(ada)
    await _connect(ada)
    await ada.click("Roles …", "Who may do what")
    await ada.select([ada.role("Mods")], "What may", custom_id="r:setup-role")


async def _server(max_: Scene) -> None:
    await max_.slash("server info", "Players", server="Survival")


async def _backups(ada: Scene) -> None:
    await ada.slash("backup create", "is done", server="Survival", name="before the update")
    await ada.slash("backup create", "**nightly** of", server="Survival", name="nightly", lock=True)
    await ada.slash("backup list", "Backups of Survival", server="Survival")


async def _files(ada: Scene) -> None:
    await ada.slash("files read", "motd", server="Survival", path="/server.properties")
    text = str(FILES["minecraft"]["server.properties"])
    text = text.replace("max-players=20", "max-players=40").replace("pvp=true", "pvp=false")
    await ada.fill("Edit …", {"text": text}, "Write this to")


async def _subuser(ada: Scene) -> None:
    await ada.slash("subuser list", "Subusers of", server="Survival")
    await ada.slash("subuser info", "bob", server="Survival", user="bob")


async def _subuser_edit(ada: Scene) -> None:
    await ada.slash("subuser edit", "bob", server="Survival", user="bob")


async def _schedule(ada: Scene) -> None:
    here: dict[str, Any] = {"server": "Survival"}
    await ada.slash("schedule create", "Made.", name="Nightly", when="0 4 * * 1-5", **here)
    warn: dict[str, Any] = {"action": "command", "payload": "say Restart in a minute"}
    await ada.slash("schedule task-add", "Added.", schedule="Nightly", **warn, **here)
    restart: dict[str, Any] = {"action": "power", "payload": "restart", "wait": 60}
    await ada.slash("schedule task-add", "power action", schedule="Nightly", **restart, **here)
    await ada.slash("schedule show", "Nightly", schedule="Nightly", **here)


async def _account(ada: Scene) -> None:
    await _begin_anew(ada)
    await _connect(ada)
    await ada.slash("config", "Account commands", page="members")
    flip = "r:config-flip:account_commands"
    message = await ada.having(flip)
    async with ada.playground.stage.turn():
        await ada.member.click(message, custom_id=flip)
    await ada.sees("): on. For")
    await ada.slash("account two-factor", "authenticator")
    await ada.click("Set up", "Scan this")


async def _mirror(ada: Scene) -> None:
    await ada.slash("mirror create", "The console is heard", server="Lobby")
    # the playground's Discord draws no colours in a block of code, it shows their codes
    await ada.click("Without colours", "With colours")
    for text in CONSOLE:
        ada.playground.panel.world.server("Lobby").line(text)
    await ada.sees("(×3)")


async def _board(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU", times=3)
    await ada.sees("of 20 player", times=3)
    await asyncio.sleep(SETTLED)


async def _board_chart(ada: Scene) -> None:
    await _posted(ada, "Survival", "Lobby", chart="24h")
    await ada.sees("the last 24 hours")
    await asyncio.sleep(SETTLED)


async def _board_crash(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU", times=3)
    lobby = ada.playground.panel.world.server("Lobby")
    lobby.crashes_on_start = True
    lobby.crash(1)
    await ada.sees("**Lobby** ·\u00a0crashed")
    await asyncio.sleep(SETTLED)


async def _board_stale(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU", times=3)
    panel = ada.playground.panel
    panel.world.nodes[0].is_reachable = False
    panel.drop_sockets()
    await ada.sees("last seen running", times=3, within=PATIENT)
    await asyncio.sleep(SETTLED)


async def _incident(ada: Scene) -> None:
    await ada.slash("alerts set", "Alert", event="crash", server="Lobby")
    lobby = ada.playground.panel.world.server("Lobby")
    lobby.crashes_on_start = True
    lobby.crash(137, is_oom=True)
    await ada.sees("the node leaves it off")


async def _usage(max_: Scene) -> None:
    await max_.slash("server usage", "on average", server="Survival", range="24h")


async def _error(mia: Scene) -> None:
    mia.playground.panel.fault("refused")
    await mia.slash("power restart", "doesn't answer", server="Survival")


async def _refusal(mia: Scene) -> None:
    await mia.slash("power restart", "can't use", server="Lobby")
    await mia.click("Why?", "⛔")


async def _begin_anew(ada: Scene) -> None:
    """As after the invite: no panel, no rules."""
    await ada.slash("panel remove", "Removing", panel="Nova")
    await ada.click("Remove", "is disconnected")
    for role, until in (("Mods", "moderator"), ("Members", "player")):
        await ada.slash("access revoke", until, role=ada.role(role))


async def _connect(ada: Scene) -> None:
    """Connect the panel by its form, as Ada."""
    panel = ada.playground.panel
    values = {"name": "Nova", "url": panel.url, "key": panel.key("alice")}
    await ada.submit("panel add", values, "What this key can do")


async def _posted(ada: Scene, *names: str, **options: Any) -> None:
    """Post a board of these servers."""
    await ada.slash("board create", "Which servers", title="Nova", **options)
    directory = ada.playground.app.parts.directory
    found = [s.id for s in directory.all() if s.name in names]
    await ada.select(found, f"{len(names)} servers", custom_id="r:board-pick")
    await ada.click("Post the board", "stays true")


SERVERS: Final = {
    "setup": Picture("Ada", _setup),
    "setup-roles": Picture("Ada", _setup_roles),
    "server": Picture("Max", _server),
    "backups": Picture("Ada", _backups),
    "files": Picture("Ada", _files),
    "subuser": Picture("Ada", _subuser),
    "subuser-edit": Picture("Ada", _subuser_edit),
    "schedule": Picture("Ada", _schedule),
    "account": Picture("Ada", _account),
    "mirror": Picture("Ada", _mirror),
    "board": Picture("Ada", _board),
    "board-chart": Picture("Ada", _board_chart),
    "board-crash": Picture("Ada", _board_crash, shows="last change"),
    "board-stale": Picture("Ada", _board_stale),
    "incident": Picture("Ada", _incident),
    "usage": Picture("Max", _usage),
    "error": Picture("Mia", _error),
    "refusal": Picture("Mia", _refusal),
}
"""By name, what a member sees of servers and an admin of the bot."""
