"""Which of a plan's own backups may go."""

from collections.abc import Iterable, Sequence

from bot.pterodactyl.models import Backup
from bot.ui.backups import is_good


def to_delete(backups: Sequence[Backup], made: Iterable[str], keep: int) -> list[Backup]:
    """Those beyond the newest `keep`, oldest first.

    Only whole ones count and only whole ones go: failed ones neither fill a place nor hold one.
    What somebody locked stays and takes no place. Whatever the numbers say, a whole backup is left.

    Args:
        backups: All of the server, as the panel lists them now.
        made: Uuids of those that the plan made.
        keep: How many stay; 0 or less keeps all.
    """
    if keep < 1:
        return []
    own = set(made)
    mine = [one for one in backups if one.uuid in own and is_good(one) and not one.is_locked]
    mine.sort(key=lambda one: (one.created_at, one.uuid))
    going = mine[:-keep]
    good = sum(1 for one in backups if is_good(one))
    return going[: max(0, good - 1)]
