"""Descriptions of commands and options in the languages we speak, for Discord's picker."""

from discord import Locale, app_commands

from bot.texts import code_of, in_language


class Translator(app_commands.Translator):
    """Names stay English, because documentation and mentions use them; descriptions don't."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        return translation(string.message, locale, context.location)


def translation(
    text: str, locale: Locale, location: app_commands.TranslationContextLocation
) -> str | None:
    """The text for a locale; None leaves Discord with the English one."""
    if location not in _DESCRIPTIONS:
        return None
    return in_language(text, code_of(locale.value))


_DESCRIPTIONS = frozenset(
    {
        app_commands.TranslationContextLocation.command_description,
        app_commands.TranslationContextLocation.group_description,
        app_commands.TranslationContextLocation.parameter_description,
    }
)
