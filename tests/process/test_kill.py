"""kill -9 at every step boundary and inside every step: nothing twice, nothing left unsaid."""

import asyncio
import contextlib
import re
from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from demo.panel import SimPanel
from tests.commands.test_backup import made
from tests.process.kill_points import CALLED_OFF, POINTS, TELLS, Point
from tests.process.stage import WAITS_SECONDS, Stage
from tests.wirecord import Json, eventually, text_of


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(one, id=one.id, marks=[] if one.is_quick else [pytest.mark.long])
        for one in POINTS
    ],
)
async def test_killed_there_it_goes_on_and_tells_the_truth(stage: Stage, point: Point) -> None:
    begin, check = SCENARIOS[point.scenario]
    is_held = point.at.split()[0] in ("held", "done")
    await stage.start("" if is_held else point.at)
    await stage.prepare()
    fault = _held(stage.panel, point.at) if is_held else None
    beginning: asyncio.Task[None] = asyncio.create_task(begin(stage, point))

    def is_there() -> bool:
        return bool(fault.hits) if fault is not None else stage.trip.exists()

    await eventually(lambda: is_there() or beginning.done(), WAITS_SECONDS)
    if not is_there() and beginning.exception() is not None:
        beginning.result()
    await eventually(is_there, WAITS_SECONDS)
    await stage.kill()
    beginning.cancel()
    await asyncio.wait({beginning})
    stage.panel.faults_clear()
    stage.trip.unlink(missing_ok=True)

    await stage.start()
    await check(stage, point)

    await eventually(lambda: not stage.live_jobs(), WAITS_SECONDS)
    left = [one for one in stage.said() if "…" in one]
    assert left == [], "a message is left unsaid"
    await stage.kill()


@pytest.mark.long
async def test_a_stop_that_is_minutes_old_is_not_sent_again(stage: Stage) -> None:
    await stage.start("power:begin stop:after")
    await stage.prepare()
    await stage.mia.slash(stage.channel, "power stop", server="Survival", delay="1s")
    await eventually(stage.trip.exists, WAITS_SECONDS)
    await stage.kill()
    stage.trip.unlink()
    stage.make_older(minutes=3)

    await stage.start()
    await stage.sees("is unknown", "most likely didn't arrive")

    assert stage.powers() == []
    assert stage.panel.world.server("Survival").state == "running"
    assert len(stage.said()) == 1


def _held(panel: SimPanel, at: str) -> Any:
    how, *rest = at.split(" ")
    after = int(rest.pop(0)) - 1 if rest[0].isdecimal() else 0
    return panel.fault("hang", route=" ".join(rest), times=1, after=after, is_done=how == "done")


async def _restart(stage: Stage, _point: Point) -> None:
    await stage.mia.slash(
        stage.channel, "power restart", server="Survival", delay="3s", backup_first=True
    )


async def _restarted(stage: Stage, point: Point) -> None:
    await stage.sees("Up again in", "as it was before")
    assert stage.deeds("server:power.stop") == 1
    assert stage.powers().count("stop") == (2 if point.at == "held POST */power" else 1)
    # a start may be repeated safely, and is only where the server stays off
    assert 1 <= stage.powers().count("start") <= 2
    assert stage.backups() == 1
    assert stage.panel.world.server("Survival").state == "running"
    typed = stage.commands()
    assert typed.count("save-all flush") <= 1
    assert len(set(typed)) == len(typed), "something was said twice"
    assert len(stage.said()) == 1


async def _kill(stage: Stage, _point: Point) -> None:
    instance = stage.panel.world.server("Survival").instance
    assert instance is not None
    instance.game().ignores_stop = True
    await stage.mia.slash(stage.channel, "power stop", server="Survival")
    await eventually(lambda: "stop" in stage.powers())
    await asyncio.sleep(1.0)  # until it is noted that the stop was sent
    asked = await stage.mia.slash(stage.channel, "power kill", server="Survival")
    await asked.until(lambda: "nothing is saved" in asked.text)
    await stage.mia.click(asked.message, label="Kill")


async def _killed(stage: Stage, _point: Point) -> None:
    await stage.sees("Off in")
    assert stage.panel.world.server("Survival").state == "offline"
    assert stage.powers().count("stop") == 1
    # a kill may be repeated safely, and is only where the first one did nothing
    assert 1 <= stage.powers().count("kill") <= 2
    assert len(stage.said()) == 1


async def _plain(stage: Stage, _point: Point) -> None:
    await stage.mia.slash(stage.channel, "power restart", server="Survival")


async def _plainly(stage: Stage, point: Point) -> None:
    if point.promise == TELLS:
        await stage.sees("most likely didn't arrive")
    else:
        await stage.sees("Up again in", "Whether the restart arrived")
    assert stage.panel.world.server("Survival").state == "running"
    assert stage.powers().count("restart") <= 1
    assert len(stage.said()) == 1


