"""What a setting of a guild is: its sentence, how it is changed, and what may not be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

NONE: Final = "-"
"""Stands in a select for the empty value."""
Option = tuple[str, str, str]
"""Value, label, description."""


class Several(Exception):
    """What was typed fits several values; the member picks one of `options`."""

    def __init__(self, options: Sequence[Option]) -> None:
        super().__init__(len(options))
        self.options = options


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A field of `GuildSettings` that admins change in `/config`."""

    key: str
    """The field's name; also an argument of custom ids."""
    label: Callable[[], str]
    """What it is called: on a form, in a select; at most 40 characters."""
    says: Callable[[GuildSettings], str]
    """One short sentence: what holds now, and what that means."""


@dataclass(frozen=True, kw_only=True)
class Toggle(Setting):
    """On or off; the field is a bool."""


@dataclass(frozen=True, kw_only=True)
class Choice(Setting):
    """One of at most 25 values; the field is a text, "" being `NONE` in the select."""

    options: Callable[[], Sequence[Option]]
    take: Callable[[str], object] = str
    """The field's value for what was picked ("" for `NONE`), where that is no text."""

    def value(self, settings: GuildSettings) -> str:
        """What is picked now."""
        return str(getattr(settings, self.key)) or NONE

    def picked(self, value: str) -> object:
        """The field's value for what was picked.

        Raises:
            Unfit: It is not offered.
        """
        if value not in {one for one, _label, _description in self.options()}:
            raise Unfit(_("That can't be chosen any more. Open `/config` again."))
        return self.take("" if value == NONE else value)


@dataclass(frozen=True, kw_only=True)
class Choices(Setting):
    """Any of at most 25 values; the field is a tuple of texts."""

    options: Callable[[], Sequence[Option]]

    def picked(self, values: Sequence[str]) -> tuple[str, ...]:
        """The field's value for what was picked, in the order of the options.

        Raises:
            Unfit: One of it is not offered.
        """
        offered = [one for one, _label, _description in self.options()]
        if not set(values) <= set(offered):
            raise Unfit(_("That can't be chosen any more. Open `/config` again."))
        return tuple(one for one in offered if one in values)


@dataclass(frozen=True, kw_only=True)
class Entry(Setting):
    """Typed into a form."""

    hint: Callable[[], str]
    """What may be typed, with an example; stands below the label, at most 100 characters."""
    read: Callable[[str], object]
    """The field's value for what was typed, blanks trimmed. Empty means the default.

    Raises:
        Unfit: It can't be used; says why and what would.
        Several: It fits more than one value.
    """
    value: Callable[[GuildSettings], str]
    """What the form shows at first."""
    most: int = 60


@dataclass(frozen=True, kw_only=True)
class RolePick(Setting):
    """A role of the guild's; the field is an id or None."""


@dataclass(frozen=True, kw_only=True)
class ChannelPick(Setting):
    """A text channel of the guild's; the field is an id or None."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """What stands together in `/config`; a page without settings is not shown."""

    key: str
    title: Callable[[], str]
    settings: tuple[Setting, ...] = ()


def whole_number(text: str, *, least: int, most: int, default: int = 0) -> int:
    """The number that was typed; `default` for nothing.

    Raises:
        Unfit: It is none, or outside of `least` to `most`.
    """
    if not text:
        return default
    if not (text.isascii() and text.isdecimal() and least <= int(text[:10]) <= most):
        raise Unfit(
            _(
                "{text} doesn't fit here: a whole number from {least} to {most}.",
                text=code(text, 30),
                least=least,
                most=most,
            )
        )
    return int(text)


def on_or_off(value: bool) -> str:  # a word for a truth value
    """The word for a toggle's state."""
    return _("on") if value else _("off")
