"""What is decided about files without asking anybody: texts, differences, paths, tokens, edits."""

import random
import time

import pytest

from bot.ui.errors import Unfit
from bot.ui.files_diff import diff, opcodes
from bot.ui.files_paths import clean, clean_name, crumbs, is_archive, lies_in, sendable_name
from bot.ui.files_places import MEMBERS, PLACES_A_MEMBER, Place, Places
from bot.ui.files_text import coded, file_text, rewritten, settled
from bot.work.files_edits import EDITS_A_MEMBER, KEPT_BYTES, Edits
from tests.clock import MovedClock


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"a",
        b"a\nb\n",
        b"a\r\nb\r\n",
        b"a\rb\r",
        b"a\r\nb\nc\rd",
        b"\xef\xbb\xbfa\n",
        "é\r\n".encode("cp1252"),
        b"\x81\x8d a\n",
        "\ufeff日本\n".encode("utf-16-le"),
        "\ufeff日本\n".encode("utf-16-be"),
        "a\u2028b\x0bc\x85d\n".encode(),
        b"\n\n  a  \n\n",
    ],
)
def test_a_text_that_nobody_changed_is_the_same_to_the_last_byte(data: bytes) -> None:
    found = file_text(data)
    assert found is not None

    assert settled(found, found.text) == found.text
    assert settled(found, found.text.strip()) == found.text
    assert rewritten(found, found.text) == data


def test_random_texts_with_mixed_ends_survive_an_edit_of_one_line() -> None:
    for seed in range(200):
        dice = random.Random(seed)
        ends = [dice.choice(["\n", "\r\n", "\r"]) for _ in range(dice.randint(2, 30))]
        lines = [f"{number} {dice.choice('abc')}" for number in range(len(ends))]
        data = "".join(line + end for line, end in zip(lines, ends, strict=True)).encode()
        found = file_text(data)
        assert found is not None
        at = dice.randrange(len(lines))
        lines[at] = "changed"
        wanted = "".join(line + end for line, end in zip(lines, ends, strict=True)).encode()

        assert rewritten(found, settled(found, "\n".join(lines))) == wanted


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04\x00\x00", b"\x1f\x8b\x08\x07" + bytes(range(1, 32)) * 9, b"\xff" * 9 + b"\x01"],
)
def test_binaries_are_no_text(data: bytes) -> None:
    assert file_text(data) is None


def test_a_difference_of_any_size_is_found_in_bounded_time() -> None:
    dice = random.Random(1)
    old = "".join(f"{dice.random()}\n" for _ in range(40_000))
    new = "".join(f"{dice.random()}\n" for _ in range(40_000))
    began = time.monotonic()

    found = diff(old, new)

    assert (found.added, found.removed) == (40_000, 40_000)
    assert time.monotonic() - began < 5


def test_a_difference_shows_three_lines_around_each_change() -> None:
    old = "".join(f"{number}\n" for number in range(40))
    new = old.replace("10\n", "ten\n", 1).replace("\n25\n", "\n25\n25.5\n")

    found = diff(old, new)

    assert (found.added, found.removed) == (2, 1)
    assert found.lines == (
        "@@ … @@",
        *(" 7", " 8", " 9", "-10", "+ten", " 11", " 12", " 13"),
        "@@ … @@",
        *(" 23", " 24", " 25", "+25.5", " 26", " 27", " 28"),
        "@@ … @@",
    )


def test_opcodes_lead_from_one_text_to_the_other() -> None:
    for seed in range(100):
        dice = random.Random(seed)
        old = [dice.choice("abcd") for _ in range(dice.randint(0, 20))]
        new = [dice.choice("abcd") for _ in range(dice.randint(0, 20))]
        made: list[str] = []
        for tag, old_from, old_to, new_from, new_to in opcodes(old, new):
            made += old[old_from:old_to] if tag == "equal" else new[new_from:new_to]
        assert made == new


def test_a_block_is_cut_to_whole_lines_at_the_end_or_for_a_log_at_the_beginning() -> None:
    text = "\n".join(f"line {number}" for number in range(1000))

    assert "line 0\n" in coded(text, 100)
    assert "line 999" not in coded(text, 100)
    assert "line 999" in coded(text, 100, shows_end=True)
    assert len(coded("x" * 9000, 3000)) < 3100


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("", "/"),
        ("/", "/"),
        ("a", "/a"),
        ("/a/", "/a"),
        (" a//./b ", "/a/b"),
        ("...", "/..."),
        ("a..b", "/a..b"),
        ("a b/ü 🎉", "/a b/ü 🎉"),
    ],
)
def test_a_path_has_one_form(typed: str, path: str) -> None:
    assert clean(typed) == path


@pytest.mark.parametrize(
    "typed", ["..", "a/../b", "a\\..\\b", "a\nb", "a\0b", "x" * 256, "a/" * 600, "\ud800"]
)
def test_a_path_that_can_not_be_is_refused(typed: str) -> None:
    with pytest.raises(Unfit):
        clean(typed)


@pytest.mark.parametrize("typed", ["", " ", ".", "..", "a/b", "a\tb"])
def test_a_name_that_can_not_be_is_refused(typed: str) -> None:
    with pytest.raises(Unfit):
        clean_name(typed)


def test_small_facts_about_paths() -> None:
    assert crumbs("/a/b") == ["/", "/a", "/a/b"]
    assert crumbs("/") == ["/"]
    assert lies_in("/a/b", "/a")
    assert not lies_in("/ab", "/a")
    assert is_archive("x.TAR.gz")
    assert not is_archive("x.gz.txt")
    assert sendable_name("wörld (1).dat") == "w_rld_1_.dat"
    assert sendable_name("…") == "file"


def test_a_token_is_the_members_own_and_short() -> None:
    places = Places()
    place = Place("server", "/" + "x" * 200, ("y" * 200,))
    token = places.token(1, place)

    assert len(token) == 12
    assert places.find(1, "server", token) == place
    assert places.path(1, "server", places.choice(1, "server", place.path)) == place.path
    for member_id, server_id in ((2, "server"), (1, "other")):
        with pytest.raises(Unfit):
            places.find(member_id, server_id, token)


def test_places_can_not_fill_the_memory() -> None:
    places = Places()
    for member_id in range(MEMBERS + 10):
        places.token(member_id, Place("s", "/"))
    for number in range(PLACES_A_MEMBER + 10):
        places.token(1_000_000, Place("s", f"/{number}"))

    assert len(places._members) <= MEMBERS
    assert len(places._members[1_000_000]) == PLACES_A_MEMBER


async def test_a_form_sent_twenty_minutes_late_still_finds_its_edit_but_not_a_day_later() -> None:
    clock = MovedClock()
    edits = Edits(clock)
    edit = edits.begin(1, "server", "/a", b"x", file_text(b"x"))

    await clock.advance(20 * 60)
    assert edits.find(edit.id, 1, "server") is edit
    await clock.advance(24 * 3600)
    with pytest.raises(Unfit, match="too long ago"):
        edits.find(edit.id, 1, "server")


def test_edits_can_not_fill_the_memory() -> None:
    edits = Edits(MovedClock())
    for number in range(EDITS_A_MEMBER + 3):
        edits.begin(1, "server", f"/{number}", b"x", None)
    assert len(edits._edits) == EDITS_A_MEMBER

    for member_id in range(100):
        edits.begin(member_id + 10, "server", "/big", bytes(1 << 20), None)
    assert sum(edit.size_bytes for edit in edits._edits.values()) <= KEPT_BYTES
