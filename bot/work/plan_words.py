"""How plans are told: when they are made, what came of a time, and why one rests."""

from datetime import datetime

from bot.texts import _, _n
from bot.ui.text import bold, cut, moment, plain
from bot.ui.when import due_times
from bot.ui.when_read import latest_words, rule_label, rule_words
from bot.work.plan_state import SKIPPED, Plan, What

TIMES_SHOWN = 3


def what_words(what: What) -> str:
    """What is planned, as a noun."""
    return {"restart": _("restart"), "backup": _("backup")}[what]


def planned(plan: Plan, server: str, now: datetime, *, who: str, warns: bool) -> str:
    """The rule in a sentence, and the next three times."""
    rule = rule_words(plan.when)
    said = {"who": bold(who), "server": bold(server), "rule": rule}
    if plan.what == "restart":
        first = _("🗓️ {who} planned a restart of {server}: {rule}.", **said)
    else:
        first = _("🗓️ {who} planned a backup of {server}: {rule}.", **said)
    return "\n".join((first, *details(plan, now, warns=warns)))


def details(plan: Plan, now: datetime, *, warns: bool) -> list[str]:
    """The rest of a plan: its conditions, what is kept, and the next times.

    Args:
        plan: The plan.
        now: The moment at which it is shown.
        warns: Whether players can be told something in the game.
    """
    lines = []
    if condition := condition_words(plan):
        lines.append(condition)
    if plan.keep:
        lines.append(
            _n(
                "Its newest backup is kept, older ones of this plan are deleted; locked ones stay.",
                "Its newest {count} backups are kept, older ones of this plan are deleted; locked "
                "ones stay.",
                plan.keep,
            )
        )
    if plan.what == "restart" and not plan.only_empty:
        lines.append(
            _("Players are warned in the game for 5 minutes before.")
            if warns
            else _("The channel is told 5 minutes before; in this game I can't warn the players.")
        )
    times = next_times(plan, now)
    if times and plan.when.at is None:
        lines.append(_("Next: {time}.", time=moment(times[0], "f")))
        if times[1:]:
            then = " · ".join(moment(one, "f") for one in times[1:])
            lines.append("-# " + _("then {times}", times=then))
    return lines


def next_times(plan: Plan, now: datetime) -> list[datetime]:
    """The next times, the one that is waited for first."""
    if plan.paused:
        return []
    if plan.due_at is not None and plan.due_at > now:
        return [plan.due_at, *due_times(plan.when, plan.due_at, TIMES_SHOWN - 1)]
    return due_times(plan.when, now, TIMES_SHOWN)


def condition_words(plan: Plan) -> str:
    """When it waits for players to leave; "" where it doesn't."""
    if not plan.only_empty:
        return ""
    if plan.latest is not None:
        return _(
            "Only when nobody plays; else it waits, and runs {latest} at the latest.",
            latest=latest_words(plan.latest),
        )
    return _("Only when nobody plays; else it waits, and leaves this time out if they stay.")


def line(plan: Plan, server: str, now: datetime) -> str:
    """Name first, then what and when, then what comes next; two lines in a list."""
    head = f"{_mark(plan)} {bold(server)}: {what_words(plan.what)}, {rule_words(plan.when)}"
    parts = [_state(plan, now), _("by {who}", who=bold(plan.asked.actor_name))]
    if plan.last and plan.last_at is not None:
        parts.append(
            _("last {time}: {what}", time=moment(plan.last_at), what=outcome_words(plan.last))
        )
    return f"{head}\n-# {' · '.join(parts)}"


def label(plan: Plan, server: str) -> str:
    """For a choice."""
    said = f"{plain(server, 40)}: {what_words(plan.what)}, {rule_label(plan.when)}"
    return cut(said, 100)


def outcome_words(outcome: str) -> str:
    """What came of a time, in a few words."""
    return {
        "done": _("done"),
        "joined": _("another restart was under way"),
        "failed": _("failed"),
        "cancelled": _("cancelled"),
        "refused": _("refused"),
        "gone": _("the backup was deleted"),
        "unknown": _("nobody can say how it ended"),
        "missed": _("missed, I was away"),
        "off": _("left out, the server was off"),
        "busy": _("left out, the server was busy"),
        "not-empty": _("left out, somebody played"),
        "not-known": _("left out, nobody knew who plays"),
        "full": _("left out, too much was under way"),
        SKIPPED: _("skipped"),
    }.get(outcome, outcome)


