"""How players get onto a server: its address to copy, and where to type it."""

from typing import Final

from bot.fleet.directory import Server
from bot.fleet.known import Known, State
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.cards import dot, state_name
from bot.ui.parts import card
from bot.ui.text import block, code, name

_MINECRAFT_PORT: Final = ":25565"


def join_card(server: Server, label: str, known: Known) -> Message:
    """The address ready to copy, and the way into the game where the image tells which it is."""
    title = "## " + _("Join {server}", server=name(label))
    if not server.address:
        said = _(
            "The panel shows no address for it. Who runs the panel gives it an allocation; then "
            "`/server join` knows it."
        )
        return card(f"{title}\n{said}")
    lines = [title, block(_shown(server), 200), _way(server)]
    if known.state not in (State.RUNNING, State.UNKNOWN):
        lines.append(f"{dot(known)} " + _("Just now it is {state}.", state=state_name(known.state)))
    return card("\n".join(lines))


def _shown(server: Server) -> str:
    """As players type it; Minecraft finds its usual port by itself."""
    address = server.address or ""
    return address.removesuffix(_MINECRAFT_PORT) if _game(server) == "minecraft" else address


def _game(server: Server) -> str:
    """The game, as far as the image's name gives it away; most images serve many games."""
    image = server.image.casefold()
    for mark, game in _GAMES.items():
        if mark in image:
            return game
    return ""


_GAMES: Final = {
    "bedrock": "bedrock",
    ":java_": "minecraft",
    "games:rust": "rust",
    "games:source": "source",
    "games:valheim": "valheim",
    "games:ark": "ark",
}


def _way(server: Server) -> str:
    address = code(_shown(server), 120)
    host, _colon, port = (server.address or "").rpartition(":")
    ways = {
        "minecraft": _(
            "Minecraft (Java Edition): **Multiplayer** → **Add Server** → put the address in."
        ),
        "bedrock": _(
            "Minecraft (Bedrock): **Play** → **Servers** → **Add Server**. Address {host}, port "
            "{port}.",
            host=code(host, 100),
            port=code(port, 10),
        ),
        "rust": _(
            "Rust: press F1 in the main menu and type {command}.",
            command=code(f"client.connect {_shown(server)}", 140),
        ),
        "source": _(
            "In the game's console (switch it on in the options) type {command}.",
            command=code(f"connect {_shown(server)}", 140),
        ),
        "valheim": _("Valheim: **Join Game** → **Add Server** → put the address in."),
        "ark": _(
            "ARK: open the console (Tab) in the main menu and type {command}.",
            command=code(f"open {_shown(server)}", 140),
        ),
    }
    return ways.get(
        _game(server),
        _("Type {address} where the game asks for a server's address.", address=address),
    )
