"""The editor of a policy: presets, a plain sentence, a control for each field."""

from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import ui
from msgspec import Struct, structs

from bot.access.conditions import minutes_of, time_of_day
from bot.access.reach import Scope
from bot.access.rules import Rulebook
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.store.guilds import GuildSettings
from bot.store.policies import MINUTES_A_DAY, PolicyAction, PolicyRule, Terms
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.parts import (
    Colour,
    Control,
    button,
    choice,
    danger,
    field,
    form,
    framed,
    role_choice,
    voice_choice,
)
from bot.ui.policy_gaps import gap_words
from bot.ui.policy_words import action_name, policy_sentence
from bot.ui.scopes import scope_token, scope_words
from bot.ui.settings.kinds import Option, whole_number
from bot.ui.text import bold, code

ACTIONS: Final[tuple[PolicyAction, ...]] = ("start", "stop", "restart", "idle-stop")
WINDOW_AT_MOST: Final = MINUTES_A_DAY
PAUSE_AT_MOST: Final = 7 * MINUTES_A_DAY
QUOTA_AT_MOST: Final = 100
QUORUM_AT_MOST: Final = 1000
IDLE_AT_LEAST: Final = 5
_FLAGS: Final = ("only_empty", "only_down", "only_unhealthy", "not_in_backup", "may_kill")


class Editing(Struct, frozen=True, kw_only=True):
    """The policy in an editor."""

    scope: Scope
    action: PolicyAction
    policy: PolicyRule | None
    settings: GuildSettings
    """The guild's: its time zone, and what takes two members."""
    gaps: tuple[str, ...] = ()
    """What keeps it from ever holding on some servers, a line each."""
    around: PolicyRule | None = None
    """That of a wider scope …"""
    around_words: str = ""
    """… and what that one is, in words."""

    @property
    def args(self) -> tuple[str, str, str]:
        """What the custom ids of its controls carry; the version tells of other editors."""
        version = self.policy.version if self.policy is not None else 0
        return scope_token(self.scope), self.action, str(version)


def presets(action: PolicyAction) -> dict[str, tuple[str, Terms]]:
    """Rules that most guilds want, by a key of ours: what they are called, and their fields."""
    if action == "idle-stop":
        return {
            f"idle-{minutes}": (
                _("Stop after {minutes} min without players", minutes=minutes),
                Terms(idle_minutes=minutes),
            )
            for minutes in (15, 30, 60, 180)
        }
    verb = action_name(action).capitalize()
    found = {
        "vote": (
            _("{action} by a vote of 3", action=verb),
            Terms(how="vote", quorum=3, window_minutes=10, server_pause_minutes=15),
        ),
        "approval": (
            _("{action} once somebody with the right approves", action=verb),
            Terms(how="approval", window_minutes=60, member_pause_minutes=10),
        ),
    }
    if action == "start":
        found["anyone"] = (
            _("Anyone may start it"),
            Terms(only_down=True, server_pause_minutes=5),
        )
    else:
        found["empty"] = (
            _("{action} at once when nobody is on it", action=verb),
            Terms(only_empty=True, not_in_backup=True, server_pause_minutes=15),
        )
        found["unwell"] = (
            _("{action} at once when it isn't well", action=verb),
            Terms(only_unhealthy=True, not_in_backup=True, server_pause_minutes=15),
        )
    return found


def editor(editing: Editing, note: str = "") -> Message:
    """The card: what holds now in a sentence, and what may be changed."""
    policy = editing.policy
    head = "## " + _(
        "Policy: {action} on {where}",
        action=action_name(editing.action),
        where=scope_words(editing.scope),
    )
    said = "\n".join((sentence(editing), *editing.gaps)) if policy is not None else _none(editing)
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"{head}\n{said}")]
    if note:
        items.append(ui.TextDisplay(note))
    items.append(ui.ActionRow(_preset_choice(editing)))
    if policy is not None:
        items += [ui.ActionRow(*row) for row in _controls(editing, policy.terms)]
        if editing.action == "idle-stop":
            items.append(ui.TextDisplay(f"-# {_told_where(editing.settings)}"))
        if not isinstance(editing.scope, Server):
            items.append(
                ui.TextDisplay(
                    "-# "
                    + _(
                        "Where a server has a policy of its own, that one holds; else its group's, "
                        "else the one for all servers."
                    )
                )
            )
        items.append(
            ui.TextDisplay(
                "-# "
                + _(
                    "Each change holds at once. Last changed by {who}.",
                    who=f"<@{policy.changed_by}>",
                )
            )
        )
    return framed(items, colour=Colour.BLUE)


def _none(editing: Editing) -> str:
    """What holds where nothing was set."""
    around = editing.around
    if around is not None:
        where, settings = scope_words(editing.scope), editing.settings
        return _(
            "No policy of its own here, so the one for {where} holds: {sentence} Choose one to "
            "begin with.",
            where=editing.around_words,
            sentence=policy_sentence(editing.action, around.terms, where, settings),
        )
    if editing.action == "idle-stop":
        return _("No policy here yet: it never stops by itself. Choose one to begin with.")
    return _("No policy here yet: it takes the right. Choose one to begin with.")


