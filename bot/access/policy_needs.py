"""What a policy takes of the connected panel key and of the game, or it never comes to anything."""

from msgspec import Struct

from bot.access.consent import POLICY_RIGHTS
from bot.access.rights import any_covers
from bot.fleet.directory import Server
from bot.fleet.players import Asking, Why, asking_of
from bot.store.guilds import QueryPlace
from bot.store.policies import PolicyAction, Terms

BACKUPS = "backup.read"
"""Without it the panel tells of no backup, neither in a list nor on the console's socket."""


class Gap(Struct, frozen=True):
    """What a policy lacks on a server."""

    rights: tuple[str, ...] = ()
    """That the panel key has not got there."""
    uncounted: Why | None = None
    """Why players can't be counted, where that is known before anybody asks."""

    @property
    def is_none(self) -> bool:
        """Whether nothing is lacking."""
        return not self.rights and self.uncounted is None


def gap_of(action: PolicyAction, terms: Terms, server: Server, place: QueryPlace | None) -> Gap:
    """What keeps a policy from ever holding on a server; from memory."""
    needed = [POLICY_RIGHTS[action]]
    is_idle = action == "idle-stop"
    if is_idle or terms.not_in_backup:
        needed.append(BACKUPS)
    rights = tuple(one for one in needed if not any_covers(server.key_rights, one))
    asking: Asking | Why | None = None
    if is_idle or terms.only_empty:
        asking = asking_of(server, place)
    return Gap(rights, asking if isinstance(asking, Why) else None)
