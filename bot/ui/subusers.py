"""How subusers look, and the selects in which their rights are picked, in the panel's words."""

from collections.abc import Callable, Iterable, Sequence

from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.pterodactyl.models import Permissions, Subuser
from bot.texts import _, _n
from bot.ui.parts import Control, button, card, choice, danger
from bot.ui.text import bold, code, cut, name, plain

GROUPS_A_PAGE = 12
"""Two components each; Discord takes 40 in a message."""


def by_group(rights: Iterable[str]) -> dict[str, list[str]]:
    """Rights by the part before the point, both in order of the alphabet."""
    found: dict[str, list[str]] = {}
    for right in sorted(rights):
        found.setdefault(right.partition(".")[0], []).append(right)
    return found


def rights_lines(rights: Iterable[str]) -> list[str]:
    """A line a group: `**control** console, start`."""
    return [
        f"{bold(group)} " + ", ".join(name(one.partition(".")[2], 40) for one in held)
        for group, held in by_group(rights).items()
    ]


def subuser_line(one: Subuser) -> str:
    """Name first, then how much they may."""
    rights = _n("{count} right", "{count} rights", len(one.permissions))
    factor = _("two-factor") if one.has_2fa else _("no two-factor")
    return f"{bold(one.username)}: {rights} · {factor}\n-# {code(one.email, 100)}"


def subuser_card(
    server: Server, label: str, one: Subuser, *, may: Callable[[str], bool], head: str = ""
) -> Message:
    """Who it is and what they may, with what this member may do about it."""
    factor = _("has two-factor") if one.has_2fa else _("has no two-factor")
    lines = [
        f"## {name(one.username)}",
        _("Subuser of {server} · {factor}", server=bold(label), factor=factor),
        code(one.email, 191),
        "### " + _n("{count} right", "{count} rights", len(one.permissions)),
        *rights_lines(one.permissions),
    ]
    row: list[Control] = []
    if may("user.update"):
        row.append(button("subuser-edit", server.id, one.uuid, label=_("Edit")))
    if may("user.delete"):
        row.append(danger("subuser-remove", server.id, one.uuid, label=_("Remove")))
    return card(head, "\n".join(lines), rows=[row])


def picker(
    server: Server,
    draft_id: str,
    *,
    title: str,
    notes: Sequence[str],
    offered: Iterable[str],
    chosen: frozenset[str],
    catalogue: Permissions,
    page: int,
    go: tuple[str, str],
) -> Message:
    """A select a group, what is chosen already marked; then the button to the door `go` names."""
    groups = list(by_group(offered).items())
    pages = max(1, -(-len(groups) // GROUPS_A_PAGE))
    page = min(max(page, 0), pages - 1)
    rows: list[list[Control]] = []
    for group, rights in groups[page * GROUPS_A_PAGE : (page + 1) * GROUPS_A_PAGE]:
        picked = [one for one in rights if one in chosen]
        counted = _("{picked} of {count}", picked=len(picked), count=len(rights))
        rows.append(
            [
                choice(
                    "subuser-pick",
                    server.id,
                    draft_id,
                    str(page),
                    group[:20] if group.isidentifier() else "-",
                    options=[
                        (
                            one,
                            plain(one, 100),
                            plain(catalogue.describe(one) or "", 100),
                        )
                        for one in rights
                    ],
                    placeholder=f"{plain(group, 40)}: {counted}",
                    least=0,
                    most=25,
                    chosen=picked,
                )
            ]
        )
    last: list[Control] = [
        button("subuser-cancel", server.id, draft_id, label=_("Cancel")),
        button(go[0], server.id, draft_id, label=go[1]),
    ]
    if pages > 1:
        turn = str((page + 1) % pages)
        last.append(button("subuser-page", server.id, draft_id, turn, label=_("More groups")))
    rows.append(last)
    count = _n("{count} right is picked.", "{count} rights are picked.", len(chosen))
    return card(f"## {title}", *notes, count, rows=rows)


def listed(rights: Iterable[str]) -> str:
    """Rights in a sentence, cut where there are too many."""
    shown = [code(one, 60) for one in sorted(rights)]
    more = len(shown) - 12
    said = ", ".join(shown[:12])
    return cut(
        said + (" " + _n("and {count} more", "and {count} more", more) if more > 0 else ""), 900
    )