async def _cancel(stage: Stage, _point: Point) -> None:
    await stage.mia.slash(stage.channel, "power restart", server="Survival", delay="30s")
    message: Json = (await eventually(stage.channel.public))[-1]
    await asyncio.sleep(0.5)
    await stage.mia.click(message, label="Cancel")


async def _cancelled(stage: Stage, point: Point) -> None:
    assert point.promise == CALLED_OFF
    if point.at.startswith("power:rest"):  # it stood still before the click could be heard
        message = stage.channel.public()[-1]
        await stage.mia.click(message, label="Cancel")
    await stage.sees("cancelled the restart")
    assert stage.powers() == []
    assert len(stage.said()) == 1


async def _backup(stage: Stage, _point: Point) -> None:
    await stage.mia.slash(stage.channel, "backup create", server="Survival", name="nightly")


async def _backed_up(stage: Stage, point: Point) -> None:
    if point.promise == TELLS:
        await stage.sees("did not begin")
        assert stage.backups() == 0
        assert len(stage.said()) == 1
        return
    said = await stage.sees("is done:")
    assert re.search(r"\*\*nightly\*\* of \*\*Survival\*\* is done", said)
    assert stage.backups() == 1
    assert len(stage.said()) == 1


async def _approval(stage: Stage, _point: Point) -> None:
    shown = await stage.boss.slash(stage.channel, "policy edit", action="restart")
    await shown.until(lambda: "No policy here yet" in shown.text)
    chosen = await stage.boss.select(shown.message, ["approval"])
    await chosen.until(lambda: "may ask to restart" in chosen.text)
    tom = stage.channel.guild.member("tom")
    asked = await tom.slash(stage.channel, "power restart", server="Survival")
    await asked.until(lambda: "You may ask to" in asked.text)
    await tom.click(asked.message, label="Ask for it")
    await _approve(stage)


async def _approve(stage: Stage) -> None:
    await stage.sees("Approve: restart")
    message: Json = next(
        one for one in stage.channel.public() if "Approve: restart" in text_of(one)
    )
    await asyncio.sleep(0.5)
    with contextlib.suppress(LookupError, TimeoutError):
        await stage.mia.click(message, label="Approve")


async def _approved(stage: Stage, _point: Point) -> None:
    if not any("agreed" in one for one in stage.said()):
        await _approve(stage)
    await stage.sees("The restart begins")
    await stage.sees("Up again in")
    assert stage.powers() == ["restart"]
    assert stage.panel.world.server("Survival").state == "running"
    assert len(stage.said()) == 2


async def _vote(stage: Stage, _point: Point) -> None:
    guild = stage.channel.guild
    stage.voters = [guild.member(name) for name in ("ann", "bob", "cid")]
    shown = await stage.boss.slash(stage.channel, "policy edit", action="restart")
    await shown.until(lambda: "No policy here yet" in shown.text)
    chosen = await stage.boss.select(shown.message, ["vote"])
    await chosen.until(lambda: "may call a vote" in chosen.text)
    asked = await stage.voters[0].slash(stage.channel, "power restart", server="Survival")
    await asked.until(lambda: "You may call a vote" in asked.text)
    await stage.voters[0].click(asked.message, label="Call the vote")
    await _cast(stage)


async def _cast(stage: Stage) -> None:
    """Let those vote for it whose ballot isn't there, one after the other."""
    await stage.sees("Vote: ")
    for voter in stage.voters:
        await asyncio.sleep(0.5)
        message: Json = next(one for one in stage.channel.public() if "Vote: " in text_of(one))
        if int(voter.id) not in stage.ballots():
            with contextlib.suppress(LookupError, TimeoutError):
                await voter.click(message, label="For it")


async def _voted(stage: Stage, _point: Point) -> None:
    before = stage.ballots()
    if len(before) < len(stage.voters):
        await _cast(stage)
    assert set(stage.ballots().items()) >= set(before.items()), "a ballot is lost"
    carried = await stage.sees("The vote carried it")
    await stage.sees("Up again in")
    assert "3 of 3" in carried
    assert set(stage.ballots().values()) == {(1, 0)}, "a ballot was changed"
    assert stage.powers() == ["restart"]
    assert stage.panel.world.server("Survival").state == "running"
    assert len(stage.said()) == 2


async def _planned_backup(stage: Stage, _point: Point) -> None:
    shown = await stage.boss.slash(
        stage.channel, "plan backup", server="Survival", every="6h", keep=1
    )
    await shown.until(lambda: "Planned." in shown.text)
    await _rounds(stage, 2)


