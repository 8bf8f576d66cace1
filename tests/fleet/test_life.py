"""The life of a server, told from what its node really said: no crash is missed, none made up."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bot.fleet.known import State
from bot.fleet.life import (
    Crashed,
    Ended,
    GaveUp,
    Installed,
    Installing,
    Life,
    Missed,
    Removed,
    Rising,
    Running,
    Stopped,
    Turn,
    Why,
)
from bot.pterodactyl.console_events import (
    ConsoleLine,
    Disconnected,
    Event,
    Lost,
    Stats,
    Status,
    lines_of,
    read_event,
    read_frame,
)
from tests.clock import START

OWN = Path(__file__).parents[1] / "recordings" / "wings"
ONCE = "starts, runs, stopped"
LIVES: dict[str, dict[str, str]] = {
    "auth-subuser": {"admin": ONCE, "sub": ONCE},
    "command": {"": "stopped"},
    "crash": {
        "": f"starts, runs, crash 1 False, starts, runs, crash 137 False, gave up, {ONCE}",
    },
    "crash-exit-zero": {"": f"starts, runs, crash 0 False, {ONCE}"},
    "crash-on-start": {"": "starts, crash 1 False, starts, crash 1 False, gave up"},
    "crash-oom": {"": f"starts, runs, crash 137 True, {ONCE}"},
    "deleted": {"auth": "removed"},
    "disk-limit": {"": "stopped: disk"},
    "install": {
        "admin": "installing, installed",
        "late": "installed",
        "owner": "installing, installed",
        "sub": "installing, installed",
    },
    "install-image-fails": {
        "admin": "installing, installed",
        "owner": "installing, installed",
        "sub": "installing, installed",
    },
    "install-long": {"": f"installing, installed, {ONCE}"},
    "new-deleted": {"auth": "removed"},
    "new-suspended": {"a": "stopped", "quiet": "stopped"},
    "power": {"": f"{ONCE}, {ONCE}, {ONCE}"},
    "power-busy": {"": f"starts, stopped, starts, stopped, {ONCE}"},
    "power-errors-nonadmin": {"": ONCE},
    "power-http": {"": ONCE},
    "power-stop-native": {"": f"{ONCE}, {ONCE}, {ONCE}"},
    "power-stop-signal": {"": ONCE},
    "start-image-pull": {"admin": f"{ONCE}, {ONCE}", "owner": f"{ONCE}, {ONCE}"},
    "suspended": {"a": "stopped, starts, runs", "b": "starts, runs"},
    "transfer-refused": {"admin": f"stopped, {ONCE}", "owner": f"stopped, {ONCE}"},
    "transfer-success": {"dest": ONCE},
}
"""What happened on each socket of a recording, read in them by hand; in the others nothing did."""

DAEMON = "\x1b[33m\x1b[1m[Pterodactyl Daemon]:\x1b[39m {}\x1b[0m"
DETECTED = "---------- Detected server process in a crashed state! ----------"
OFFLINE, RUNNING, STARTING, STOPPING = map(Status, ("offline", "running", "starting", "stopping"))


def told(path: Path) -> Iterator[tuple[str, float, Event]]:
    """Socket, time and event of everything a node said in a recording."""
    for line in path.read_text().rstrip().split("\n"):
        entry = json.loads(line)
        socket, data = entry.get("sock", ""), entry["data"]
        if entry["dir"] == "meta":
            if "tcp_closed" in data:
                yield socket, entry["t"], Disconnected(reason="closed", again_in=1.0)
            continue
        if entry["dir"] != "in" or data.startswith("<"):
            continue
        frame = read_frame(data)
        if frame.event == "console output":
            for text in lines_of(frame.args[0] if frame.args else ""):
                yield socket, entry["t"], ConsoleLine(text)
        elif frame.event not in {"auth success", "jwt error", "token expiring", "token expired"}:
            yield socket, entry["t"], read_event(frame)


def word(turn: Turn) -> str:
    match turn:
        case Rising():
            return "starts"
        case Running():
            return "runs"
        case Stopped(is_disk_full=full):
            return "stopped: disk" if full else "stopped"
        case Crashed(exit_code=code, is_oom=oom):
            return f"crash {code} {oom}"
        case GaveUp():
            return "gave up"
        case Missed(before=before, now=now):
            return f"missed {before.value} {now.value}"
        case Ended():
            return "ended"
        case Installing():
            return "installing"
        case Installed():
            return "installed"
        case Removed():
            return "removed"
    raise AssertionError(turn)


def lives(path: Path) -> dict[str, str]:
    """What a `Life` makes of each socket of a recording."""
    found: dict[str, tuple[Life, list[str]]] = {}
    for socket, seconds, event in told(path):
        life, turns = found.setdefault(socket, (Life(), []))
        turns += map(word, life.hear(event, START + timedelta(seconds=seconds)))
    for life, told_so_far in found.values():
        told_so_far.extend(map(word, life.tick(START + timedelta(days=1))))
    return {socket: ", ".join(turns) for socket, (_, turns) in found.items() if turns}


def daemon(said: str) -> ConsoleLine:
    return ConsoleLine(DAEMON.format(said))


def lived(*heard: tuple[float, Event]) -> str:
    """What is made of events at these seconds, a minute later included."""
    life, turns = Life(), list[Turn]()
    for seconds, event in heard:
        turns += life.hear(event, START + timedelta(seconds=seconds))
    turns += life.tick(START + timedelta(seconds=heard[-1][0] + 60))
    return ", ".join(map(word, turns))


def test_every_recorded_conversation_tells_the_life_that_was_led(recordings: Path) -> None:
    own = {path.name for path in OWN.glob("ws-*.jsonl")}
    files = [path for path in (recordings / "wings").glob("ws-*.jsonl") if path.name in own]

    found = {path.stem.removeprefix("ws-"): lives(path) for path in files}

    assert len(found) == 74
    assert {name: turns for name, turns in found.items() if turns} == LIVES


def test_the_first_state_after_a_login_is_no_news() -> None:
    assert lived((0, RUNNING)) == ""
    assert lived((0, OFFLINE)) == ""


def test_what_is_known_at_the_beginning_is_no_news_but_what_follows_is() -> None:
    life = Life()
    life.begin(State.RUNNING)

    assert life.hear(OFFLINE, START) == []
    assert life.hear(daemon(DETECTED), START) == []
    assert [word(turn) for turn in life.tick(START + timedelta(seconds=3))] == ["crash None None"]


def test_going_off_without_a_stop_and_without_the_nodes_word_is_no_crash() -> None:
    assert lived((0, RUNNING), (5, OFFLINE)) == "ended"


def test_what_it_was_is_told_before_it_runs_again() -> None:
    """Also where the node, whose word may be missed, was lost right after."""
    away = Disconnected(reason="gone", again_in=1.0)

    assert lived((0, RUNNING), (1, OFFLINE), (4, STARTING), (8, RUNNING)) == "starts, ended, runs"
    assert lived((0, RUNNING), (1, OFFLINE), (2, RUNNING)) == "ended, runs"
    assert (
        lived((0, RUNNING), (1, OFFLINE), (1.1, away), (4, RUNNING))
        == "missed running offline, runs"
    )
    assert lived((0, RUNNING), (1, OFFLINE), (1.1, away), (4, OFFLINE)) == "missed running offline"
    assert (
        lived((0, RUNNING), (1, OFFLINE), (4, STARTING), (4.5, OFFLINE)) == "starts, ended, ended"
    )


def test_the_nodes_word_may_come_after_it_starts_again() -> None:
    crash = [daemon(DETECTED), daemon("Exit code: 1"), daemon("Out of memory: false")]
    heard = [(0, RUNNING), (1, OFFLINE), (1.3, STARTING), *((1.4, said) for said in crash)]

    assert lived(*heard) == "starts, crash 1 False"


def test_the_nodes_word_may_come_after_it_runs_again() -> None:
    """Right after a connection lines wait for the history, and states don't."""
    crash = [daemon(DETECTED), daemon("Exit code: 1"), daemon("Out of memory: false")]
    heard = [(0, RUNNING), (1, OFFLINE), (1.3, STARTING), (1.6, RUNNING)]

    assert lived(*heard, *((3.5, said) for said in crash)) == "starts, crash 1 False, runs"


