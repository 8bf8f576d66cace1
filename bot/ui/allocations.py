"""How allocations look, and which one an option means."""

from collections.abc import Iterable

from bot.fleet.directory import Server
from bot.fleet.shelf import Entry
from bot.pterodactyl import Client
from bot.pterodactyl.models import Allocation
from bot.texts import _
from bot.ui.named import find_named
from bot.ui.text import bold, code, name, plain


async def load_allocations(client: Client, server: Server) -> list[Entry]:
    """The allocations of a server for an option."""
    return entries(await client.servers.network.list_allocations(server.uuid))


def entries(allocations: Iterable[Allocation]) -> list[Entry]:
    """Allocations as the shelf keeps them."""
    return [Entry(str(one.id), _option_label(one)) for one in allocations]


def find_allocation(
    allocations: Iterable[Allocation], text: str, server: Server, *, whole: bool
) -> Allocation:
    """The allocation that an option means: by port, address, note or id.

    Raises:
        Unfit: None, or several.
    """
    found, typed = list(allocations), text.strip()
    for one in found:
        if str(one.id) == typed:  # what a choice hands on; a port that reads the same comes second
            return one
    return find_named(
        found,
        text,
        ids=lambda one: (str(one.port), one.address, f"{one.ip}:{one.port}"),
        name=lambda one: one.notes or one.address,
        label=address,
        none=_(
            "{server} has no such address. `/network list` shows them.", server=bold(server.name)
        ),
        whole=whole,
    )


def address(allocation: Allocation) -> str:
    """As players type it, ready to copy."""
    return code(allocation.address, 120)


def line(allocation: Allocation) -> str:
    """Address first, then whether it is the primary one, then the note."""
    parts = [address(allocation)]
    if allocation.is_default:
        parts.append(_("**primary**"))
    if allocation.ip_alias:
        parts.append(_("bound to {ip}", ip=code(allocation.ip, 60)))
    if allocation.notes:
        parts.append(name(allocation.notes, 100))
    return " · ".join(parts)


def room_words(used: int, limit: int | None) -> str:
    """The limit, before it is met; the primary one counts."""
    if not limit:
        return _("The panel gives this server no further addresses.")
    said = _("{used} of {limit} used.", used=used, limit=limit)
    return f"{said} " + _("Full: remove one to add another.") if used >= limit else said


def _option_label(allocation: Allocation) -> str:
    parts = [plain(allocation.address, 60)]
    if allocation.is_default:
        parts.append(_("primary"))
    if allocation.notes:
        parts.append(plain(allocation.notes, 25))
    return " · ".join(parts)[:100]
