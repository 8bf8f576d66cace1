"""Where the bot is killed, and what is promised of each place: the kill table.

Written by hand; `docs/kill-table.md` is made of it. A scenario of another kind of job adds its own
`Point`s and a function in `SCENARIOS` of `test_kill.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GOES_ON: Final = "goes on to its end"
"""The server gets to where it was to go, and the report says so."""
TELLS: Final = "tells what is unknown"
"""Nobody can know whether the request arrived, and it can't be repeated safely: it looks, says what
it sees, and doesn't repeat."""
ONCE_MORE: Final = "looks, and does it once more"
"""What is seen on the panel shows that the request never arrived, so it is sent again: a start of a
server that is still off, a stop of one that is still in the same run, the deletion of a backup that
is still there."""
CALLED_OFF: Final = "is called off"


@dataclass(frozen=True)
class Point:
    """One place, in one scenario."""

    scenario: str
    phase: str
    """In words, for the table."""
    at: str
    """Where the process stands still, as `killing/sitecustomize.py` names it; or a request that
    the panel holds: `held <route>` (before its effect) or `done <route>` (after it)."""
    promise: str = GOES_ON
    is_quick: bool = False
    """Tried by `make test`; the others by `make test-all`."""

    @property
    def id(self) -> str:
        return f"{self.scenario}, {self.at}".replace(":", " ")


_MOMENTS: Final = (
    ("begin {step}:before", "before the intent"),
    ("begin {step}:after", "intent written, not done"),
    ("end {step}:before", "done, result not written"),
    ("end {step}:after", "result written"),
)


def _around(
    scenario: str,
    phase: str,
    step: str,
    *promises: str,
    quick: int | None = None,
    kind: str = "power",
    moments: int = 4,
) -> Iterator[Point]:
    """The four moments around an effect, or the first of them; a promise not given: `GOES_ON`."""
    given = (*promises, *(GOES_ON,) * 4)
    for number, (at, words) in enumerate(_MOMENTS[:moments]):
        yield Point(
            scenario,
            f"{phase}: {words}",
            f"{kind}:{at.format(step=step)}",
            given[number],
            is_quick=number == quick,
        )


