"""Recipes: a template is read once, and whatever is filled in stays inside its place."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.console_lines import commands_in
from bot.access.recipes import (
    BadArgument,
    BrokenTemplate,
    Fault,
    Flaw,
    Kind,
    Place,
    filled,
    places_of,
    split,
)
from bot.fleet.games import Game

TEMPLATES = [
    "whitelist add {player: name}",
    "ban {player: name} {why: text 80}",
    'kick {who: text 20} "{why: text 40}" now',
    'tellraw Mia {{"text":"{msg: text 60}"}}',
    "weather {sky: clear|rain|thunder}",
    "give {player: name} {item: text 30} {count: number 1-64}",
    "execute as {player: name} run say {msg}",
    "discord unlink {who: member}",
    "sm_kick {who: text}; sm_say {why: text 50}",
]
WILD = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("\"'`;@*{}[]\\/\n\r\t\x00\x1b\u2028\u200b\u202e run|&$<>~^")),
    ),
    max_size=40,
)


@pytest.mark.parametrize(
    ("template", "places"),
    [
        ("list", ()),
        ("whitelist add {player: name}", (Place("player", Kind.NAME),)),
        ("whitelist add { player :  player name }", (Place("player", Kind.NAME),)),
        ("say {msg}", (Place("msg", Kind.TEXT, most=100, may_have_blanks=True),)),
        ("say {msg: text 20} !", (Place("msg", Kind.TEXT, most=20),)),
        ('say "{msg: text 20}" !', (Place("msg", Kind.TEXT, most=20, may_have_blanks=True),)),
        ("xp {n: number 1-30}", (Place("n", Kind.NUMBER, most=30, least=1),)),
        ("tp {y: number -64..320}", (Place("y", Kind.NUMBER, most=320, least=-64),)),
        ("weather {sky: clear|rain}", (Place("sky", Kind.CHOICE, choices=("clear", "rain")),)),
        ("link {who: member}", (Place("who", Kind.MEMBER),)),
        ("tell {p: name} hello {p}", (Place("p", Kind.NAME),)),
        ('say {{"a":1}}', ()),
    ],
)
def test_a_template_is_read_into_its_places(template: str, places: tuple[Place, ...]) -> None:
    assert places_of(template) == places


@pytest.mark.parametrize(
    ("template", "flaw"),
    [
        ("  ", Flaw.EMPTY),
        ("say " + "x" * 300, Flaw.TOO_LONG),
        ("say a\nstop", Flaw.NOT_ONE_LINE),
        ("say \x1b", Flaw.NOT_ONE_LINE),
        ("say {msg", Flaw.OPEN_BRACE),
        ("say {a{b}}", Flaw.OPEN_BRACE),
        ("say msg}", Flaw.STRAY_BRACE),
        ("say {}", Flaw.NO_LABEL),
        ("say {: text}", Flaw.NO_LABEL),
        ("say {<@1>}", Flaw.NO_LABEL),
        ("say {a: nmae}", Flaw.UNKNOWN_KIND),
        ("say {a: text 0}", Flaw.BAD_LENGTH),
        ("say {a: text 501}", Flaw.BAD_LENGTH),
        ("say {a: text many}", Flaw.BAD_LENGTH),
        ("xp {n: number 5-1}", Flaw.BAD_RANGE),
        ("xp {n: number high}", Flaw.BAD_RANGE),
        ("w {s: a|}", Flaw.BAD_CHOICES),
        ("w {s: a|a}", Flaw.BAD_CHOICES),
        ("w {s: a|@a}", Flaw.BAD_CHOICES),
        ("say {a: name} {a: text}", Flaw.TWICE),
        ("say {a} {b} {c} {d} {e} {f}", Flaw.TOO_MANY),
        ("{cmd}", Flaw.CHOOSES_COMMAND),
        ("/{cmd: name} x", Flaw.CHOOSES_COMMAND),
        ("o{p: name} x", Flaw.CHOOSES_COMMAND),
        ("execute as Mia run {cmd: text}", Flaw.CHOOSES_COMMAND),
        ("sudo Mia {cmd: text}", Flaw.CHOOSES_COMMAND),
        ("say a; {cmd: text}", Flaw.CHOOSES_COMMAND),
    ],
)
def test_a_broken_template_is_refused_with_its_flaw(template: str, flaw: Flaw) -> None:
    with pytest.raises(BrokenTemplate) as broken:
        places_of(template)

    assert broken.value.flaw is flaw


@pytest.mark.parametrize(
    ("template", "values", "line"),
    [
        ("whitelist add {player: name}", {"player": " .Mia_1 "}, "whitelist add .Mia_1"),
        ("say {msg}", {"msg": "it's Mia & co. 50%"}, "say it’s Mia & co. 50%"),
        ('tell {{"t":"{m}"}}', {"m": "a b"}, 'tell {"t":"a b"}'),
        ("w {s: clear|rain}", {"s": "rain"}, "w rain"),
        ("tell {p: name} hi {p}", {"p": "Mia"}, "tell Mia hi Mia"),
    ],
)
def test_values_are_filled_in(template: str, values: dict[str, str], line: str) -> None:
    assert filled(template, values) == line


@pytest.mark.parametrize(
    ("template", "value", "fault"),
    [
        ("w {x: name}", "@a", Fault.NOT_A_NAME),
        ("w {x: name}", "Mia stop", Fault.NOT_A_NAME),
        ("w {x: name}", "Mia\nstop", Fault.NOT_A_NAME),
        ("w {x: name}", "Mіa", Fault.NOT_A_NAME),  # a Cyrillic letter
        ("w {x: name}", "-1", Fault.NOT_A_NAME),
        ("w {x}", "", Fault.EMPTY),
        ("w {x}", "@a", Fault.UNSAFE),
        ("w {x}", "a;stop", Fault.UNSAFE),
        ("w {x}", 'a" stop "', Fault.UNSAFE),
        ("w {x}", "a\nstop", Fault.UNSAFE),
        ("w {x}", "a\u200bb", Fault.UNSAFE),
        ("w {x}", "*", Fault.UNSAFE),
        ("w {x}", "/stop", Fault.UNSAFE),
        ("w {x: text 3}", "four", Fault.TOO_LONG),
        ("w {x} end", "two words", Fault.ONE_WORD),
        ("w {x: a|b}", "c", Fault.NOT_A_CHOICE),
        ("w {x: number}", "1.5", Fault.NOT_A_NUMBER),
        ("w {x: number}", "١", Fault.NOT_A_NUMBER),  # a digit, but none that a console reads
        ("w {x: number 1-5}", "6", Fault.OUT_OF_RANGE),
        ("w {x: member}", "mia", Fault.NOT_A_MEMBER),
    ],
)
def test_what_doesn_t_fit_is_refused_with_the_reason(
    template: str, value: str, fault: Fault
) -> None:
    with pytest.raises(BadArgument) as bad:
        filled(template, {"x": value})

    assert bad.value.fault is fault


@given(st.sampled_from(TEMPLATES), st.lists(WILD, min_size=5, max_size=5))
def test_no_value_breaks_out_of_its_template(template: str, given_values: list[str]) -> None:
    places = places_of(template)
    values = {place.label: value for place, value in zip(places, given_values, strict=False)}
    try:
        line = filled(template, values)
    except BadArgument:
        return
    tame = {place.label: _tame(place) for place in places}
    for game in Game:
        meant = [one.words[0] for one in commands_in(filled(template, tame), game)]
        said = [one.words[0] for one in commands_in(line, game)]
        # a text in which somebody writes "run" is read as more than it is, so it may be refused
        assert said[: len(meant)] == meant
        assert len(said) == len(meant) or " run " in f" {line.casefold()} "
    assert not any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp") for one in line)
    literal = template.replace("{{", "").replace("}}", "")
    for mark in "\"'`;@*\\[]":
        assert line.count(mark) == literal.count(mark)
    for place in places:
        if not place.may_have_blanks:
            assert " " not in values[place.label].strip(" ")


@given(WILD, WILD)
def test_values_in_a_row_pass_the_same_checks(first: str, second: str) -> None:
    template = "ban {player: name} {why: text 80}"
    places = places_of(template)
    try:
        values = split(f"{first} {second}", places)
        line = filled(template, values)
    except BadArgument:
        return
    assert line == filled(template, values)
    assert line.startswith("ban ")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("Mia 30", {"a": "Mia", "b": "30"}),
        ('"Mia B" 30', {"a": "Mia B", "b": "30"}),
        ("Mia for griefing again", {"a": "Mia", "b": "for griefing again"}),
        ("  Mia   30 ", {"a": "Mia", "b": "30"}),
    ],
)
def test_values_in_a_row_are_parted_by_blanks_and_held_by_quotes(
    text: str, values: dict[str, str]
) -> None:
    assert split(text, places_of("x {a: text 30} {b: text 30}")) == values


@pytest.mark.parametrize(
    ("text", "fault"),
    [("", Fault.TOO_FEW), ("Mia", Fault.TOO_FEW), ("Mia 3 4", Fault.TOO_MANY),
     ('"Mia', Fault.UNSAFE)],
)  # fmt: skip
def test_too_few_too_many_or_an_open_quote_is_told(text: str, fault: Fault) -> None:
    with pytest.raises(BadArgument) as bad:
        split(text, places_of("x {a: name} {b: number}"))

    assert bad.value.fault is fault


def _tame(place: Place) -> str:
    match place.kind:
        case Kind.CHOICE:
            return place.choices[0]
        case Kind.NUMBER:
            return str(place.least)
        case Kind.MEMBER:
            return "1" * 18
    return "Mia"
