"""How databases look: lines, and what is needed to connect, behind spoilers."""

from collections.abc import Iterable
from typing import Final

from bot.fleet.directory import Server
from bot.fleet.shelf import Entry
from bot.posts.messages import Message
from bot.pterodactyl import Client
from bot.pterodactyl.models import Database
from bot.texts import _
from bot.ui.named import find_named
from bot.ui.text import bold, code, plain

SHOWN_SECONDS: Final = 600


async def load_databases(client: Client, server: Server) -> list[Entry]:
    """The databases of a server for an option."""
    return entries(await client.servers.databases.list_databases(server.uuid))


def entries(databases: Iterable[Database]) -> list[Entry]:
    """Databases as the shelf keeps them."""
    return [Entry(str(one.id), f"{plain(one.name, 60)} · {_place(one)}"[:100]) for one in databases]


def find_database(
    databases: Iterable[Database], text: str, server: Server, *, whole: bool
) -> Database:
    """The database that an option means.

    Raises:
        Unfit: None, or several.
    """
    return find_named(
        databases,
        text,
        ids=lambda one: (str(one.id),),
        name=lambda one: one.name,
        label=lambda one: code(one.name, 60),
        none=_(
            "{server} has no such database. `/database list` shows them.", server=bold(server.name)
        ),
        whole=whole,
    )


def line(database: Database) -> str:
    """Name first, then where it is and who may use it."""
    return _(
        "{name} at {place}, user {user}, from {remote}",
        name=code(database.name, 60),
        place=code(_place(database), 80),
        user=code(database.username, 40),
        remote=code(database.connections_from, 60),
    )


def room_words(used: int, limit: int | None) -> str:
    """The limit, before it is met; None is none."""
    if limit is None:
        return _("{used} used, no limit.", used=used)
    if not limit:
        return _("The panel gives this server no databases.")
    said = _("{used} of {limit} used.", used=used, limit=limit)
    return f"{said} " + _("Full: delete one to make another.") if used >= limit else said


def access_message(head: str, database: Database) -> Message:
    """Everything to connect with, ready to copy; the secret parts are covered and go away."""
    lines = [head, _("Host: {place}", place=code(_place(database), 80))]
    lines.append(_("Database: {name}", name=code(database.name, 60)))
    lines.append(_("User: {user}", user=code(database.username, 40)))
    password, url = database.password, database.connection_url
    if password is None or url is None:
        lines.append(
            _(
                "The panel didn't tell the password: the connected account may not see it "
                "({right}).",
                right=code("database.view_password"),
            )
        )
        return Message("\n".join(lines))
    lines.append(_("Password: {password}", password=_covered(password.reveal())))
    lines.append(_("Connection string, for most programs:"))
    lines.append(_covered(url.reveal()))
    lines.append(_("The same for Java (plugins):"))
    lines.append(_covered(f"jdbc:{url.reveal()}"))
    lines.append("-# " + _("Only you see this, and it goes away in 10 minutes."))
    return Message("\n".join(lines), fades_seconds=SHOWN_SECONDS)


def _place(database: Database) -> str:
    return f"{database.host.address}:{database.host.port}"


def _covered(text: str) -> str:
    """A spoiler with code in it, every character as it is: a password is no place for cuts."""
    if "``" in text or "\n" in text:
        return "||" + _("(can't be shown here; the panel shows it)") + "||"
    return f"||`` {text} ``||" if "`" in text else f"||`{text}`||"