POINTS: Final[tuple[Point, ...]] = (
    # a restart with everything: countdown, warning, save, backup, stop, start, report
    Point("restart", "countdown: before it is kept", "power:phase countdown:before"),
    Point("restart", "countdown: kept", "power:phase countdown:after"),
    *_around("restart", "message", "post 1", quick=2),
    *_around("restart", "warning in the game", "warn 0 1"),
    Point("restart", "warning in the game: on its way", "held POST */command"),
    Point("restart", "countdown: waits", "power:rest:after"),
    Point("restart", "countdown: over, not noted", "power:phase ready:before"),
    Point("restart", "countdown: over", "power:phase ready:after"),
    *_around("restart", "saving", "save"),
    *_around("restart", "backup", "backup", quick=2),
    Point("restart", "backup: request on its way", "held POST */backups"),
    Point("restart", "backup: request arrived, no answer", "done POST */backups"),
    Point("restart", "backup: its follow-up tells", "backup:report:before"),
    Point("restart", "backup: its follow-up is over", "backup:over:after"),
    Point("restart", "backup: whole, not noted", "power:phase leg:before"),
    Point("restart", "backup: whole", "power:phase leg:after"),
    *_around("restart", "stop", "stop", GOES_ON, ONCE_MORE),
    Point("restart", "stop: request on its way", "held POST */power", ONCE_MORE, is_quick=True),
    Point("restart", "stop: request arrived, no answer", "done POST */power"),
    *_around("restart", "start", "start", GOES_ON, ONCE_MORE, quick=1),
    Point("restart", "start: request on its way", "held 2 POST */power", ONCE_MORE),
    Point("restart", "start: request arrived, no answer", "done 2 POST */power"),
    Point("restart", "report: before it is noted", "power:phase report:before"),
    Point("restart", "report: noted, not told", "power:phase report:after", is_quick=True),
    Point("restart", "report: told, not closed", "power:over:before"),
    Point("restart", "report: closed", "power:over:after"),
    # a server that doesn't stop, and the consent to kill it
    *_around("kill", "kill that was agreed to", "kill agreed", quick=2),
    Point("kill", "kill: request on its way", "held 2 POST */power"),
    Point("kill", "kill: request arrived, no answer", "done 2 POST */power"),
    # the panel's own restart, at once
    *_around("plain", "restart at once", "restart", GOES_ON, TELLS),
    *_around("plain", "message", "post 1"),
    Point("plain", "restart at once: request on its way", "held POST */power", TELLS),
    Point("plain", "restart at once: request arrived, no answer", "done POST */power"),
    # a start at once, which may be repeated
    *_around("start", "start", "start", GOES_ON, ONCE_MORE),
    Point("start", "start: request on its way", "held POST */power", ONCE_MORE),
    # a click
    Point("cancel", "cancel: clicked, not heard", "power:rest:after", CALLED_OFF),
    Point("cancel", "cancel: heard, not told", "power:phase report:after", CALLED_OFF),
    Point("cancel", "cancel: told, not closed", "power:over:before", CALLED_OFF),
    # a restart that a member asks for and a moderator approves
    *_around("approval", "question", "post 1", quick=2, kind="consent"),
    Point("approval", "question: posted, not noted", "consent:phase open:before"),
    Point("approval", "question: open", "consent:phase open:after"),
    Point("approval", "answer: clicked, not heard", "consent:rest:after"),
    Point("approval", "agreed, not begun", "consent:begin deed:before", is_quick=True),
    Point("approval", "being done", "consent:begin deed:after"),
    Point("approval", "done, not told", "consent:report:before"),
    Point("approval", "told, not closed", "consent:over:before"),
    # a vote of three
    *_around("vote", "question", "post 1", kind="consent"),
    Point("vote", "ballot: cast, not kept", "2 ballot:cast:after"),
    Point("vote", "ballot: kept, not counted", "jobs:hear:before"),
    Point("vote", "ballot: counted, waits for more", "2 consent:rest:after"),
    Point("vote", "last ballot: cast, not kept", "3 ballot:cast:after"),
    Point("vote", "last ballot: kept, not counted", "2 jobs:hear:before"),
    Point("vote", "decided, not noted", "consent:keeps agreed:before"),
    Point("vote", "decided, noted, not kept", "consent:keeps agreed:after"),
    Point("vote", "decided, not begun", "consent:begin deed:before", is_quick=True),
    Point("vote", "being done", "consent:begin deed:after"),
    Point("vote", "done with its note, not kept", "consent:keeps telling:after"),
    Point("vote", "done, not told", "consent:report:before"),
    Point("vote", "told, not closed", "consent:over:before"),
    # a planned backup that keeps one, twice: the second time deletes what the first made
    Point("planned backup", "due, not noted", "plan:phase look:before"),
    Point("planned backup", "due: looks", "plan:phase look:after"),
    Point("planned backup", "may begin, not noted", "plan:keeps backup:before"),
    Point("planned backup", "may begin, noted, not kept", "plan:keeps backup:after"),
    *_around("planned backup", "backup", "backup", kind="plan", moments=2),
    Point("planned backup", "backup: request on its way", "held POST */backups"),
    Point("planned backup", "backup: request arrived, no answer", "done POST */backups"),
    Point("planned backup", "backup: begun, not noted", "plan:keeps follow:before"),
    Point("planned backup", "backup: begun, noted, not kept", "plan:keeps follow:after"),
    *_around("planned backup", "message", "post 1", kind="plan"),
    Point("planned backup", "backup: waits for its end", "plan:rest in follow:before"),
    Point("planned backup", "backup: whole, not noted", "plan:phase sweep:before"),
    Point("planned backup", "backup: whole", "plan:phase sweep:after"),
    *_around("planned backup", "old backup", "delete", GOES_ON, ONCE_MORE, kind="plan"),
    Point("planned backup", "old backup: request on its way", "held DELETE */backups/*", ONCE_MORE),
    Point("planned backup", "old backup: deleted, no answer", "done DELETE */backups/*"),
    Point("planned backup", "told, the next time not noted", "2 plan:phase wait:before"),
    Point("planned backup", "told, waits for the next time", "2 plan:phase wait:after"),
    # a planned restart
    Point("planned restart", "due, not noted", "plan:phase look:before"),
    Point("planned restart", "due: looks", "plan:phase look:after"),
    Point("planned restart", "begun, not noted", "plan:keeps restart:before"),
    Point("planned restart", "begun, noted, not kept", "plan:keeps restart:after"),
    Point("planned restart", "begun: waits for its end", "plan:rest in restart:before"),
    Point("planned restart", "over, the next time not noted", "plan:phase wait:before"),
    Point("planned restart", "over, waits for the next time", "plan:phase wait:after"),
    # a backup by command
    Point("backup", "request on its way", "held POST */backups", TELLS),
    Point("backup", "request arrived, no answer", "done POST */backups"),
    *_around("backup", "message", "post 1", kind="backup"),
    Point("backup", "its end: noted, not told", "backup:report:before"),
    Point("backup", "its end: told, not noted", "backup:report:after"),
    Point("backup", "its end: told, not closed", "backup:over:before"),
    # a restore of a server that runs: it is stopped first, and started again in the end
    Point("restore", "may begin, not noted", "restoring:keeps stop:before"),
    Point("restore", "may begin, noted, not kept", "restoring:keeps stop:after"),
    *_around("restore", "message", "post 1", kind="restoring"),
    *_around("restore", "stop", "stop", GOES_ON, ONCE_MORE),
    Point("restore", "stop: request on its way", "held POST */power", ONCE_MORE),
    Point("restore", "stop: request arrived, no answer", "done POST */power"),
    Point("restore", "off, not noted", "restoring:phase ready:before"),
    Point("restore", "off, noted", "restoring:phase ready:after"),
    *_around("restore", "restore", "restore", GOES_ON, ONCE_MORE, kind="restoring", quick=2),
    Point("restore", "restore: request on its way", "held POST */restore", ONCE_MORE),
    Point("restore", "restore: request arrived, no answer", "done POST */restore"),
    Point("restore", "restore: begun, not followed", "restoring:keeps follow:before"),
    Point("restore", "restore: begun, followed, not kept", "restoring:keeps follow:after"),
    Point("restore", "restore: its follow-up tells", "restore:report:before"),
    Point("restore", "restore: its follow-up is over", "restore:over:after"),
    Point("restore", "restored, not noted", "restoring:phase start:before"),
    Point("restore", "restored, noted", "restoring:phase start:after"),
    *_around("restore", "start", "start", GOES_ON, ONCE_MORE),
    Point("restore", "start: request on its way", "held 2 POST */power", ONCE_MORE),
    Point("restore", "start: request arrived, no answer", "done 2 POST */power"),
    Point("restore", "report: before it is noted", "restoring:phase report:before"),
    Point("restore", "report: noted, not told", "restoring:phase report:after"),
    Point("restore", "report: told, not closed", "restoring:over:before"),
    # an alarm about a crash, in one message
    Point("alarm", "opened, not sent", "alarm:show:before"),
    Point("alarm", "sent, not noted", "alarm:sent:before", is_quick=True),
    Point("alarm", "sent, noted", "alarm:sent:after"),
    Point("alarm", "over, not told", "3 alarm:show:before"),
    # a board, which is one message
    Point("board", "posted, not noted", "board:posted:before"),
    Point("board", "posted, noted, not kept", "board:posted:after"),
)
