"""What keeps a policy from ever holding on some servers, and who mends it."""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.access.policy_needs import BACKUPS, Gap, gap_of
from bot.access.rules import Rulebook
from bot.fleet.directory import Server
from bot.store.policies import PolicyRule
from bot.texts import _, _n
from bot.ui.players import blind_words
from bot.ui.text import bold, code

NAMED_AT_MOST: Final = 5


def gap_lines(book: Rulebook, policy: PolicyRule, servers: Iterable[Server]) -> list[str]:
    """For admins: a line for each kind of lack, with the servers it is about."""
    found: dict[Gap, list[Server]] = {}
    for server in servers:
        if book.policy(policy.action, server.id, book.groups_of(server.id)) is not policy:
            continue
        gap = gap_of(policy.action, policy.terms, server, book.settings.queries.get(server.id))
        if not gap.is_none:
            found.setdefault(gap, []).append(server)
    return [
        "⚠️ "
        + _(
            "On {servers} it never comes to that. {why}",
            servers=_named(inside),
            why=" ".join(_whys(gap, is_for_admins=True)),
        )
        for gap, inside in found.items()
    ]


def gap_words(book: Rulebook, policy: PolicyRule, server: Server) -> str:
    """For a server's card: why its policy doesn't hold just now; "" where nothing is lacking."""
    gap = gap_of(policy.action, policy.terms, server, book.settings.queries.get(server.id))
    if gap.is_none:
        return ""
    whys = " ".join(_whys(gap, is_for_admins=False))
    return _("Here it never comes to that. {why}", why=whys)


def _whys(gap: Gap, *, is_for_admins: bool) -> list[str]:
    said = []
    if gap.rights:
        rights = ", ".join(code(one) for one in gap.rights)
        said.append(_("The panel's key lacks {rights} there.", rights=rights))
        if BACKUPS in gap.rights:
            said.append(_("So nobody can say whether a backup runs, and unknown is not none."))
        if is_for_admins:
            said.append(
                _(
                    "Give its account that right on the panel, or connect another key with "
                    "`/panel rekey`."
                )
            )
    if gap.uncounted is not None:
        said.append(blind_words(gap.uncounted))
    return said


def _named(servers: Sequence[Server]) -> str:
    shown = ", ".join(bold(one.name) for one in servers[:NAMED_AT_MOST])
    more = len(servers) - NAMED_AT_MOST
    return shown + (" " + _n("and {count} more", "and {count} more", more) if more > 0 else "")
