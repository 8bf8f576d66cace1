"""Console lines on a phone: the time, what isn't INFO, and what is said."""

import pytest

from bot.ui.text import brief_line


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[09:00:00] [Server thread/INFO]: Done (4.1s)!", "09:00:00 Done (4.1s)!"),
        ("[09:00:00] [Server thread/WARN]: Can't keep up", "09:00:00 WARN Can't keep up"),
        ("[09:00:00 INFO]: Mia joined the game", "09:00:00 Mia joined the game"),
        ("[09:00:00 ERROR]: broken", "09:00:00 ERROR broken"),
        ("[09:00:00] plain", "09:00:00 plain"),
        ("no head at all", "no head at all"),
        ("[abc] <Mia> [09:00:00] hi", "[abc] <Mia> [09:00:00] hi"),
        ("", ""),
    ],
)
def test_the_head_of_a_line_is_as_short_as_it_can_be(line: str, said: str) -> None:
    assert brief_line(line) == said


def test_a_line_without_end_is_cut_where_it_can_be_seen() -> None:
    said = brief_line("[09:00:00] [Server thread/INFO]: " + "x" * 5000)

    assert len(said) == 200
    assert said.endswith("…")
