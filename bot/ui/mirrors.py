"""How mirrors look: the card of one with all its choices, and the list."""

from discord import ui
from msgspec import Struct

from bot.posts.delivery import Pause
from bot.posts.games import Preset
from bot.posts.mirrors import Mirror
from bot.posts.pausing import pause_words
from bot.store.mirrors import MirrorOptions
from bot.texts import _, _n
from bot.ui.parts import Colour, Control, button, choice, danger
from bot.ui.text import bold, code, moment

PATTERN_SHOWN = 80


class Shown(Struct, frozen=True):
    """A mirror, and what a reader wants to know of it."""

    mirror: Mirror
    label: str
    """The server's name among the guild's; "" once the panel no longer lists it."""
    is_live: bool
    """Whether its console is heard."""
    pause: Pause | None
    is_connecting: bool = False
    """Whether it is about to be heard for the first time."""
    is_open: bool = False
    """Whether everybody in the guild reads the channel."""


def mirror_line(shown: Shown) -> str:
    """A mirror in the list: from where to where, and how it is."""
    options = shown.mirror.options
    arrow = "⇄" if options.two_way else "→"
    name = bold(shown.label) if shown.label else _("a server that is gone")
    return f"{name} {arrow} <#{shown.mirror.row.channel_id}>\n-# {state_words(shown)}"


def mirror_text(shown: Shown, *, reads_messages: bool) -> str:
    """A mirror in full."""
    options = shown.mirror.options
    name = bold(shown.label) if shown.label else _("a server that is gone")
    lines = [
        _("The console of {server} goes to {channel}.", server=name, channel=_channel(shown)),
        state_words(shown),
        "",
        _("**Lines**: {filter}", filter=filter_words(options)),
    ]
    if options.include:
        lines.append(_("**Only with**: {pattern}", pattern=_pattern(options, "include")))
    if options.exclude:
        lines.append(_("**Not with**: {pattern}", pattern=_pattern(options, "exclude")))
    if options.two_way:
        lines.append(
            _(
                "**Two-way**: what a member with the right writes there is run as a command; "
                "`//` before it makes it talk."
            )
            if reads_messages
            else _("**Two-way**: below the lines stands a button for commands.")
        )
    if not options.redacts:
        lines.append(
            "⚠️ "
            + _("Nothing is hidden: addresses of players and passwords they type are shown there.")
        )
    if shown.is_open:
        lines.append("⚠️ " + _("Everybody in this guild reads {channel}.", channel=_channel(shown)))
    return "\n".join(lines)


def state_words(shown: Shown) -> str:
    """How a mirror is."""
    mirror = shown.mirror
    if shown.pause is not None:
        return "🔴 " + pause_words(shown.pause)
    if mirror.has_no_room:
        return "🔴 " + _("The channel has as many webhooks as Discord allows; remove one.")
    if mirror.is_robbed:
        return "🔴 " + _(
            "My webhook there is deleted again and again, by a person or another bot. The audit "
            "log of Discord says by whom."
        )
    if not shown.label:
        return "⚪ " + _("Its panel no longer lists the server.")
    if mirror.is_unwatched:
        return "🔴 " + _("This guild watches as many servers as it may.")
    if shown.is_connecting and not shown.is_live:
        said = "🟡 " + _("I'm connecting to the console.")
    elif not shown.is_live:
        said = "🟡 " + _("The console can't be heard just now.")
    else:
        said = "🟢 " + _("The console is heard.")
    if mirror.posted_at is not None:
        said += " " + _("Last lines {when}.", when=moment(mirror.posted_at))
    if mirror.dropped:
        said += " " + _n(
            "{count} line was dropped since I started.",
            "{count} lines were dropped since I started.",
            mirror.dropped,
        )
    return said


def filter_words(options: MirrorOptions) -> str:
    """Which lines come, in short."""
    said = dict(_presets())[Preset(options.preset).value]
    if options.level:
        said += " · " + dict(_levels())[str(options.level)]
    return said


def mirror_controls(shown: Shown) -> list[list[Control]]:
    """The choices below the card of one."""
    mirror_id, options = shown.mirror.row.id, shown.mirror.options
    colours = _("Without colours") if options.colours else _("With colours")
    secrets = _("Hide nothing") if options.redacts else _("Hide secrets")
    two_way = _("One-way") if options.two_way else _("Two-way")
    last: list[Control] = [
        button("mirror-list", label=_("All mirrors")),
        danger("mirror-remove", mirror_id, label=_("Remove")),
    ]
    if shown.pause is not None or shown.mirror.has_no_room:
        last.insert(0, button("mirror-again", mirror_id, label=_("Try again"), emoji="🔄"))
    return [
        [
            choice(
                "mirror-preset",
                mirror_id,
                options=[(value, label, _about(value)) for value, label in _presets()],
                placeholder=_("Lines"),
                chosen=[options.preset],
            )
        ],
        [
            choice(
                "mirror-level",
                mirror_id,
                options=[(value, label, "") for value, label in _levels()],
                placeholder=_("Level"),
                chosen=[str(options.level)],
            )
        ],
        [
            button("mirror-patterns", mirror_id, label=_("Patterns …")),
            button("mirror-switch", mirror_id, "colours", label=colours),
            button("mirror-switch", mirror_id, "redacts", label=secrets),
            button("mirror-switch", mirror_id, "two_way", label=two_way),
        ],
        last,
    ]


def colour_of(shown: Shown) -> Colour:
    """Says the same as the dot."""
    mirror = shown.mirror
    if mirror.has_no_room or mirror.is_robbed or mirror.is_unwatched or shown.pause is not None:
        return Colour.RED
    if not shown.label:
        return Colour.GREY
    return Colour.GREEN if shown.is_live else Colour.YELLOW


def command_button(server_id: str) -> ui.View:
    """What stands below the lines of a two-way mirror whose channel isn't read."""
    view = ui.View(timeout=None)
    view.add_item(button("command", server_id, label=_("Command …")))
    view.stop()  # our doors take every press; discord.py need not keep the view
    return view


def preset_names() -> list[tuple[str, str]]:
    """The presets as they are offered while somebody types: label and value."""
    return [(f"{label}: {_about(value)}", value) for value, label in _presets()]


def _channel(shown: Shown) -> str:
    return f"<#{shown.mirror.row.channel_id}>"


def _pattern(options: MirrorOptions, which: str) -> str:
    text = options.include if which == "include" else options.exclude
    shown = code(text, PATTERN_SHOWN)
    if which in options.switched_off:
        shown += " " + _("(off: it took too long; edit it to use it again)")
    return shown


def _presets() -> list[tuple[str, str]]:
    return [
        (Preset.EVERYTHING.value, _("Everything")),
        (Preset.QUIET.value, _("Without noise")),
        (Preset.PLAYERS.value, _("Players")),
        (Preset.PROBLEMS.value, _("Problems")),
    ]


def _about(preset: str) -> str:
    return {
        Preset.EVERYTHING.value: _("each line of the console"),
        Preset.QUIET.value: _("all but what the game says all the time"),
        Preset.PLAYERS.value: _("who comes, goes, and what they write"),
        Preset.PROBLEMS.value: _("warnings and errors"),
    }[preset]


def _levels() -> list[tuple[str, str]]:
    return [
        ("0", _("All levels")),
        ("1", _("Warnings and errors only")),
        ("2", _("Errors only")),
    ]
