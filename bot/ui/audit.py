"""The audit trail as people read it: one line an action, and files of all of it."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, json

from bot.fleet.tracing import Trace, Traced
from bot.store.audit import AuditRow, Verdict
from bot.texts import _, _n
from bot.ui.audit_words import deed_name, deed_shown, outcome_name, reason_name
from bot.ui.text import bold, code, duration, moment, name

_MARKS: Final = {"done": "✅", "failed": "❌", "unknown": "⚪"}
_FORMULA: Final = re.compile(r"[=+\-@\t\r]")
_ID: Final = re.compile(
    r"(?P<row>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?<!\d)\d{17,20}(?!\d)"
)
_COLUMNS: Final = (
    "seq",
    "at",
    "kind",
    "reference",
    "actor_id",
    "about_id",
    "channel_id",
    "action",
    "right",
    "server_id",
    "server",
    "why",
    "outcome",
    "detail",
    "duration_ms",
    "previous_hash",
    "hash",
)


class Deed(Struct, frozen=True):
    """An action with what came of it; an entry that stands alone is its own result."""

    began: AuditRow
    ended: AuditRow | None = None

    @property
    def outcome(self) -> str:
        """What came of it; of what has no result nobody can say."""
        row = self.ended or self.began
        if self.began.kind == "intent" and self.ended is None:
            return "unknown"
        return row.outcome or "unknown"


def deeds(rows: Sequence[AuditRow]) -> list[Deed]:
    """Entries, newest first, with each result put to its intent."""
    waiting: dict[str, list[AuditRow]] = {}
    made: dict[str, Deed] = {}
    for row in reversed(rows):
        match row.kind:
            case "intent":
                waiting.setdefault(row.reference, []).append(row)
                made[row.id] = Deed(row)
            case "result" if waiting.get(row.reference):
                began = waiting[row.reference].pop(0)
                made[began.id] = Deed(began, row)
            case _:
                made[row.id] = Deed(row)
    return list(reversed(made.values()))


def spelled(detail: str, names: Mapping[str, str]) -> str:
    """A detail as it was kept, with names in place of ids.

    Args:
        detail: Foreign text; what comes back still has to be escaped.
        names: What servers, groups, roles and channels are called now, by their ids.
    """

    def said(found: re.Match[str]) -> str:
        known = names.get(found[0])
        if known is not None:
            return known
        return _("a server or group that is gone") if found["row"] else found[0]

    return _ID.sub(said, detail)


def deed_line(deed: Deed, names: Mapping[str, str]) -> str:
    """Who, what, where and when; then what came of it, why, and the reference.

    Args:
        deed: What was done.
        names: As for `spelled`.
    """
    row = deed.began
    who = f"<@{row.actor_id}>" if row.actor_id is not None else _nobody(row)
    where = ""
    if row.server_id is not None:
        known = names.get(row.server_id)
        where = " · " + (bold(known, 40) if known else _("a server that is gone"))
    about = f" → <@{row.about_id}>" if row.about_id is not None else ""
    mark = "⛔" if row.kind == "refusal" else _MARKS.get(deed.outcome, "✏️")
    head = f"{mark} {moment(row.at)} {who} {deed_shown(row.action, 40)}{about}{where}"
    notes = [_outcome_words(deed)]
    if deed.ended is not None and deed.ended.duration_ms is not None:
        notes.append(duration(deed.ended.duration_ms / 1000))
    if row.why:
        notes.append(f"*{name(row.why, 80)}*")
    if row.detail:
        notes.append(name(spelled(row.detail, names), 80))
    notes.append(code(row.reference, 20))
    return f"{head}\n-# {' · '.join(notes)}"


def deed_label(deed: Deed, number: int) -> tuple[str, str, str]:
    """A deed as an option of a select: its entry, the command, and reference with outcome."""
    row = deed.began
    said = f"{row.at:%Y-%m-%d %H:%M} UTC · {row.reference} · {outcome_name(deed.outcome)}"
    return str(row.seq), f"{number}. {deed_name(row.action)}", said


def deed_card(deed: Deed, names: Mapping[str, str], panel_words: str) -> str:
    """A deed with all that is kept of it, and what the panel's own log says.

    Args:
        deed: What was done.
        names: As for `spelled`.
        panel_words: What the panel's log says of it.
    """
    row = deed.began
    lines = [
        "## " + deed_shown(row.action, 60),
        deed_line(deed, names),
        _("**When**: {time}", time=moment(row.at, "F")),
        _("**Outcome**: {outcome}", outcome=_outcome_words(deed)),
    ]
    if deed.ended is not None and deed.ended.duration_ms is not None:
        lines.append(_("**Took**: {time}", time=duration(deed.ended.duration_ms / 1000)))
    if row.right:
        lines.append(_("**Right**: {right}", right=code(row.right)))
    if row.channel_id:
        lines.append(_("**Where**: {channel}", channel=f"<#{row.channel_id}>"))
    if row.why:
        lines.append(_("**Why**: {why}", why=name(row.why, 500)))
    if row.detail:
        lines.append(_("**What**: {detail}", detail=code(spelled(row.detail, names), 500)))
    if deed.ended is not None and deed.ended.detail:
        lines.append(_("**Said**: {detail}", detail=code(deed.ended.detail, 200)))
    lines.append(_("**The panel's log**: {said}", said=panel_words))
    entries = f"{row.seq}" if deed.ended is None else f"{row.seq}, {deed.ended.seq}"
    place = _(
        "entry {entries} · {reference} · hash {hash}",
        entries=entries,
        reference=code(row.reference, 20),
        hash=code(row.hash[:12]),
    )
    lines.append(f"-# {place}")
    return "\n".join(lines)


def trace_words(traced: Traced) -> str:
    """What the panel's log says of a deed."""
    entry = traced.entry
    if entry is not None:
        by = _(" by the account {name}", name=bold(entry.actor.username)) if entry.actor else ""
        return _(
            "has it: {event}{by}, {time}",
            event=code(entry.event),
            by=by,
            time=moment(entry.happened_at, "T"),
        )
    return {
        Trace.NOT_FOUND: _("has no entry of that kind, account and time"),
        Trace.NO_RIGHT: _(
            "unknown, as the connected account has no right {right}", right=code("activity.read")
        ),
        Trace.NOT_READ: _("unknown, as the panel doesn't give it just now"),
        Trace.TOO_OLD: _("unknown, too much was done since"),
    }.get(traced.trace, _("keeps nothing of this kind"))


