"""Subusers of a server."""

from collections.abc import Iterable
from typing import Final

from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import Subuser
from bot.pterodactyl.models.envelope import Item, Listing, decoder

_LIST: Final = decoder(Listing[Subuser])
_ONE: Final = decoder(Item[Subuser])


class Users:
    """`client.servers.users`. A `user_id` is the uuid of the account.

    The owner is no subuser, and nobody can see, change or remove himself here.
    """

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_users(self, server_id: str) -> list[Subuser]:
        """List the subusers with their rights (contract: users.md).

        Raises:
            NotAllowed: `user.read` is missing.
        """
        return (await self._http.fetch(_LIST, "GET", "servers", server_id, "users")).unwrapped()

    async def get_user(self, server_id: str, user_id: str) -> Subuser:
        """Read one subuser (contract: users.md).

        Raises:
            NotFound: Not a subuser of this server.
        """
        one = await self._http.fetch(_ONE, "GET", "servers", server_id, "users", user_id)
        return one.attributes

    async def create_user(
        self,
        server_id: str,
        email: str,
        permissions: Iterable[str],
        username: str | None = None,  # noqa: ARG002  # the seed's; the panel makes the name itself
    ) -> Subuser:
        """Let somebody use the server (contract: users.md).

        An unknown address makes a new account that only an administrator can remove, and the
        answer doesn't tell: mind typing errors.

        Args:
            server_id: Identifier (8 characters) or uuid.
            email: The account's address.
            permissions: At least one right; unknown ones are dropped silently, so compare what
                comes back. `websocket.connect` is always added.
            username: Not sent: no panel reads it.

        Raises:
            Declined: DUPLICATE (a subuser already), IS_OWNER.
            NotAllowed: With reason GRANTS_TOO_MUCH the account lacks a right it would give.
            Invalid: The address, or no rights at all.
        """
        body = {"email": email, "permissions": _listed(permissions)}
        made = await self._http.fetch(_ONE, "POST", "servers", server_id, "users", body=body)
        return made.attributes

    async def update_user(
        self, server_id: str, user_id: str, permissions: Iterable[str]
    ) -> Subuser:
        """Replace all rights of a subuser; the last writer wins (contract: users.md).

        Args:
            server_id: Identifier or uuid.
            user_id: The account's uuid.
            permissions: All it shall have, at least one; unknown ones are dropped silently.

        Raises:
            NotAllowed: `user.update` is missing, or with GRANTS_TOO_MUCH one of those given.
            NotFound: Not a subuser of this server.
        """
        updated = await self._http.fetch(
            _ONE,
            "POST",
            "servers",
            server_id,
            "users",
            user_id,
            body={"permissions": _listed(permissions)},
            is_safe=True,
        )
        return updated.attributes

    async def delete_user(self, server_id: str, user_id: str) -> None:
        """Take the server from a subuser; the account stays (contract: users.md).

        Raises:
            NotFound: Not a subuser of this server, or removed already.
        """
        await self._http.send("DELETE", "servers", server_id, "users", user_id)


def _listed(rights: Iterable[str]) -> list[str]:
    return [rights] if isinstance(rights, str) else list(rights)