def paused_words(plan: Plan) -> str:
    """Why it rests."""
    who = bold(plan.asked.actor_name)
    if plan.paused == "left":
        return _("{who} is no longer here", who=who)
    return _("{who} may no longer do it", who=who)


def paused_message(plan: Plan, server: str) -> str:
    """For the channel, with the way out."""
    said = {
        "server": bold(server),
        "rule": rule_words(plan.when),
        "why": paused_words(plan),
        "right": f"`{plan.right}`",
    }
    if plan.what == "restart":
        first = _("⏸️ The planned restart of {server} ({rule}) rests: {why}.", **said)
    else:
        first = _("⏸️ The planned backup of {server} ({rule}) rests: {why}.", **said)
    return f"{first} " + _("Who has the right {right} there can take it over.", **said)


def left_out(plan: Plan, server: str, outcome: str, due: datetime, following: str) -> str:
    """A time that was not carried out, and why."""
    said = {"server": bold(server), "time": moment(due, "t"), "why": _why(outcome)}
    if plan.what == "restart":
        first = _("⚪ The restart of {server} planned for {time} was left out: {why}.", **said)
    else:
        first = _("⚪ The backup of {server} planned for {time} was left out: {why}.", **said)
    return f"{first} {following}".strip()


def skipped(plan: Plan, server: str, by: str, due: datetime, following: str) -> str:
    """A time that somebody leaves out."""
    said = {"who": bold(by), "server": bold(server), "time": moment(due, "f")}
    if plan.what == "restart":
        first = _("⚪ {who} skips the restart of {server} planned for {time}.", **said)
    else:
        first = _("⚪ {who} skips the backup of {server} planned for {time}.", **said)
    return f"{first} {following}".strip()


def runs_after_all(plan: Plan, server: str, by: str, due: datetime) -> str:
    """The same taken back."""
    said = {"who": bold(by), "server": bold(server), "time": moment(due, "f")}
    if plan.what == "restart":
        return _("🗓️ {who} lets the restart of {server} run after all: {time}.", **said)
    return _("🗓️ {who} lets the backup of {server} run after all: {time}.", **said)


def following(plan: Plan, after: datetime) -> str:
    """When it comes next; that a single time is over."""
    times = due_times(plan.when, after, 1)
    if times:
        return _("Next: {time}.", time=moment(times[0], "f"))
    return _("It was planned once, so that was all.")


def joined(server: str) -> str:
    """Two restarts of one server at a time are one."""
    return _(
        "The restart of {server} planned for now joins the one that is under way.",
        server=bold(server),
    )


def deleted_words(names: tuple[str, ...]) -> str:
    """Which old backups went."""
    shown = ", ".join(bold(one, 40) for one in names[:3])
    more = len(names) - 3
    if more > 0:
        shown += " " + _n("and {count} more", "and {count} more", more)
    return _("Deleted, as planned: {names}.", names=shown)


def _mark(plan: Plan) -> str:
    if plan.paused:
        return "⏸️"
    return "🟡" if plan.waits or plan.power_job or plan.backup_uuid else "🗓️"


def _state(plan: Plan, now: datetime) -> str:
    if plan.paused:
        return _("rests: {why}", why=paused_words(plan))
    if plan.power_job or plan.backup_uuid:
        return _("under way")
    if plan.waits:
        return {
            "players": _("waits until nobody plays"),
            "unknown": _("waits: nobody knows who plays"),
            "busy": _("waits until the server is free"),
        }.get(plan.waits, plan.waits)
    times = next_times(plan, now)
    return _("next {time}", time=moment(times[0], "R")) if times else _("never again")


def _why(outcome: str) -> str:
    return {
        "missed": _("I was away then"),
        "off": _("the server was off"),
        "busy": _("something else was under way on the server all the time"),
        "not-empty": _("somebody played all the time"),
        "not-known": _("the game didn't tell whether anybody plays"),
        "full": _("too much is under way in this guild"),
    }.get(outcome, outcome)
