"""Allocations: the addresses and ports of a server."""

from typing import Final

from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import Allocation
from bot.pterodactyl.models.envelope import Item, Listing, decoder

_LIST: Final = decoder(Listing[Allocation])
_ONE: Final = decoder(Item[Allocation])


class Allocations:
    """`client.servers.network`. A running server keeps its ports until it is restarted."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_allocations(self, server_id: str) -> list[Allocation]:
        """List a server's allocations (contract: network.md).

        Raises:
            NotAllowed: `allocation.read` is missing; the server view still shows the primary one.
        """
        found = await self._http.fetch(_LIST, "GET", "servers", server_id, "network", "allocations")
        return found.unwrapped()

    async def assign_allocation(self, server_id: str) -> Allocation:
        """Give the server a random free port on its primary address (contract: network.md).

        Raises:
            Declined: LIMIT_REACHED, FEATURE_OFF (the panel's default), NO_ALLOCATION_FREE.
            Limited: Some panels allow 2 a minute.
            PanelDown: With `maybe_done` list and compare, don't repeat.
        """
        made = await self._http.fetch(_ONE, "POST", "servers", server_id, "network", "allocations")
        return made.attributes

    async def set_allocation_note(
        self, server_id: str, allocation_id: int, note: str | None
    ) -> Allocation:
        """Note something on an allocation (contract: network.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            allocation_id: `Allocation.id`.
            note: At most 256 characters, trimmed; None or "" clears it.

        Raises:
            Invalid: Too long.
            NotFound: Not this server's.
        """
        noted = await self._http.fetch(
            _ONE,
            "POST",
            "servers",
            server_id,
            "network",
            "allocations",
            allocation_id,
            body={"notes": note},
            is_safe=True,
        )
        return noted.attributes

    async def set_primary_allocation(self, server_id: str, allocation_id: int) -> Allocation:
        """Make it the primary one, from the next start on (contract: network.md).

        Raises:
            NotFound: Not this server's.
        """
        primary = await self._http.fetch(
            _ONE,
            "POST",
            "servers",
            server_id,
            "network",
            "allocations",
            allocation_id,
            "primary",
            is_safe=True,
        )
        return primary.attributes

    async def unassign_allocation(self, server_id: str, allocation_id: int) -> None:
        """Take an allocation from the server; it may go to another one (contract: network.md).

        Raises:
            Declined: IS_PRIMARY, NO_ALLOCATION_LIMIT.
            NotFound: Not this server's, or taken already.
        """
        await self._http.send(
            "DELETE", "servers", server_id, "network", "allocations", allocation_id
        )
