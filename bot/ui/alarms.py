"""How alarms other than incidents look: figures too high, panels and nodes away, late backups."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from bot.posts.messages import Message
from bot.store.alarms import AlarmRow
from bot.texts import _, _n
from bot.ui.parts import Colour, card
from bot.ui.text import duration, moment, name, size

Figure = Literal["cpu", "memory", "disk"]
Away = Literal["panel", "node", "key"]


class FigureFacts(Struct, frozen=True, kw_only=True):
    """A figure that stays over its threshold."""

    figure: Figure
    label: str
    threshold: int
    """Percent of the limit; of one core where the CPU has no limit."""
    value: float
    peak: float
    since: datetime
    held_seconds: float
    limit_bytes: int = 0
    used_bytes: int = 0
    full_at: datetime | None = None
    """When a disk is full at this pace: an estimate."""
    ending: Literal["", "below", "off", "removed"] = ""


class AwayFacts(Struct, frozen=True, kw_only=True):
    """A panel or node that doesn't answer, or a key that is refused."""

    kind: Away
    label: str
    since: datetime
    servers: int
    has_come_back: bool = True
    """False where it was closed because nobody watches it any more."""


class LateFacts(Struct, frozen=True, kw_only=True):
    """A server without a fresh backup."""

    label: str
    days: int
    last_good_at: datetime | None
    is_removed: bool = False


def figure_card(row: AlarmRow, facts: FigureFacts, mention: str = "") -> Message:
    """A figure too high, until it is fine again."""
    label, what = name(facts.label), figure_name(facts.figure)
    if row.closed_at is not None:
        lasted = duration((row.closed_at - facts.since).total_seconds())
        peak = _("The highest was {percent} %.", percent=round(facts.peak))
        values = {"server": label, "percent": facts.threshold, "time": lasted}
        match facts.ending:
            case "off":
                text = _("{server} is off now, after {time} over {percent} %.", **values)
            case "removed":
                text = _(
                    "This alert was removed while {server} was over {percent} % for {time}.",
                    **values,
                )
            case _:
                text = _("{server} was over {percent} % for {time}.", **values)
        head = _("{server}: {figure} is fine again", server=label, figure=what)
        if facts.ending == "removed":
            head = _("{server}: {figure}", server=label, figure=what)
        return card(f"## 🟢 {head}\n{text} {peak}", colour=Colour.GREEN)
    lines = [
        "## 🔴 "
        + _(
            "{server}: {figure} at {percent} %",
            server=label,
            figure=what,
            percent=round(facts.value),
        ),
        _of_what(facts)
        + " "
        + _(
            "Over {percent} % since {time}; the highest so far is {peak} %.",
            percent=facts.threshold,
            time=moment(facts.since),
            peak=round(facts.peak),
        ),
    ]
    if facts.full_at is not None:
        lines.append(
            _(
                "At this pace it is full {time}. That is an estimate.",
                time=moment(facts.full_at),
            )
        )
    lines.append(_next_step(facts.figure))
    return card("\n".join(lines), mention, colour=Colour.RED)


def away_card(row: AlarmRow, facts: AwayFacts, mention: str = "") -> Message:
    """A panel or node away, until it is back."""
    label = name(facts.label)
    if row.closed_at is not None:
        lasted = duration((row.closed_at - facts.since).total_seconds())
        if not facts.has_come_back:
            return card(
                "## ⚪ "
                + _("{name}: nobody looks any more", name=label)
                + "\n"
                + _("The alert was removed, or what it was about.")
            )
        head = {
            "panel": _("The panel {name} answers again", name=label),
            "node": _("The node {name} answers again", name=label),
            "key": _("The panel {name} takes the key again", name=label),
        }[facts.kind]
        return card(
            f"## 🟢 {head}\n" + _("It was away for {time}.", time=lasted)
            if facts.kind != "key"
            else f"## 🟢 {head}\n" + _("It was refused for {time}.", time=lasted),
            colour=Colour.GREEN,
        )
    head = {
        "panel": _("The panel {name} doesn't answer", name=label),
        "node": _("The node {name} doesn't answer", name=label),
        "key": _("The panel {name} refuses its key", name=label),
    }[facts.kind]
    about = _n(
        "It has {count} server of this guild.",
        "It has {count} servers of this guild.",
        facts.servers,
    )
    why = {
        "panel": _(
            "Nothing can be done with them from here. Whether they run is unknown; nothing was "
            "changed. I look each minute and say here when it is back."
        ),
        "node": _("Whether they run is unknown. I go on looking and say here when it is back."),
        "key": _(
            "Nothing can be done with them from here. An admin gives a fresh key with "
            "`/panel rekey`; I don't try the old one again."
        ),
    }[facts.kind]
    since = _("Since {time}.", time=moment(facts.since))
    return card(f"## 🔴 {head}\n{since} {about}\n{why}", mention, colour=Colour.RED)


def late_card(row: AlarmRow, facts: LateFacts, mention: str = "") -> Message:
    """A backup that is overdue, until there is a fresh one."""
    label = name(facts.label)
    if row.closed_at is not None:
        if facts.is_removed:
            return card(
                "## ⚪ "
                + _("{name}: nobody looks any more", name=label)
                + "\n"
                + _("The alert was removed, or what it was about.")
            )
        return card("## 🟢 " + _("{server} has a fresh backup", server=label), colour=Colour.GREEN)
    if facts.last_good_at is None:
        what = _("There is none that is whole.")
    else:
        what = _("The last whole one is from {time}.", time=moment(facts.last_good_at))
    asked = _n(
        "This alert wants one each day.", "This alert wants one each {count} days.", facts.days
    )
    return card(
        "## 🔴 "
        + _("{server} has no fresh backup", server=label)
        + f"\n{what} {asked}\n"
        + _("`/backup create` makes one; a schedule of the panel does it by itself."),
        mention,
        colour=Colour.RED,
    )


def figure_name(figure: str) -> str:
    """A figure as people call it."""
    return {"cpu": _("CPU"), "memory": _("memory"), "disk": _("disk")}[figure]


def _of_what(facts: FigureFacts) -> str:
    if facts.limit_bytes and facts.used_bytes:
        return _("{used} of {limit}.", used=size(facts.used_bytes), limit=size(facts.limit_bytes))
    if facts.figure == "cpu" and not facts.limit_bytes:
        return _("Of its CPU limit, or of one core where it has none.")
    return ""


def _next_step(figure: Figure) -> str:
    return {
        "cpu": _("`/server usage` shows the course; a restart helps where it hangs."),
        "memory": _("`/server usage` shows the course; out of memory, the node ends it."),
        "disk": _("When it is full the node stops it. `/files browse` shows what can go."),
    }[figure]
