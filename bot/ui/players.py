"""How the number of players is said, and why it isn't known."""

from bot.fleet.players import Counted, PlayerCount, Why
from bot.texts import _, _n
from bot.ui.text import code, name

NAMES_SHOWN = 8
NAME_CHARACTERS = 24


def players_line(count: PlayerCount) -> str:
    """How many play, and who where the game tells; "" where nobody expects a number."""
    if not isinstance(count, Counted):
        reason = unknown_words(count.why)
        return _("Players: unknown, {reason}.", reason=reason) if reason else ""
    said = players_words(count)
    if not count.names:
        return _("Players: {players}.", players=said)
    shown = ", ".join(name(one, NAME_CHARACTERS) for one in count.names[:NAMES_SHOWN])
    if count.online > min(len(count.names), NAMES_SHOWN):
        shown += ", …"
    return _("Players: {players}: {names}", players=said, names=shown)


def players_words(count: Counted) -> str:
    """A number, with the most that fit where the game tells."""
    if count.most:
        return _("**{online}** of {most}", online=count.online, most=count.most)
    return f"**{count.online}**"


def players_short(count: PlayerCount) -> str:
    """For a line in a list; "" where it isn't known."""
    if not isinstance(count, Counted):
        return ""
    return _n("{count} player", "{count} players", count.online)


def unknown_words(why: Why) -> str:
    """Why nobody knows, in half a sentence; "" where asking isn't meant to work."""
    return {
        Why.NOT_YET: "",
        Why.OFF: "",
        Why.NO_GAME: "",
        Why.NO_ADDRESS: _("the panel shows no address"),
        Why.NO_NAME: _("its address leads nowhere"),
        Why.REFUSED: _("I may not dial its address"),
        Why.NO_ANSWER: _("the game doesn't answer"),
        Why.UNREADABLE: _("the game's answer makes no sense"),
        Why.HIDDEN: _("the game doesn't say"),
    }[why]


def blind_words(why: Why | None) -> str:
    """The same as a sentence of its own, where a number was needed and isn't known."""
    if why in (Why.NO_GAME, Why.NO_ADDRESS):
        return _(
            "Which game it is, or where it answers, isn't known: an admin says so in `/config`, "
            "page *Servers*."
        )
    if why is Why.OFF:
        return _("An admin switched counting off for it.")
    said = unknown_words(why) if why is not None else ""
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def unknown_way(why: Why, setting: str = "") -> str:
    """The same for an admin, with what to do about it."""
    return {
        Why.NOT_YET: _("Not asked yet."),
        Why.OFF: _("It is never asked."),
        Why.NO_GAME: _("Its image doesn't tell which game it is. Choose one."),
        Why.NO_ADDRESS: _("The panel shows no address for it. Enter one."),
        Why.NO_NAME: _("Its address is a name that leads nowhere. Enter another address."),
        Why.REFUSED: (
            _(
                "Its address is not public. Who runs this bot can allow it in config.toml: {line}",
                line=code(setting, 120),
            )
            if setting
            else _("Its address is one that I never dial.")
        ),
        Why.NO_ANSWER: _(
            "Nobody answered. Is the server running, is asking (query) switched on in the game, "
            "and is this its query port?"
        ),
        Why.UNREADABLE: _("Something answered, but not as this game does. Choose another one."),
        Why.HIDDEN: _("The game answers, but hides how many play."),
    }[why]
