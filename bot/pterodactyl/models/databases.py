"""Databases of a server (contract: databases.md)."""

from urllib.parse import quote

from msgspec import UNSET, Struct, UnsetType

from bot.pterodactyl.models.envelope import One
from bot.secret import Secret


class DatabaseHost(Struct, frozen=True, kw_only=True):
    """As the administrator entered it; perhaps reachable from the node only."""

    address: str
    port: int


class DatabasePassword(Struct, frozen=True, kw_only=True):
    password: Secret


class DatabaseRelations(Struct, frozen=True, kw_only=True):
    password: One[DatabasePassword] | UnsetType = UNSET


class Database(Struct, frozen=True, kw_only=True):
    """A MySQL or MariaDB database."""

    id: str | int  # a case-sensitive hashid of 8 characters; on Pelican an integer
    host: DatabaseHost
    name: str  # with the panel's prefix, cut to 48 characters
    username: str
    connections_from: str  # the `remote` asked for
    max_connections: int | None  # None and 0 both mean unlimited
    relationships: DatabaseRelations = DatabaseRelations()

    @property
    def password(self) -> Secret | None:
        """None where it was not asked for, or the account may not see it."""
        related = self.relationships.password
        if related is UNSET or related.attributes is None:
            return None
        return related.attributes.password

    @property
    def connection_url(self) -> Secret | None:
        """`mysql://…` with user and password quoted; None without the password."""
        if self.password is None:
            return None
        user, password = quote(self.username, safe=""), quote(self.password.reveal(), safe="")
        place = f"{self.host.address}:{self.host.port}"
        return Secret(f"mysql://{user}:{password}@{place}/{quote(self.name, safe='')}")
