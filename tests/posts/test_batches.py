"""Batches: every line is shown, counted as a repeat, or told to be dropped."""

import re
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.posts.batches import MESSAGE_CHARACTERS, PENDING_CHARACTERS, Batch, Payload
from bot.posts.lines import lost_words
from bot.pterodactyl.console_events import Lost

AT = datetime(2026, 11, 25, 12, 30, 5, tzinfo=UTC)
_COUNT = re.compile(r" \(×(\d+)\)$")
_DROPPED = re.compile(r"… (\d+) lines? dropped …")


def composed(batch: Batch) -> Payload:
    return batch.compose(colours=False, at=AT)


def told(payload: Payload) -> list[str]:
    """The lines of a payload, as often as they were said; dropped ones as `None`s would be."""
    text = payload.file[1] if payload.file else payload.content.strip("`").strip("\n")
    found: list[str] = []
    for line in text.rstrip("\n").split("\n"):
        if gone := _DROPPED.fullmatch(line):
            found += ["dropped"] * int(gone[1])
            continue
        again = _COUNT.search(line)
        found += [_COUNT.sub("", line)] * (int(again[1]) if again else 1)
    return found


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c" * 500, "d" * 3000]), max_size=12)))
def test_what_goes_in_comes_out_or_is_counted(steps: list[list[str]]) -> None:
    batch, came = Batch("survival"), []
    for number, lines in enumerate(steps):
        batch.add(lines)
        if number % 3 == 0 and not batch.is_empty:
            payload = composed(batch)
            if number % 2:
                batch.failed()
            else:
                came += told(payload)
                batch.sent()
    if not batch.is_empty:
        came += told(composed(batch))

    assert came == [line for lines in steps for line in lines]


def test_a_batch_is_bounded_and_says_what_it_let_go() -> None:
    batch = Batch("survival")
    for number in range(5000):
        batch.add([f"line {number} " + "x" * 90])
        assert batch.characters <= PENDING_CHARACTERS

    came = told(composed(batch))

    assert len(came) == 5000
    assert came[0] == "dropped"
    assert came[-1].startswith("line 4999")


def test_losses_add_up_also_when_they_are_let_go_themselves() -> None:
    batch = Batch("survival")
    for _ in range(3):
        batch.lost(Lost(cause="queue", lines=100))
    for number in range(5000):
        batch.add([f"line {number} " + "x" * 90])

    assert len(told(composed(batch))) == 5300


def test_what_was_lost_without_a_line_is_nothing_to_tell() -> None:
    batch = Batch("console")

    assert batch.lost(Lost(cause="queue", lines=0, others=3)) == 0

    assert batch.is_empty


def test_a_node_s_own_loss_has_no_number_and_is_said_once() -> None:
    batch = Batch("survival")
    batch.add(["before"])
    batch.lost(Lost(cause="node"))
    batch.lost(Lost(cause="node"))

    assert composed(batch).content.count("the node dropped lines") == 1


def test_what_the_node_dropped_is_told_also_when_that_place_had_to_go() -> None:
    batch = Batch("survival")
    for number in range(3000):
        batch.lost(Lost(cause="node"))
        batch.add([f"line {number} " + "x" * 90])
    first = told(composed(batch))
    batch.failed()
    batch.add(["y" * PENDING_CHARACTERS])

    said = [lost_words(Lost(cause="node"))]
    assert [line for line in first if line not in said][:1] == ["dropped"]
    assert told(composed(batch)) == ["dropped"] * 3000 + said + ["y" * PENDING_CHARACTERS]


def test_lines_that_differ_in_their_time_alone_are_one() -> None:
    batch = Batch("survival")
    batch.add([f"[12:00:{second:02}] [WARN] slow" for second in range(42)])
    batch.add(["[12:00:42] [WARN] slower"])

    content = composed(batch).content

    assert "[12:00:00] [WARN] slow (×42)" in content
    assert "slower" in content


def test_a_repeat_of_what_is_on_its_way_is_a_line_of_its_own() -> None:
    batch = Batch("survival")
    batch.add(["same"])
    first = composed(batch)
    batch.add(["same"])
    batch.sent()

    assert told(first) == ["same"]
    assert told(composed(batch)) == ["same"]


def test_more_than_a_message_holds_is_a_file_with_its_end_to_read() -> None:
    batch = Batch("survival")
    batch.add([f"\x1b[31mline {number}\x1b[0m" for number in range(400)])

    payload = batch.compose(colours=True, at=AT)

    assert payload.file is not None
    name, text = payload.file
    assert name == "survival-20261125-123005.txt"
    assert text.splitlines() == [f"line {number}" for number in range(400)]
    assert payload.content.startswith("400 lines, all in the file:")
    assert "line 399" in payload.content
    assert len(payload.content) <= 2000


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_no_line_ends_the_block_it_stands_in(line: str) -> None:
    batch = Batch("survival")
    batch.add(["`" + line.replace("\n", " ") + "```"])

    content = composed(batch).content

    assert content.count("```") == 2 or composed(batch).file is not None
    assert len(content) <= MESSAGE_CHARACTERS + 100


def test_the_preface_waits_for_a_line() -> None:
    batch = Batch("survival")
    batch.preface("away")
    assert batch.is_empty

    batch.add(["back", "again"])

    assert told(composed(batch)) == ["away", "back", "again"]
