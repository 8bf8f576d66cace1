"""Recipes in words: what a place takes, why a value isn't taken, why a template can't be."""

from bot.access.recipes import (
    ARGUMENTS_AT_MOST,
    TEMPLATE_CHARACTERS,
    TEXT_AT_MOST,
    BadArgument,
    BrokenTemplate,
    Fault,
    Flaw,
    Kind,
    Place,
)
from bot.texts import _
from bot.ui.text import bold, code


def place_words(place: Place) -> str:
    """What a place takes, for who fills it in."""
    match place.kind:
        case Kind.TEXT if place.may_have_blanks:
            return _("Text, at most {most} characters", most=place.most)
        case Kind.TEXT:
            return _("One word, at most {most} characters", most=place.most)
        case Kind.NUMBER if place.most < 999_999_999:
            return _("A number from {least} to {most}", least=place.least, most=place.most)
        case Kind.NUMBER:
            return _("A number")
        case Kind.NAME:
            return _("A player's name")
        case Kind.CHOICE:
            return _("One of: {choices}", choices=", ".join(place.choices))
    return _("A member of this Discord server")


def recipe_words(error: BadArgument | BrokenTemplate) -> str:
    """What is wrong with a value or a template."""
    return fault_words(error) if isinstance(error, BadArgument) else flaw_words(error)


def fault_words(error: BadArgument) -> str:
    """Why a value isn't taken, and what is."""
    place = error.place
    name = bold(place.label) if place else ""
    takes = place_words(place) if place else ""
    match error.fault:
        case Fault.TOO_MANY:
            return _(
                "Those are more values than the recipe asks for. Put one with blanks in double "
                'quotes, such as "Mia 2".'
            )
        case Fault.TOO_FEW:
            return _("A value is missing: {name}. It takes: {takes}.", name=name, takes=takes)
        case Fault.EMPTY:
            return _("{name} is empty. It takes: {takes}.", name=name, takes=takes)
        case Fault.UNSAFE if place is None:
            return _("A double quote is left open. Close it.")
        case Fault.UNSAFE:
            return _(
                "{name} can't hold {what}: a console could take it for more than text. Leave it "
                "out.",
                name=name,
                what=code(error.what),
            )
        case Fault.ONE_WORD:
            return _(
                "{name} is one word, without blanks: more words would be values of their own.",
                name=name,
            )
    return _("That is nothing for {name}. It takes: {takes}.", name=name, takes=takes)


def flaw_words(error: BrokenTemplate) -> str:
    """Why a template can't be, and how it is written."""
    where = code(error.where, 60)
    words = {
        Flaw.EMPTY: _("A recipe needs the console line that it types."),
        Flaw.TOO_LONG: _("A template has at most {most} characters.", most=TEMPLATE_CHARACTERS),
        Flaw.NOT_ONE_LINE: _("A template is one line, without control characters."),
        Flaw.OPEN_BRACE: _("The brace at {where} isn't closed.", where=where),
        Flaw.STRAY_BRACE: _(
            "The brace at {where} closes nothing. Double it where it stands for itself.",
            where=where,
        ),
        Flaw.NO_LABEL: _(
            "The place {where} needs a name of letters, digits and blanks, at most 30.",
            where=where,
        ),
        Flaw.UNKNOWN_KIND: _(
            "The place {where} is of no kind that I know. There are `name`, `text 60`, "
            "`number 1-30`, `member`, `member name` and choices such as `a|b|c`.",
            where=where,
        ),
        Flaw.BAD_LENGTH: _(
            "The place {where} needs a length from 1 to {most}.", where=where, most=TEXT_AT_MOST
        ),
        Flaw.BAD_RANGE: _(
            "The place {where} needs a range such as `number 1-30`, the smaller first.",
            where=where,
        ),
        Flaw.BAD_CHOICES: _(
            "The choices of {where} can't be: two to 25 different ones, without quotes, braces, "
            "`@`, `*` and `;`.",
            where=where,
        ),
        Flaw.TWICE: _(
            "The place {where} is described a second time. Say only its name there.", where=where
        ),
        Flaw.TOO_MANY: _("A recipe asks for at most {most} values.", most=ARGUMENTS_AT_MOST),
        Flaw.CHOOSES_COMMAND: _(
            "A template names the command itself: a member fills in what it is told, never which "
            "command it is."
        ),
    }
    return words[error.flaw] + " " + _("Nothing was saved.")
