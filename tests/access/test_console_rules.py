"""Which lines may be sent: forbidden first, then the lists, and no way around by spelling."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.access.console_lines import commands_in, has_control, words_of
from bot.access.console_presets import CONSOLE_PRESETS
from bot.access.console_rules import Because, ConsoleRule, Sender, binds, may_send
from bot.fleet.games import Game, game_of

JAVA, SOURCE, OTHER = Game.MINECRAFT_JAVA, Game.SOURCE, Game.GENERIC
NOW = datetime(2026, 11, 24, tzinfo=UTC)
HELPERS, MODS = 5, 6
MIA = Sender(frozenset({HELPERS}))


def rule(*commands: str, denies: bool = False, role: int | None = None) -> ConsoleRule:
    return ConsoleRule("r", None, role, denies, commands, 1, NOW)


def forbid(*commands: str, role: int | None = None) -> ConsoleRule:
    return rule(*commands, denies=True, role=role)


@pytest.mark.parametrize(
    ("line", "game"),
    [
        ("op mia", JAVA),
        ("/op mia", JAVA),
        ("//op mia", JAVA),
        ("/ op mia", JAVA),
        ("  OP mia", JAVA),
        ("minecraft:op mia", JAVA),
        ("/Minecraft:OP mia", JAVA),
        ("bukkit:op mia", JAVA),
        ("essentials:op mia", JAVA),
        ("o\u200bp mia", JAVA),
        ("\ufeffop mia", JAVA),
        ("ｏｐ mia", JAVA),
        ('"op" mia', SOURCE),
        ("execute as @a run op mia", JAVA),
        ("execute as @a at @s run execute as @p run op mia", JAVA),
        ("/minecraft:execute as mia run minecraft:op mia", JAVA),
        ('execute if entity @e[name="a run say x"] run op mia', JAVA),
        ("execute as run run op mia", JAVA),
        ("return run op mia", JAVA),
        ("sudo mia op eve", JAVA),
        ("sudo mia /op eve", JAVA),
        ("say hi;op mia", SOURCE),
        ('say "hi; op mia', SOURCE),
        ("say hi ; ; op mia", OTHER),
        ("op\u00a0mia", JAVA),
        ("op\tmia", JAVA),
    ],
)
def test_a_forbidden_command_is_found_however_it_is_written(line: str, game: Game) -> None:
    said = may_send([forbid("op")], line, MIA, game)

    assert not said.is_allowed, line
    assert said.because in (Because.FORBIDDEN, Because.UNREADABLE)


@pytest.mark.parametrize(
    ("line", "game", "is_allowed"),
    [
        ("say hello", JAVA, True),
        ("/SAY hello", JAVA, True),
        ("minecraft:say hello", JAVA, True),
        ("evil:say hello", JAVA, False),  # a plugin's command of the same name
        ("whitelist add mia", JAVA, True),
        ("whitelist  ADD mia", JAVA, True),
        ("whitelist off", JAVA, False),
        ("whitelist", JAVA, False),
        ("saying hello", JAVA, False),
        ("sm_kick mia", SOURCE, True),
        ("smkick mia", SOURCE, False),
        ("say a; op b", JAVA, True),  # Minecraft says it all
        ("say a; op b", SOURCE, False),
        ("say a; sm_ban b", SOURCE, True),
        ("execute as @a run say hello", JAVA, False),
        ("ｓａｙ hello", JAVA, False),
        ("s\u200bay hello", JAVA, False),
        ("list", JAVA, True),
    ],
)
def test_with_a_list_only_what_is_on_it_goes(line: str, game: Game, is_allowed: bool) -> None:
    rules = [rule("say", "whitelist add", "sm_*"), rule("list", role=HELPERS)]

    assert may_send(rules, line, MIA, game).is_allowed is is_allowed


def test_a_list_of_another_role_opens_nothing_and_still_shuts() -> None:
    rules = [rule("list", role=MODS)]

    assert may_send(rules, "list", MIA, JAVA).because is Because.NOT_LISTED
    assert may_send(rules, "list", Sender(frozenset({MODS})), JAVA).is_allowed


def test_what_is_forbidden_stays_so_where_it_is_allowed_too() -> None:
    rules = [rule("*"), forbid("stop", role=HELPERS)]

    assert may_send(rules, "stop", MIA, JAVA).because is Because.FORBIDDEN
    assert may_send(rules, "stop", Sender(frozenset({MODS})), JAVA).is_allowed


def test_who_holds_everything_is_bound_by_nothing() -> None:
    boss = Sender(frozenset({HELPERS}), holds_everything=True)

    assert may_send([forbid("*"), rule("list")], "stop", boss, JAVA).is_allowed
    assert not binds([forbid("*")], boss)


def test_without_rules_the_right_is_enough_and_a_recipe_needs_no_list() -> None:
    assert may_send([], "stop", MIA, JAVA).is_allowed
    assert may_send([rule("list")], "whitelist add mia", MIA, JAVA, is_recipe=True).is_allowed
    assert not may_send([forbid("op")], "op mia", MIA, JAVA, is_recipe=True).is_allowed


def test_an_execute_that_can_t_be_read_is_refused_and_the_reason_told() -> None:
    said = may_send([forbid("op")], "execute mia ~ ~ ~ op mia", MIA, JAVA)

    assert said.because is Because.UNREADABLE


@pytest.mark.parametrize("text", ["say a\nstop", "say \x1b[A", "say \u2028stop", "a\x00", "a\x7f"])
def test_control_characters_are_noticed(text: str) -> None:
    assert has_control(text)


def test_emoji_and_letters_are_no_control_characters() -> None:
    assert not has_control("say Grüße 👨‍👩‍👧 日本")


DRESSES = st.sampled_from(
    ["{0}", "/{0}", "//{0}", "minecraft:{0}", "/minecraft:{0}", "execute as @a run {0}",
     "execute as x run return run /{0}", "sudo mia {0}", " {0}", "\u200b{0}"]
)  # fmt: skip


@given(
    word=st.sampled_from(["op", "stop", "ban-ip"]),
    dresses=st.lists(DRESSES, max_size=4),
    case=st.booleans(),
    rest=st.text(max_size=20),
)
def test_no_dress_hides_a_forbidden_command(
    word: str, dresses: list[str], case: bool, rest: str
) -> None:
    line = word.upper() if case else word
    for dress in dresses:
        line = dress.replace("{0}", line)

    said = may_send([forbid(word), rule("*")], f"{line} {rest}", MIA, JAVA)

    assert not said.is_allowed


@given(st.text(max_size=60), st.sampled_from(list(Game)))
def test_any_line_is_judged_and_a_list_lets_through_only_what_it_names(
    line: str, game: Game
) -> None:
    said = may_send([rule("say", "list")], line, MIA, game)

    if said.is_allowed:
        assert all(found.words[0] in ("say", "list") for found in commands_in(line, game))


@pytest.mark.parametrize("game", list(Game))
def test_a_preset_never_allows_what_it_forbids(game: Game) -> None:
    preset = CONSOLE_PRESETS[game]
    rules = [forbid(*preset.forbidden)]

    for command in preset.allowed:
        assert may_send(rules, command, MIA, game).is_allowed, command
        assert words_of(command), command


@pytest.mark.parametrize(
    ("image", "game"),
    [
        ("ghcr.io/pterodactyl/yolks:java_21", JAVA),
        ("ghcr.io/pterodactyl/games:rust", Game.RUST),
        ("ghcr.io/parkervcp/games:source", SOURCE),
        ("ghcr.io/ptero-eggs/games:valheim", Game.VALHEIM),
        ("quay.io/parkervcp/pterodactyl-images:debian_bedrock", Game.MINECRAFT_BEDROCK),
        ("ghcr.io/pterodactyl/yolks:nodejs_18", OTHER),
        ("", OTHER),
    ],
)
def test_the_image_tells_the_game(image: str, game: Game) -> None:
    assert game_of(image) is game