def _told_where(settings: GuildSettings) -> str:
    """Whether anybody hears that a server stopped by itself."""
    if settings.idle_channel_id is None:
        return _(
            "It stops without a word: `/config` has the channel that is told, on its page "
            "*{page}*.",
            page=_("Community"),
        )
    return _("It is told in {channel}.", channel=f"<#{settings.idle_channel_id}>")


def policy_lines(book: Rulebook, server: Server, label: str) -> list[str]:
    """What members may ask for on a server, a quiet sentence each, for its card."""
    groups = book.groups_of(server.id)
    found = [book.policy(action, server.id, groups) for action in ACTIONS]
    return [
        f"{policy_sentence(one.action, one.terms, bold(label), book.settings)} "
        f"{gap_words(book, one, server)}".strip()
        for one in found
        if one is not None
    ]


def sentence(editing: Editing) -> str:
    """The rule as one would say it."""
    policy = editing.policy
    if policy is None:
        return ""
    where = scope_words(editing.scope)
    return policy_sentence(editing.action, policy.terms, where, editing.settings)


def numbers_form(editing: Editing) -> ui.Modal:
    """The form for numbers, as they are."""
    terms = editing.policy.terms if editing.policy is not None else Terms()
    if editing.action == "idle-stop":
        fields = [
            _number("idle", _("Minutes without players"), terms.idle_minutes, _("5 to 1440")),
        ]
    else:
        fields = [
            _number(
                "server_pause",
                _("Pause of the server (minutes)"),
                terms.server_pause_minutes,
                _("After a request; 0 is none, a week at most"),
            ),
            _number(
                "member_pause",
                _("Pause of a member (minutes)"),
                terms.member_pause_minutes,
                _("After a request of theirs; 0 is none"),
            ),
            _number("quota", _("Times a day"), terms.daily_quota, _("0 is as often as wanted")),
        ]
        if terms.how != "at once":
            window, hint = terms.window_minutes, _("1 to 1440, a day")
            fields.insert(0, _number("window", _("Open for (minutes)"), window, hint))
        if terms.how == "vote":
            hint = (
                _("Votes that carry it") if terms.quorum_of == "number" else _("Percent, 1 to 100")
            )
            fields.insert(0, _number("quorum", _("Quorum"), terms.quorum, hint))
    return form("policy-numbers-set", *editing.args, title=_("Numbers"), fields=fields)


def quiet_form(editing: Editing) -> ui.Modal:
    """The form for quiet hours."""
    terms = editing.policy.terms if editing.policy is not None else Terms()
    hint = _("Such as 23:00; empty for none. Time zone: {zone}", zone=editing.settings.time_zone)
    return form(
        "policy-quiet-set",
        *editing.args,
        title=_("Quiet hours"),
        fields=[
            field(
                "begin",
                label=_("From"),
                description=hint,
                value=_time(terms.quiet_from),
                is_required=False,
                most=5,
            ),
            field(
                "end",
                label=_("Until"),
                description=_("May be after midnight: 23:00 until 7:00"),
                value=_time(terms.quiet_until),
                is_required=False,
                most=5,
            ),
        ],
    )


def with_numbers(action: PolicyAction, terms: Terms, typed: dict[str, str]) -> Terms:
    """The terms with what was typed into `numbers_form`.

    Raises:
        Unfit: A number can't be; says which may.
    """
    if action == "idle-stop":
        minutes = whole_number(typed["idle"], least=IDLE_AT_LEAST, most=MINUTES_A_DAY, default=30)
        return structs.replace(terms, idle_minutes=minutes)
    quorum = terms.quorum
    if "quorum" in typed:
        most = QUORUM_AT_MOST if terms.quorum_of == "number" else 100
        quorum = whole_number(typed["quorum"], least=1, most=most, default=terms.quorum)
    window = terms.window_minutes
    if "window" in typed:
        window = whole_number(typed["window"], least=1, most=WINDOW_AT_MOST, default=10)
    return structs.replace(
        terms,
        quorum=quorum,
        window_minutes=window,
        server_pause_minutes=whole_number(typed["server_pause"], least=0, most=PAUSE_AT_MOST),
        member_pause_minutes=whole_number(typed["member_pause"], least=0, most=PAUSE_AT_MOST),
        daily_quota=whole_number(typed["quota"], least=0, most=QUOTA_AT_MOST),
    )


def with_quiet(terms: Terms, begin: str, end: str) -> Terms:
    """The terms with quiet hours as they were typed.

    Raises:
        Unfit: They are no times of day, or only one of them is there.
    """
    if not begin.strip() and not end.strip():
        return structs.replace(terms, quiet_from=None, quiet_until=None)
    found = [minutes_of(begin), minutes_of(end)]
    for typed, minutes in zip((begin, end), found, strict=True):
        if minutes is None:
            raise Unfit(
                _("{text} is no time of day. Write `23:00` or `7:30`.", text=code(typed, 20))
            )
    if found[0] == found[1]:
        raise Unfit(
            _(
                "From and until are the same, so it would be quiet all day. Clear the "
                "policy instead."
            )
        )
    return structs.replace(terms, quiet_from=found[0], quiet_until=found[1])


