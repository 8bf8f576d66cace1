"""/database: list, create, reveal, rotate, delete."""

import re
from typing import Annotated, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import any_covers, normal
from bot.posts.messages import Message
from bot.pterodactyl.models import Database
from bot.texts import _
from bot.ui import databases as looks
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.text import bold, code
from bot.ui.text import name as shown
from cogs.parts import Parts
from cogs.power import SERVER

DatabaseOption = Annotated[str, NamedChoices("database", looks.load_databases)]
DATABASE = "Which database"
VIEW: Final = "database.view_password"
_NAME: Final = re.compile(r"[\w-]{3,48}")
_REMOTE: Final = re.compile(r"[A-Za-z0-9_\-/.%:]+")


class DatabaseCog(commands.Cog):
    """Databases of a server."""

    database = group("database", "A server's databases", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        database,
        name="list",
        right="database.read",
        on_server=True,
        description="A server's databases, and room for more",
    )
    @app_commands.describe(server=SERVER)
    async def list_databases(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._page(decided(interaction), 0)

    @command(
        database,
        right="database.create",
        on_server=True,
        description="Make a database; you alone see how to connect",
    )
    @app_commands.describe(
        server=SERVER,
        name="3 to 48 letters, digits, _ or -; the panel puts its own prefix before it",
        remote="From which address it may be used; % is everywhere",
    )
    async def create(
        self,
        interaction: discord.Interaction,
        name: app_commands.Range[str, 1, 100],
        server: ServerOption | None = None,  # noqa: ARG002
        remote: app_commands.Range[str, 1, 191] = "%",
    ) -> Message:
        return await self._create(decided(interaction), name.strip(), remote.strip())

    @command(
        database,
        right=VIEW,
        on_server=True,
        description="Password and connection string, for you alone and for ten minutes",
    )
    @app_commands.describe(database=DATABASE, server=SERVER)
    async def reveal(
        self,
        interaction: discord.Interaction,
        database: DatabaseOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        revealed = await self._parts.databases.reveal(admitted)
        found = looks.find_database(revealed, database, admitted.server, whole=False)
        head = _("How to connect to {database}:", database=code(found.name, 60))
        return looks.access_message(head, found)

    @command(
        database,
        right="database.update",
        on_server=True,
        description="Give a database a new password; the old one ends at once",
    )
    @app_commands.describe(database=DATABASE, server=SERVER)
    async def rotate(
        self,
        interaction: discord.Interaction,
        database: DatabaseOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return await self._ask_rotate(admitted, await self._find(admitted, database))

    @command(
        database,
        right="database.delete",
        on_server=True,
        description="Delete a database with all its data",
    )
    @app_commands.describe(database=DATABASE, server=SERVER)
    async def delete(
        self,
        interaction: discord.Interaction,
        database: DatabaseOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._find(admitted, database)
        text = _(
            "Deleting {database} of {server} drops it with every table and row in it. No backup of "
            "the server holds them. What uses it stops working at once.",
            database=code(found.name, 60),
            server=self._bold(admitted),
        )
        return await self._parts.confirmations.ask(
            admitted,
            "database-delete-now",
            text,
            label=_("Delete"),
            payload={"database": str(found.id)},
        )

    @component(
        "database-page", right="database.read", on_server=True, ack=Ack.UPDATE, name="database list"
    )
    async def leaf(self, press: Press) -> Message:
        return await self._page(press.admitted, page_number(press.args[1]))

    @component(
        "database-rotate-now",
        right="database.update",
        on_server=True,
        ack=Ack.UPDATE,
        name="database rotate",
    )
    async def rotate_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "database-rotate-now")
        admitted = press.admitted
        rotated = await self._parts.databases.rotate(admitted, str(asked.payload["database"]))
        head = _(
            "{database} has a new password. Put it wherever the old one stood.",
            database=code(rotated.name, 60),
        )
        return self._access(admitted, head, rotated)

    @component(
        "database-delete-now",
        right="database.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="database delete",
    )
    async def delete_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "database-delete-now")
        admitted = press.admitted
        found = await self._find(admitted, str(asked.payload["database"]))
        waits = await self._parts.consents.instead(
            press.interaction,
            admitted,
            "database-delete",
            {"database": str(found.id)},
            what=lambda: _(
                "delete the database {database} of {server}",
                database=code(found.name, 60),
                server=self._bold(admitted),
            ),
        )
        if waits is not None:
            return waits
        await self._parts.databases.delete(admitted, found)
        return Message(_("{database} is deleted.", database=code(found.name, 60)))

    async def _page(self, admitted: Admitted, page: int) -> Message:
        server = admitted.server
        found = await self._parts.databases.list_databases(admitted)
        limit = await self._parts.databases.limit(admitted)
        self._parts.shelf.put(server, "database", looks.entries(found))
        title = _("Databases of {server}", server=shown(self._parts.directory.label(server)))
        return page_of(
            f"{title}\n-# {looks.room_words(len(found), limit)}",
            [looks.line(one) for one in found],
            page,
            verb="database-page",
            server_id=server.id,
            empty=_("None yet. `/database create` makes the first one."),
        )

    async def _create(self, admitted: Admitted, name: str, remote: str) -> Message:
        """Tell what the panel would refuse before it is asked."""
        _check_name(name)
        _check_remote(remote)
        limit = await self._parts.databases.limit(admitted)
        if limit is not None:
            used = len(await self._parts.databases.list_databases(admitted))
            if used >= limit:
                raise Unfit(
                    _(
                        "{server} may have {limit} databases and has {used}. Nothing was made. "
                        "`/database delete` makes room; who runs the panel can allow more.",
                        server=self._bold(admitted),
                        limit=limit,
                        used=used,
                    )
                )
        made = await self._parts.databases.create(admitted, name, remote)
        head = _("The database {database} is made.", database=code(made.name, 60))
        return self._access(admitted, head, made)

    def _access(self, admitted: Admitted, head: str, database: Database) -> Message:
        """How to connect, with the password for who may see it."""
        if self._parts.gate.may(admitted, VIEW):
            return looks.access_message(head, database)
        rest = _(
            "You may not see its password. Who holds the right {right} can, with `/database "
            "reveal`.",
            right=code(VIEW),
        )
        return Message(f"{head}\n{rest}")

    async def _ask_rotate(self, admitted: Admitted, found: Database) -> Message:
        text = _(
            "A new password for {database} ends the old one at once: every plugin, site or program "
            "that uses it as {user} fails until the new one is put into its configuration. Have "
            "the files at hand first.",
            database=code(found.name, 60),
            user=code(found.username, 40),
        )
        rights = frozenset(normal(right) for right in admitted.server.key_rights)
        if not any_covers(rights, VIEW):
            text += "\n" + _(
                "**The connected account may not see passwords, so nobody here would learn the new "
                "one**: it could be read on the panel only."
            )
        elif not self._parts.gate.may(admitted, VIEW):
            text += "\n" + _(
                "You may not see passwords here: somebody with {right} has to tell you the new "
                "one.",
                right=code(VIEW),
            )
        return await self._parts.confirmations.ask(
            admitted,
            "database-rotate-now",
            text,
            label=_("Rotate"),
            payload={"database": str(found.id)},
        )

    async def _find(self, admitted: Admitted, text: str) -> Database:
        server = admitted.server
        found = await self._parts.databases.list_databases(admitted)
        self._parts.shelf.put(server, "database", looks.entries(found))
        return looks.find_database(found, text, server, whole=True)

    def _bold(self, admitted: Admitted) -> str:
        return bold(self._parts.directory.label(admitted.server))


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Unfit(
            _(
                "{name} doesn't do: a database's name has 3 to 48 letters, digits, `_` or `-`.",
                name=code(name, 60),
            )
        )


def _check_remote(remote: str) -> None:
    if not _REMOTE.fullmatch(remote):
        raise Unfit(
            _(
                "{remote} is no address to connect from. `%` is everywhere, `10.0.0.%` a part of a "
                "network.",
                remote=code(remote, 60),
            )
        )
