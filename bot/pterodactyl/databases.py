"""Databases of a server."""

from collections.abc import Iterable
from typing import Final

from bot.pterodactyl.activity import with_includes
from bot.pterodactyl.http import PanelHttp, Query
from bot.pterodactyl.models import Database
from bot.pterodactyl.models.envelope import Item, Listing, decoder

_LIST: Final = decoder(Listing[Database])
_ONE: Final = decoder(Item[Database])


class Databases:
    """`client.servers.databases`. A `database_id` is the short, case-sensitive `Database.id`."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_databases(
        self,
        server_id: str,
        include_passwords: bool = False,
        includes: Iterable[str] = (),
        params: Query | None = None,
    ) -> list[Database]:
        """List the databases; there are no pages (contract: databases.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            include_passwords: Left out all the same without `database.view_password`.
            includes: `password` is the only one.
            params: Sent along; the panel reads none.

        Raises:
            NotAllowed: `database.read` is missing.
        """
        wanted = [includes] if isinstance(includes, str) else list(includes)
        if include_passwords and "password" not in wanted:
            wanted.append("password")
        query = with_includes(params, wanted)
        found = await self._http.fetch(
            _LIST, "GET", "servers", server_id, "databases", params=query
        )
        return found.unwrapped()

    async def create_database(self, server_id: str, name: str, remote: str = "%") -> Database:
        """Make a database; the answer holds its password (contract: databases.md).

        Args:
            server_id: Identifier or uuid.
            name: 3 to 48 letters, digits, `_` or `-`; the panel puts `s<id>_` before it and cuts.
            remote: From where it may be used; `%` is everywhere.

        Raises:
            Declined: LIMIT_REACHED, DUPLICATE, NO_DATABASE_HOST.
            Invalid: `database` (the name) or `remote`.
            PanelBug: With reason FEATURE_OFF the panel has them switched off; else its host.
            PanelDown: With `maybe_done` list, don't repeat.
        """
        body = {"database": name, "remote": remote}
        made = await self._http.fetch(_ONE, "POST", "servers", server_id, "databases", body=body)
        return made.attributes

    async def rotate_database_password(self, server_id: str, database_id: str | int) -> Database:
        """Give a database a new password; the old one ends at once (contract: databases.md).

        Without `database.view_password` the answer holds none: it is changed and nobody told.

        Raises:
            NotAllowed: `database.update` is missing.
            NotFound: Unknown, or of another server.
            PanelDown: With `maybe_done` list with passwords to see.
        """
        made = await self._http.fetch(
            _ONE, "POST", "servers", server_id, "databases", database_id, "rotate-password"
        )
        return made.attributes

    async def delete_database(self, server_id: str, database_id: str | int) -> None:
        """Delete a database with all its data (contract: databases.md).

        Raises:
            NotFound: Unknown, deleted already, or of another server.
            PanelBug: Its host is away; it stays.
        """
        await self._http.send("DELETE", "servers", server_id, "databases", database_id)