def test_a_crash_while_nobody_listened_is_unknown() -> None:
    away = Disconnected(reason="gone", again_in=1.0)

    assert lived((0, RUNNING), (5, away), (9, OFFLINE)) == "missed running offline"
    assert lived((0, RUNNING), (5, Lost(cause="queue", lines=3)), (9, OFFLINE)) == (
        "missed running offline"
    )


def test_the_nodes_word_makes_a_crash_of_what_was_half_missed() -> None:
    flooded = Lost(cause="queue", lines=3000)
    heard = [(9.2, daemon(DETECTED)), (9.2, daemon("Exit code: 1"))]

    assert lived((0, RUNNING), (5, flooded), (9, OFFLINE), *heard) == "crash 1 None"


def test_a_stop_that_was_asked_for_before_the_socket_was_lost_stays_a_stop() -> None:
    away = Disconnected(reason="gone", again_in=1.0)

    assert lived((0, RUNNING), (1, STOPPING), (2, away), (9, OFFLINE)) == "stopped"


def test_a_restart_that_nobody_heard_shows_in_the_time_it_is_up() -> None:
    away = Disconnected(reason="gone", again_in=1.0)
    young = Stats(state="running", uptime_ms=4_000)
    old = Stats(state="running", uptime_ms=90_000)

    assert lived((0, RUNNING), (5, away), (60, RUNNING), (61, young)) == "missed running running"
    assert lived((0, RUNNING), (5, away), (60, RUNNING), (61, old)) == ""


