"""Lines made safe: nothing invisible, colours that Discord knows, and presets of games."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.posts.games import Game, Preset, game_of, wanted
from bot.posts.lines import console_colours, console_text, cut_line, is_plain
from bot.posts.pictures import pattern_picture
from bot.posts.webhooks import hook_name

RED, RESET = "\x1b[31m", "\x1b[0m"


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("10%\r50%\r100%", "100%"),
        ("ends\r", "ends"),
        ("tab\there", "tab  here"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("ä 👨\u200d👩 ok", "ä 👨\u200d👩 ok"),
        ("zalgo\u0489", "zalgo"),
        ("\x1b[2Jcleared", "cleared"),
        ("\x1b", ""),
    ],
)
def test_a_line_is_shown_as_it_ends_up_on_a_screen(line: str, text: str) -> None:
    assert console_text(line) == text


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"{RED}red{RESET}", f"{RED}red{RESET}"),
        (f"{RED}red", f"{RED}red{RESET}"),
        ("\x1b[mplain", "\x1b[0mplain"),
        ("\x1b[1;92mbright", f"\x1b[1;32mbright{RESET}"),
        ("\x1b[38;2;250;20;20mtrue", f"{RED}true{RESET}"),
        ("\x1b[38;5;196mof 256", f"{RED}of 256{RESET}"),
        ("\x1b[48;2;0;0;250mback", f"\x1b[44mback{RESET}"),
        ("\x1b[5;8mblink", "blink"),
        ("\x1b[38;2mcut off", "cut off"),
        ("\x1b[2J\x1b[Hmoves", "moves"),
    ],
)
def test_colours_become_those_that_discord_knows(line: str, shown: str) -> None:
    assert console_colours(line) == shown


@given(st.text())
def test_no_line_keeps_what_can_t_be_seen(text: str) -> None:
    for shown in (console_text(text), console_colours(text)):
        assert not set(shown) & {"\n", "\r", "\x00", "\u202e", "\u200b"}
    assert "\x1b" not in console_text(text)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"))))
def test_what_is_told_to_be_plain_needs_nothing(lines: list[str]) -> None:
    if is_plain("\n".join(lines)):
        assert [console_text(line) for line in lines] == lines


@given(st.text(st.characters(exclude_characters="\r\x1b")), st.integers(20, 60))
def test_a_cut_line_ends_and_its_colour_with_it(text: str, limit: int) -> None:
    cut = cut_line(console_colours(f"{RED}{text}"), limit)
    assert len(cut) <= limit
    assert cut.endswith(RESET)


@pytest.mark.parametrize(
    ("image", "game"),
    [
        ("ghcr.io/pterodactyl/yolks:java_21", Game.MINECRAFT),
        ("ghcr.io/pterodactyl/games:rust", Game.RUST),
        ("ghcr.io/pterodactyl/games:source", Game.SOURCE),
        ("ghcr.io/pterodactyl/games:valheim", Game.VALHEIM),
        ("ghcr.io/somebody/factorio:latest", Game.FACTORIO),
        ("ghcr.io/pterodactyl/yolks:debian", Game.OTHER),
        ("", Game.OTHER),
    ],
)
def test_the_image_tells_the_game(image: str, game: Game) -> None:
    assert game_of(image) is game


@pytest.mark.parametrize(
    ("game", "line", "presets"),
    [
        (Game.MINECRAFT, "[12:00:00 INFO]: Mia joined the game", "players quiet"),
        (Game.MINECRAFT, "[12:00:00 INFO]: <Mia> hi all", "players quiet"),
        (Game.MINECRAFT, "[12:00:00 INFO]: UUID of player Mia is 069a79f4", ""),
        (Game.MINECRAFT, "[12:00:00 WARN]: Can't keep up! Is the server overloaded?", "problems"),
        (Game.MINECRAFT, "java.lang.NullPointerException: null", "problems quiet"),
        (Game.RUST, "1.2.3.4:5/765/Mia joined [windows/765]", "players quiet"),
        (Game.RUST, "[CHAT] Mia[765] : hello", "players quiet"),
        (Game.RUST, "(Filename: ./Runtime/Export/Debug.bindings.h Line: 39)", ""),
        (Game.SOURCE, 'L 05/01: "Mia<2><U:1><>" connected, address ""', "players quiet"),
        (Game.SOURCE, "server_cvar: sv_cheats 0", ""),
        (Game.VALHEIM, "Got character ZDOID from Mia : 123:1", "players quiet"),
        (Game.VALHEIM, "Unloading 12 unused assets", ""),
        (Game.FACTORIO, "2024-05-01 12:00:00 [JOIN] Mia joined the game", "players quiet"),
        (Game.FACTORIO, "  1.2 Info UDPSocket.cpp:39: Opening socket", ""),
        (Game.OTHER, "[LEAVE] Mia left the game", "players quiet"),
    ],
)
def test_presets_know_what_a_game_says(game: Game, line: str, presets: str) -> None:
    chosen = (Preset.PLAYERS, Preset.QUIET, Preset.PROBLEMS)

    assert {one.value for one in chosen if wanted(one, game, line)} == set(presets.split())
    assert wanted(Preset.EVERYTHING, game, line)


@given(st.text())
def test_every_name_becomes_one_that_a_webhook_may_have(name: str) -> None:
    fit = hook_name(name)
    assert 1 <= len(fit) <= 80
    assert not {"discord", "clyde"} & {fit.lower()[i : i + n] for i in range(80) for n in (5, 7)}


def test_a_picture_is_the_same_for_a_name_and_another_for_others() -> None:
    assert pattern_picture("Survival") == pattern_picture("Survival")
    assert pattern_picture("Survival") != pattern_picture("Creative")
    assert pattern_picture("Survival").startswith(b"\x89PNG")