async def _rounds(stage: Stage, count: int) -> None:
    """Let the plan's time come until it was dealt with so often."""
    for done in range(1, count + 1):
        while stage.rounds() < done:
            stage.make_due(done - 1)
            await asyncio.sleep(0.1)


async def _backed_up_as_planned(stage: Stage, point: Point) -> None:
    await asyncio.wait_for(_rounds(stage, 2), WAITS_SECONDS)
    told = [one for one in stage.said() if "is done" in one]
    assert len(told) == 2
    assert ["Deleted, as planned" in one for one in told] == [False, True]
    (left,) = stage.panel.world.server("Survival").backups
    assert f"backup **{left.name}**" in told[1].replace("\\", "")
    # asked for again only where the panel still lists it, for then nothing was done the first time
    assert stage.deletions() == (2 if point.at.startswith("held DELETE") else 1)
    assert stage.deeds("server:backup.delete") == 1
    assert len(stage.said()) == 3
    await _unplan(stage)


async def _unplan(stage: Stage) -> None:
    shown = await stage.boss.slash(stage.channel, "plan remove", plan="Survival")
    await shown.until(lambda: "Removed" in shown.text)


async def _planned_restart(stage: Stage, _point: Point) -> None:
    shown = await stage.boss.slash(stage.channel, "plan restart", server="Survival", every="6h")
    await shown.until(lambda: "Planned." in shown.text)
    await _rounds(stage, 1)


async def _restarted_as_planned(stage: Stage, _point: Point) -> None:
    await asyncio.wait_for(_rounds(stage, 1), WAITS_SECONDS)
    await stage.sees("Up again in")
    assert stage.powers() in (["restart"], ["stop", "start"])
    assert stage.panel.world.server("Survival").state == "running"
    assert len(stage.said()) == 2
    await _unplan(stage)


async def _restore(stage: Stage, _point: Point) -> None:
    made(stage.panel, "nightly")
    shown = await stage.boss.slash(
        stage.channel, "backup restore", server="Survival", backup="nightly"
    )
    await shown.until(lambda: "replaces its files" in shown.text)
    form = await stage.boss.click(shown.message, label="Restore")
    await stage.boss.submit(form, "survival")


async def _restored(stage: Stage, point: Point) -> None:
    await stage.sees("It runs again.")
    assert stage.deeds("server:backup.restore") == 1
    assert stage.deeds("server:power.stop") == 1
    asked = sum(one.path.endswith("/restore") for one in stage.panel.requests)
    assert asked == (2 if point.at == "held POST */restore" else 1)
    assert stage.powers().count("stop") == (2 if point.at == "held POST */power" else 1)
    assert stage.powers().count("start") == (2 if point.at == "held 2 POST */power" else 1)
    assert stage.panel.world.server("Survival").state == "running"
    assert len(stage.said()) == 1


async def _start(stage: Stage, _point: Point) -> None:
    await stage.mia.slash(stage.channel, "power start", server="Creative")


async def _started(stage: Stage, point: Point) -> None:
    await stage.sees("Up in", "as it was before")
    assert stage.powers() == ["start"] * (2 if point.at == "held POST */power" else 1)
    assert stage.panel.world.server("Creative").state == "running"
    assert len(stage.said()) == 1


async def _alarm(stage: Stage, _point: Point) -> None:
    await stage.set_alert()
    stage.panel.world.server("Survival").crash(1)


async def _alarmed(stage: Stage, _point: Point) -> None:
    await stage.sees("It was down for")
    (only,) = stage.said()
    assert "Survival" in only


async def _board(stage: Stage, _point: Point) -> None:
    await stage.post_board("Survival", "Lobby")


async def _boarded(stage: Stage, _point: Point) -> None:
    game = stage.panel.world.server("Lobby").instance
    assert game is not None
    game.power("stop")
    await stage.sees("offline")
    (only,) = stage.said()
    assert "Lobby" in only


Begin = Callable[[Stage, Point], Coroutine[Any, Any, None]]
SCENARIOS: Final[dict[str, tuple[Begin, Begin]]] = {
    "restart": (_restart, _restarted),
    "kill": (_kill, _killed),
    "plain": (_plain, _plainly),
    "start": (_start, _started),
    "cancel": (_cancel, _cancelled),
    "backup": (_backup, _backed_up),
    "approval": (_approval, _approved),
    "vote": (_vote, _voted),
    "planned backup": (_planned_backup, _backed_up_as_planned),
    "planned restart": (_planned_restart, _restarted_as_planned),
    "restore": (_restore, _restored),
    "alarm": (_alarm, _alarmed),
    "board": (_board, _boarded),
}
"""How each begins, and what has to be true once the bot is back."""