def test_a_restart_while_a_dead_link_was_not_yet_noticed_shows_as_well() -> None:
    heard = Stats(state="running", uptime_ms=100_000)
    away = Disconnected(reason="the node no longer answers", again_in=1.0)
    young = Stats(state="running", uptime_ms=40_000)
    seen = [(0, RUNNING), (5, heard), (45, away), (50, RUNNING), (51, young)]

    assert lived(*seen) == "missed running running"


def test_a_game_that_prints_the_nodes_words_crashes_nothing() -> None:
    """Also coloured as the node does it, and right before a stop."""
    printed = daemon(DETECTED)

    assert lived((0, RUNNING), (1, printed), (2, daemon("Exit code: 1"))) == ""
    assert lived((0, RUNNING), (1, printed), (1.1, STOPPING), (2, OFFLINE)) == "stopped"
    assert lived((0, RUNNING), (1, STOPPING), (2, OFFLINE), (2.1, printed)) == "stopped"
    plain = ConsoleLine(f"[Pterodactyl Daemon]: {DETECTED}")
    assert lived((0, RUNNING), (1, OFFLINE), (1.1, plain)) == "ended"


def test_the_nodes_word_counts_while_the_history_comes_in() -> None:
    word_of_node = ConsoleLine(DAEMON.format(DETECTED), is_history=True)

    assert lived((0, RUNNING), (1, OFFLINE), (1.3, word_of_node)) == "crash None None"


def test_the_nodes_word_may_come_before_the_state() -> None:
    heard = [(0.0, RUNNING), (1.0, daemon(DETECTED)), (1.2, OFFLINE)]

    assert lived(*heard) == "crash None None"


def test_a_start_too_short_to_be_told_is_a_crash_by_the_nodes_word() -> None:
    heard = [(0.0, OFFLINE), (9.0, daemon(DETECTED)), (9.0, daemon("Exit code: 1"))]

    assert lived(*heard, (9.0, daemon("Out of memory: false"))) == "crash 1 False"


def test_a_crash_that_the_node_may_not_handle_is_one_all_the_same() -> None:
    said = "Aborting automatic restart, crash detection is disabled for this instance."

    assert lived((0, RUNNING), (1, OFFLINE), (1.1, daemon(said))) == "crash None None, gave up"


def test_a_start_that_fails_twice_ends_in_giving_up_in_whatever_order_it_is_told() -> None:
    failed = daemon("Server crash was detected but an error occurred while handling it.")
    given_up = daemon("Aborting automatic restart, last crash occurred less than 60 seconds ago.")
    first = [(0.0, OFFLINE), (1.0, STARTING), (2.0, OFFLINE), (2.3, daemon(DETECTED))]
    details = [(2.3, daemon("Exit code: 1")), (2.3, daemon("Out of memory: false"))]

    second = [(2.4, STARTING), (3.0, failed), (3.0, OFFLINE), (3.1, given_up)]
    swapped = [(2.4, STARTING), (3.0, OFFLINE), (3.0, failed), (3.1, given_up)]

    expected = "starts, crash 1 False, starts, crash None None, gave up"
    assert lived(*first, *details, *second) == expected
    assert lived(*first, *details, *swapped) == expected


def test_a_state_that_the_node_skipped_is_learned_from_its_figures() -> None:
    figures = Stats(state="running", uptime_ms=1000)
    heard = [(0.0, OFFLINE), (1.0, figures), (2.0, figures)]

    assert lived(*heard) == ""  # two may be late ones of before
    assert lived(*heard, (3.0, figures)) == "runs"


def test_how_long_it_was_off_is_told_with_its_return() -> None:
    life = Life()
    at = [START + timedelta(seconds=second) for second in (0, 1, 2, 50)]
    for moment, status in zip(at, (RUNNING, STOPPING, OFFLINE), strict=False):
        life.hear(status, moment)

    assert life.hear(RUNNING, at[3]) == [Running(at=at[3], off_since=at[2])]


def test_a_second_crash_within_a_minute_is_a_loop() -> None:
    life, turns = Life(), list[Turn]()
    said = "Aborting automatic restart, last crash occurred less than 60 seconds ago."
    for status in (RUNNING, OFFLINE):
        turns += life.hear(status, START)

    turns += life.hear(daemon(said), START)

    assert [turn.why for turn in turns if isinstance(turn, GaveUp)] == [Why.TOO_SOON]
    assert isinstance(turns[0], Crashed)