def with_flags(terms: Terms, chosen: Sequence[str]) -> Terms:
    """The terms with the conditions that were picked."""
    return structs.replace(terms, **{flag: flag in chosen for flag in _FLAGS})


def with_how(terms: Terms, value: str) -> Terms:
    """The terms asked in another way: at once, by approval, or by a vote of some kind.

    Raises:
        Unfit: There is no such way.
    """
    match value:
        case "at-once":
            return structs.replace(terms, how="at once")
        case "approval":
            return structs.replace(terms, how="approval")
        case "number":
            quorum = terms.quorum if terms.quorum_of == "number" else 3
            return structs.replace(terms, how="vote", quorum_of="number", quorum=quorum)
        case "role":
            quorum = terms.quorum if terms.quorum_of != "number" else 50
            return structs.replace(terms, how="vote", quorum_of="role", quorum=quorum)
        case "voice":
            quorum = terms.quorum if terms.quorum_of != "number" else 50
            return structs.replace(terms, how="vote", quorum_of="voice", quorum=quorum)
    raise Unfit(_("That can't be chosen any more. Open the editor again."))


def _preset_choice(editing: Editing) -> Control:
    options: list[Option] = [
        (key, label, "") for key, (label, _terms) in presets(editing.action).items()
    ]
    placeholder = _("Begin with …") if editing.policy is None else _("Begin anew with …")
    return choice("policy-preset", *editing.args, options=options, placeholder=placeholder)


def _controls(editing: Editing, terms: Terms) -> list[list[Control]]:
    args = editing.args
    rows: list[list[Control]] = []
    if editing.action != "idle-stop":
        rows.append(
            [
                role_choice(
                    "policy-who",
                    *args,
                    placeholder=_("Who may ask: everyone"),
                    chosen=terms.role_id,
                    may_be_none=True,
                )
            ]
        )
        rows.append([_how_choice(args, terms)])
        if terms.how == "vote" and terms.quorum_of == "role":
            rows.append(
                [
                    role_choice(
                        "policy-voters",
                        *args,
                        placeholder=_("The role that votes"),
                        chosen=terms.quorum_role_id,
                    )
                ]
            )
        if terms.how == "vote" and terms.quorum_of == "voice":
            rows.append(
                [
                    voice_choice(
                        "policy-voice",
                        *args,
                        placeholder=_("The voice channel whose people vote"),
                        chosen=terms.quorum_channel_id,
                    )
                ]
            )
        rows.append([_flag_choice(editing, terms)])
    rows.append(
        [
            button("policy-numbers", *args, label=_("Numbers …")),
            button("policy-quiet", *args, label=_("Quiet hours …")),
            button(
                "policy-simulate",
                *args,
                label=_("Simulate"),
                style=discord.ButtonStyle.primary,
            ),
            danger("policy-clear", *args, label=_("Clear")),
        ]
    )
    return rows


def _how_choice(args: Sequence[str], terms: Terms) -> Control:
    now = terms.quorum_of if terms.how == "vote" else terms.how.replace(" ", "-")
    return choice(
        "policy-how",
        *args,
        options=[
            ("at-once", _("At once"), _("Nobody else is asked")),
            ("number", _("By a vote: a number"), _("So many votes carry it")),
            ("role", _("By a vote: part of a role"), _("So many percent of a role")),
            ("voice", _("By a vote: in voice"), _("So many percent of those in a channel")),
            ("approval", _("By approval"), _("One member with the right agrees")),
        ],
        placeholder=_("How it is granted"),
        chosen=[now],
    )


def _flag_choice(editing: Editing, terms: Terms) -> Control:
    options: list[Option] = [
        ("only_empty", _("Only when nobody is on it"), _("Unknown never counts as empty")),
        ("only_down", _("Only when it is offline"), ""),
        ("only_unhealthy", _("Only when it isn't well"), _("Hangs, full, or its game is silent")),
        ("not_in_backup", _("Not while a backup runs"), ""),
    ]
    if editing.action in ("stop", "restart"):
        options.append(("may_kill", _("Kill without asking if it hangs"), ""))
    return choice(
        "policy-flags",
        *editing.args,
        options=options,
        placeholder=_("Conditions: none"),
        least=0,
        most=len(options),
        chosen=[flag for flag in _FLAGS if getattr(terms, flag)],
    )


def _number(name: str, label: str, value: int, hint: str) -> "ui.Label[ui.Modal]":
    return field(name, label=label, value=str(value), description=hint, most=7)


def _time(minutes: int | None) -> str:
    return time_of_day(minutes) if minutes is not None else ""
