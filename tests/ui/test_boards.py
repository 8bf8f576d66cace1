"""Boards as texts: they fit into Discord's limits, whatever the servers are called."""

from datetime import timedelta

import discord
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.fleet.directory import Server
from bot.fleet.known import Known, Numbers, State
from bot.fleet.players import Counted
from bot.store.boards import Style
from bot.ui.boards import Row, board_message, facts, has_moved, is_stale, told
from tests.clock import START

NUMBERS = Numbers(memory_bytes=3 << 30, disk_bytes=5 << 30, cpu_percent=42.5, uptime_seconds=3600.0)


def row(
    name: str = "Survival",
    *,
    known: Known | None = None,
    address: str | None = "mc.example.com:25565",
    number: int = 0,
    players: int | None = 4,
) -> Row:
    server = Server(
        id=f"{number:08x}-0000-4000-8000-000000000001",
        guild_id=1,
        panel_id="p",
        panel_name="Nova",
        identifier=f"{number:08x}",
        uuid="u",
        name=name,
        address=address,
        memory_limit_bytes=4 << 30,
        cpu_limit_percent=200,
    )
    known = known or Known(State.RUNNING, START, NUMBERS, is_live=True)
    count = None if players is None else Counted(players, 20, (), START)
    started = START - timedelta(hours=1) if known.state is State.RUNNING else None
    return Row(server.id, name, known, server, started_at=started, count=count)


def components(message: discord.ui.LayoutView) -> int:
    return sum(1 for _ in message.walk_children())


NAMES = st.text(min_size=1, max_size=191)
STATES = st.sampled_from(list(State))


@settings(max_examples=60)
@given(
    names=st.lists(NAMES, min_size=1, max_size=25),
    state=STATES,
    style=st.sampled_from(list(Style)),
    title=NAMES,
)
def test_every_board_fits_into_one_message(
    names: list[str], state: State, style: Style, title: str
) -> None:
    if style is Style.BUTTONS:
        names = names[:7]
    known = Known(state, START, NUMBERS, State.RUNNING, START)
    rows = [row(name, known=known, number=n, address="a" * 200) for n, name in enumerate(names)]
    message = board_message(
        "b",
        title,
        rows,
        style,
        now=START,
        changed_at=START,
        has_chart=True,
        chart_words="the last hour",
    )
    layout = message.as_layout()
    assert components(layout) <= 40
    texts = [
        one.content for one in layout.walk_children() if isinstance(one, discord.ui.TextDisplay)
    ]
    assert sum(map(len, texts)) <= 4000
    assert "@" not in "".join(texts).replace("\\@", "")


def test_seven_servers_of_unknown_state_use_every_component_there_is() -> None:
    known = Known(State.UNKNOWN, None)
    rows = [row(f"S{n}", known=known, number=n) for n in range(7)]
    message = board_message(
        "b", "T", rows, Style.BUTTONS, now=START, changed_at=START, has_chart=True, chart_words="w"
    )
    assert components(message.as_layout()) == 40


def test_many_servers_are_told_in_fewer_words_each() -> None:
    few = told([row()], Style.CARDS, START)
    many = told([row("A server with a name", number=n) for n in range(25)], Style.CARDS, START)
    assert "Memory 3.0 GiB of 4.0 GiB" in few[0]
    assert all("CPU 42 %" in text and "GiB of" not in text for text in many)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (Known(State.RUNNING, START, NUMBERS, is_live=True), "4 of 20 players"),
        (Known(State.OFFLINE, START, is_live=True, since_at=START), "offline ·\u00a0<t:"),
        (Known(State.OFFLINE, START, is_live=True, has_crashed=True), "crashed"),
        (Known(State.RUNNING, START - timedelta(hours=1), NUMBERS), "unknown, last seen running"),
        (Known(State.NODE_DOWN, START, None, State.RUNNING, START), "the node doesn't answer"),
        (Known(State.SUSPENDED, START), "suspended"),
        (Known(State.KEY_REFUSED, START), "the panel refuses our key"),
    ],
)
def test_the_deciding_fact_comes_with_its_age(known: Known, words: str) -> None:
    assert words in told([row(known=known)], Style.LINES, START)[0]


@pytest.mark.parametrize("style", list(Style))
def test_where_a_line_wraps_no_dot_is_left_behind_at_its_end(style: Style) -> None:
    (text,) = told([row()], style, START)
    assert "·\u00a0" in text
    assert "· " not in text  # a browser breaks at that blank, after the dot


def test_numbers_of_a_server_that_is_not_sure_to_run_are_not_shown() -> None:
    known = Known(State.RUNNING, START - timedelta(hours=1), NUMBERS)
    assert is_stale(known, START)
    assert "CPU" not in told([row(known=known)], Style.LINES, START)[0]


def test_a_quiver_moves_nothing_and_a_jump_does() -> None:
    def using(cpu: float, memory: int) -> Row:
        numbers = Numbers(memory, 5 << 30, cpu, 3600.0)
        return row(known=Known(State.RUNNING, START, numbers, is_live=True))

    base = using(40.0, 2 << 30)
    assert not has_moved(base, using(52.0, (2 << 30) + (50 << 20)))
    assert has_moved(base, using(70.0, 2 << 30))
    assert has_moved(base, using(40.0, 3 << 30))


def test_facts_hold_all_that_deserves_an_edit_and_no_number() -> None:
    quiet = facts([row()], START)
    later = Known(State.RUNNING, START + timedelta(seconds=9), NUMBERS, is_live=True)
    assert facts([row(known=later)], START + timedelta(seconds=9)) == quiet
    assert facts([row(players=5)], START) != quiet
    assert facts([row(name="Renamed")], START) != quiet
    stopped = Known(State.STOPPING, START, is_live=True)
    assert facts([row(known=stopped)], START) != quiet
