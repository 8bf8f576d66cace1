"""Making databases and new passwords once, and looking where nobody can say whether it happened."""

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.fleet.shelf import Shelf
from bot.pterodactyl.models import Database
from bot.work.looking import done_or_seen

SHELF = "database"


class DatabaseWork:
    """Databases of a server."""

    def __init__(self, acting: Acting, shelf: Shelf) -> None:
        self._acting = acting
        self._shelf = shelf

    async def list_databases(self, admitted: Admitted) -> list[Database]:
        """The databases as the panel has them now, without passwords."""
        server = admitted.server
        return await self._acting.client(admitted).servers.databases.list_databases(server.uuid)

    async def reveal(self, admitted: Admitted) -> list[Database]:
        """The databases with their passwords; who looked is kept in the audit."""
        uuid = admitted.server.uuid
        async with self._acting(admitted) as panel:
            return await panel.servers.databases.list_databases(uuid, include_passwords=True)

    async def limit(self, admitted: Admitted) -> int | None:
        """How many the server may have; None: as many as wanted."""
        client = self._acting.client(admitted)
        view = await client.servers.get_server(admitted.server.uuid)
        return view.feature_limits.databases

    async def create(self, admitted: Admitted, name: str, remote: str) -> Database:
        """Make one database.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        server = admitted.server
        async with self._acting(admitted, detail=name) as panel:
            area = panel.servers.databases
            before = {one.id for one in await area.list_databases(server.uuid)}

            async def look() -> Database | None:
                found = await area.list_databases(server.uuid, include_passwords=True)
                return next((one for one in found if one.id not in before), None)

            made = await done_or_seen(area.create_database(server.uuid, name, remote), look)
        self._shelf.forget(server, SHELF)
        return made

    async def rotate(self, admitted: Admitted, database_id: str) -> Database:
        """Give a database a new password, once.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        server = admitted.server
        async with self._acting(admitted) as panel:
            area = panel.servers.databases

            async def read() -> Database | None:
                found = await area.list_databases(server.uuid, include_passwords=True)
                return next((one for one in found if str(one.id) == database_id), None)

            before = await read()

            async def look() -> Database | None:
                now = await read()
                if now is None or before is None or now.password in (None, before.password):
                    return None
                return now

            return await done_or_seen(area.rotate_database_password(server.uuid, database_id), look)

    async def delete(self, admitted: Admitted, database: Database) -> None:
        """Delete a database with all its data.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        async with self._acting(admitted, detail=database.name) as panel:
            await panel.servers.databases.delete_database(admitted.server.uuid, database.id)
        self._shelf.forget(admitted.server, SHELF)
