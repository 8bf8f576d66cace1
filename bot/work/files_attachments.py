"""What members attach: read from Discord's own servers, piece by piece, and from nowhere else."""

from collections.abc import AsyncIterator
from typing import Final

from aiohttp import ClientError, ClientResponse
from msgspec import Struct

from bot.pterodactyl import AddressRefused, Network, NotThePanel
from bot.pterodactyl.dial import CHUNK_BYTES, parsed
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code, size

CDN_HOSTS: Final = frozenset({"cdn.discordapp.com"})
IDLE_SECONDS: Final = 30.0


class Attached(Struct, frozen=True):
    """An attachment of an interaction."""

    name: str
    url: str
    size_bytes: int


class Attachments:
    """Reads attachments with the keyless session, whose dials are judged.

    The address comes from Discord, yet nothing but its file server is asked: other hosts only
    where the operator lists them (`[network] allow`).
    """

    def __init__(self, network: Network) -> None:
        self._network = network

    async def check(self, attached: Attached) -> None:
        """Find out whether it is still to be had, before anything else begins.

        Raises:
            Unfit: It isn't.
        """
        (await self._open(attached.url, "HEAD")).close()

    async def read(self, attached: Attached, most_bytes: int) -> bytes:
        """All of a small one.

        Raises:
            Unfit: It is larger than `most_bytes`, or Discord doesn't hand it out.
        """
        if attached.size_bytes > most_bytes:
            raise Unfit(
                _(
                    "{name} has {size}, and I take at most {most} that way. `/files upload` takes "
                    "larger ones.",
                    name=code(attached.name, 80),
                    size=size(attached.size_bytes),
                    most=size(most_bytes),
                )
            )
        parts = [piece async for piece in self.pieces(attached)]
        return b"".join(parts)

    async def pieces(self, attached: Attached) -> AsyncIterator[bytes]:
        """The bytes as they come, never more than were announced.

        Raises:
            Unfit: Discord doesn't hand it out, or breaks off.
        """
        left = attached.size_bytes
        async for piece in self._stream(attached.url):
            left -= len(piece)
            if left < 0:
                break
            yield piece
        if left:
            raise Unfit(_failed())

    async def _stream(self, address: str) -> AsyncIterator[bytes]:
        response = await self._open(address)
        try:
            while piece := await self._piece(response):
                yield piece
        finally:
            response.close()

    async def _open(self, address: str, method: str = "GET") -> ClientResponse:
        try:
            url = parsed(address, is_encoded=True)
            host = url.host or ""
            if host not in CDN_HOSTS and not self._network.guard.lists(host):
                raise Unfit(_("That attachment doesn't come from Discord's file server."))
            async with self._network.clock.timeout(IDLE_SECONDS):
                response = await self._network.nodes.request(method, url)
        except (ClientError, OSError, AddressRefused, NotThePanel):
            raise Unfit(_failed()) from None
        if response.status != 200:
            response.close()
            raise Unfit(_failed())
        return response

    async def _piece(self, response: ClientResponse) -> bytes:
        try:
            async with self._network.clock.timeout(IDLE_SECONDS):
                return await response.content.read(CHUNK_BYTES)
        except (ClientError, OSError):
            raise Unfit(_failed()) from None


def _failed() -> str:
    return _("Discord didn't hand out the attachment. Attach it again. Nothing was changed.")