def verdict_words(verdict: Verdict) -> str:
    """Whether the chain holds, from which entry not, and its head."""
    count = _n("{count} entry", "{count} entries", verdict.entries)
    if verdict.head is None and verdict.is_intact:
        return "## " + _("The audit trail is empty") + "\n" + _("Nothing was done here yet.")
    if verdict.is_intact:
        lines = ["## ✅ " + _("The audit trail is intact"), _("{count} follow on.", count=count)]
    else:
        lines = [
            "## 🔴 " + _("The audit trail doesn't hold"),
            _(
                "From entry {place} on: {problem}. What stands before it holds ({count}).",
                place=verdict.broken_at or 0,
                problem=_problem_words(verdict.problem or ""),
                count=count,
            ),
        ]
    if verdict.erased:
        lines.append(
            _n(
                "In {count} of them a person was erased; the chain holds all the same.",
                "In {count} of them persons were erased; the chain holds all the same.",
                verdict.erased,
            )
        )
    if verdict.head is not None:
        lines.append(
            _("Head: {head}", head=code(head_text(verdict.head.seq, verdict.head.hash), 90))
        )
    return "\n".join(lines)


def head_text(seq: int, hash_: str) -> str:
    """A head as it is posted, and given back to be checked."""
    return f"{seq}:{hash_}"


def as_csv(rows: Sequence[AuditRow], servers: Mapping[str, str]) -> bytes:
    """The entries as a table, oldest first; no cell runs as a formula."""
    out = io.StringIO(newline="")
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    for row in reversed(rows):
        table.writerow([_cell(value) for value in _record(row, servers).values()])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_json(rows: Sequence[AuditRow], servers: Mapping[str, str]) -> bytes:
    """The entries as a list of objects, oldest first; ids are text, as Discord gives them."""
    return json.format(json.encode([_record(row, servers) for row in reversed(rows)]))


def _record(row: AuditRow, servers: Mapping[str, str]) -> dict[str, str | int | None]:
    found: dict[str, str | int | None] = {}
    for column in _COLUMNS:
        value = servers.get(row.server_id or "") if column == "server" else getattr(row, column)
        if isinstance(value, datetime):
            value = value.isoformat(timespec="milliseconds")
        elif column.endswith("_id") and value is not None:
            value = str(value)
        found[column] = value
    return found


def _cell(value: str | int | None) -> str | int | None:
    if isinstance(value, str) and _FORMULA.match(value):
        return f"'{value}"
    return value


def _nobody(row: AuditRow) -> str:
    return _("somebody (erased)") if row.salt is None else _("Roost itself")


def _outcome_words(deed: Deed) -> str:
    if deed.began.kind == "refusal":
        return _("refused: {reason}", reason=reason_name(deed.outcome))
    if deed.began.kind == "intent" and deed.ended is None:
        return _("unknown: no result yet")
    words = outcome_name(deed.outcome)
    if deed.ended is not None and deed.ended.detail:
        words += f" ({name(deed.ended.detail, 60)})"
    return words


def _problem_words(problem: str) -> str:
    """Each finding of `bot.store.audit.verify` in the reader's language."""
    return {
        "entries are missing before this one": _("entries are missing before this one"),
        "it doesn't follow the one before": _("it doesn't follow the one before"),
        "it was changed": _("it was changed"),
        "who, why or detail was changed": _("who, why or detail was changed"),
        "who, why or detail was added after an erasure": _(
            "who, why or detail was added after an erasure"
        ),
        "the member it is about was changed": _("the member it is about was changed"),
        "the member it is about was added": _("the member it is about was added"),
        "it is not the entry that was witnessed": _("it is not the entry that was witnessed"),
        "entries are missing at the end": _("entries are missing at the end"),
    }.get(problem, problem)
