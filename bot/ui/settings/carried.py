"""Settings carried from one guild to another: those that name nothing of one guild alone."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import ValidationError, convert, structs, to_builtins

from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings import PAGES
from bot.ui.settings.kinds import NONE, Choice, Choices, Entry, Setting, Several, Toggle
from bot.ui.text import code

_TYPES: Final = {field.name: field.type for field in structs.fields(GuildSettings)}


def written_settings(settings: GuildSettings) -> dict[str, object]:
    """The settings by name, in what JSON can hold."""
    return {one.key: to_builtins(getattr(settings, one.key)) for one in _carried()}


def read_settings(held: GuildSettings, written: Mapping[str, object]) -> GuildSettings:
    """The settings with what was `written` set in them; what isn't named stays.

    Raises:
        Unfit: One is unknown or can't be; says which.
    """
    known = {one.key: one for one in _carried()}
    for key, value in written.items():
        setting = known.get(key)
        if setting is None:
            raise _unfit(key)
        try:
            made: Any = convert(value, _TYPES[key])
            held = structs.replace(held, **{key: made})
            _check(setting, held)
        except (ValidationError, Several, Unfit):
            raise _unfit(key) from None
    return held


def _check(setting: Setting, settings: GuildSettings) -> None:
    """Hold a value to what its control would take.

    Raises:
        Unfit, Several: It wouldn't.
    """
    match setting:
        case Choice():
            setting.picked(setting.value(settings) or NONE)
        case Choices():
            setting.picked(getattr(settings, setting.key))
        case Entry():
            setting.read(setting.value(settings))


def _carried() -> Iterator[Setting]:
    for page in PAGES:
        for setting in page.settings:
            if isinstance(setting, Toggle | Choice | Choices | Entry):
                yield setting


def _unfit(key: str) -> Unfit:
    return Unfit(
        _(
            "The setting {key} in that file is none that I know, or has a value that can't be. "
            "Nothing was changed.",
            key=code(key, 60),
        )
    )
