"""Writes kill-table.md from the points at which the tests kill the bot."""

from typing import Final

from tests.process.kill_points import POINTS

_HEAD: Final = """\
# Where the bot may be killed

Written by `make docs` from the table that is kept by hand in `tests/process/kill_points.py`. At
each of these points the tests kill the real `roost run` with `kill -9` from outside, start it again
with an empty memory, and look at Discord and at the panel: the server is where the promise says, no
effect has happened twice, and no message is left saying "…". `make test` tries some of them, marked
with a dot; `make test-all` tries all.

A request that was cut off on its way is sent again only where the panel shows that nothing came of
it, and where a second one could do no harm:

- a **start** of a server that is still off;
- a **stop** of a server that runs for longer than the stop is old, so that it is the same run, by
  a bot that is back within two minutes; later, or where nobody can tell the run, it says what it
  sees;
- a **kill** that somebody agreed to, of a server that still hasn't ended;
- a **backup** of which the panel lists none by its name after a minute, and the **deletion** of a
  backup that it still lists;
- a **restore** that the panel's own log of the server doesn't show after a minute.

A **restart** is never sent again: a second one would end the run that the first one began. Neither
is a warning, a save command or any other line for the console: the panel doesn't tell whether it
was typed.
"""
_SCENARIOS: Final = {
    "restart": "A restart with countdown, save and backup",
    "kill": "A stop that hangs, and the kill that was agreed to",
    "plain": "A restart at once",
    "cancel": "A countdown that is cancelled",
    "vote": "A vote of three",
    "planned backup": "A planned backup that keeps one, twice",
    "planned restart": "A planned restart",
    "backup": "A backup by command",
    "restore": "A restore of a server that runs",
    "start": "A start at once",
    "alarm": "A crash that is told",
    "board": "A board that is posted",
}


def page() -> str:
    """A section for each scenario, a line for each point."""
    parts = [_HEAD]
    for scenario in dict.fromkeys(point.scenario for point in POINTS):
        parts.append(f"\n## {_SCENARIOS.get(scenario, scenario.capitalize())}\n\n")
        parts.append("| Killed | Then it | |\n| --- | --- | --- |\n")
        for point in POINTS:
            if point.scenario == scenario:
                dot = "•" if point.is_quick else ""
                parts.append(f"| {point.phase} | {point.promise} | {dot} |\n")
    return "".join(parts)
