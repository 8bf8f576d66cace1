"""The record's own short words, kept in English, in the language of whoever reads."""

from collections.abc import Callable, Mapping
from typing import Final

from bot.access.conditions import Need
from bot.access.decision import Reason
from bot.texts import _
from bot.ui.text import code, name

CONDITION: Final = "condition: "
"""Before the need of a policy that wasn't met."""
_WORDS: Final[Mapping[str, Callable[[], str]]] = {
    "done": lambda: _("done"),
    "failed": lambda: _("failed"),
    "unknown": lambda: _("unknown"),
    "agreed": lambda: _("agreed"),
    "alert removed": lambda: _("alert removed"),
    "alert set": lambda: _("alert set"),
    "allowed": lambda: _("allowed"),
    "asked": lambda: _("asked"),
    "bound": lambda: _("bound"),
    "cancelled": lambda: _("cancelled"),
    "changed": lambda: _("changed"),
    "configured": lambda: _("configured"),
    "connected": lambda: _("connected"),
    "console preset": lambda: _("console preset"),
    "declined": lambda: _("declined"),
    "denied": lambda: _("denied"),
    "erased": lambda: _("erased"),
    "expired": lambda: _("expired"),
    "exported": lambda: _("exported"),
    "forbidden": lambda: _("forbidden"),
    "gone": lambda: _("gone"),
    "granted": lambda: _("granted"),
    "imported": lambda: _("imported"),
    "linked": lambda: _("linked"),
    "made": lambda: _("made"),
    "member left": lambda: _("member left"),
    "plan taken over": lambda: _("plan taken over"),
    "planned": lambda: _("planned"),
    "refused": lambda: _("refused"),
    "rekeyed": lambda: _("rekeyed"),
    "removed": lambda: _("removed"),
    "renamed": lambda: _("renamed"),
    "revoked": lambda: _("revoked"),
    "role gone": lambda: _("role gone"),
    "skip taken back": lambda: _("skip taken back"),
    "skipped": lambda: _("skipped"),
    "taken back": lambda: _("taken back"),
    "unbound": lambda: _("unbound"),
    "unlinked": lambda: _("unlinked"),
    "withdrawn": lambda: _("withdrawn"),
}
_REASONS: Final[Mapping[str, Callable[[], str]]] = {
    Reason.UNDECLARED.value: lambda: _("undeclared"),
    Reason.BOT.value: lambda: _("bot"),
    Reason.NOT_ADMIN.value: lambda: _("not admin"),
    Reason.DENIAL.value: lambda: _("denial"),
    Reason.NO_GRANT.value: lambda: _("no grant"),
    Reason.SEES_NONE.value: lambda: _("sees none"),
    Reason.NO_SERVER.value: lambda: _("no server"),
    Reason.LINE_FORBIDDEN.value: lambda: _("line forbidden"),
    Reason.LINE_NOT_LISTED.value: lambda: _("line not listed"),
    Reason.LINE_UNREADABLE.value: lambda: _("line unreadable"),
    Reason.NO_RECIPE.value: lambda: _("no recipe"),
    Reason.KEY_LACKS.value: lambda: _("key lacks it"),
    Reason.STATE_BLOCKS.value: lambda: _("state blocks it"),
}
_NEEDS: Final[Mapping[str, Callable[[], str]]] = {
    Need.QUIET_HOURS.value: lambda: _("quiet hours"),
    Need.SERVER_PAUSE.value: lambda: _("pause of the server"),
    Need.MEMBER_PAUSE.value: lambda: _("pause of the member"),
    Need.QUOTA.value: lambda: _("used up today"),
    Need.EMPTY.value: lambda: _("not known to be empty"),
    Need.DOWN.value: lambda: _("not known to be offline"),
    Need.UNHEALTHY.value: lambda: _("not known to be unwell"),
    Need.NO_BACKUP.value: lambda: _("perhaps a backup runs"),
}
_DEEDS: Final[Mapping[str, Callable[[], str]]] = {
    "vote": lambda: _("answer to a request"),
    "power countdown": lambda: _("countdown"),
    "idle-stop": lambda: _("idle stop"),
}


def outcome_name(outcome: str) -> str:
    """What came of a deed, as the record keeps it."""
    return _said(_WORDS, outcome)


def reason_name(outcome: str) -> str:
    """Why something was refused, as the record keeps it."""
    need = outcome.removeprefix(CONDITION)
    return _said(_NEEDS, need) if need != outcome else _said(_REASONS, outcome)


def deed_name(action: str) -> str:
    """The command, or what it was where no command stands behind it."""
    found = _DEEDS.get(action)
    return found() if found is not None else f"/{action}"


def deed_shown(action: str, most: int) -> str:
    """The same for a message: a command may be pressed there."""
    return deed_name(action) if action in _DEEDS else code(f"/{action}", most)


def _said(words: Mapping[str, Callable[[], str]], text: str) -> str:
    found = words.get(text)
    return found() if found is not None else name(text, 40)
