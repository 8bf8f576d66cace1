"""kill -9 with a mirror and a board standing: both go on where they stood, and say what is lost."""

import contextlib

import pytest

from tests.process.stage import WAITS_SECONDS, Stage
from tests.wirecord import eventually, text_of


@pytest.mark.long
async def test_a_mirror_goes_on_by_the_same_webhook_and_says_that_lines_may_be_missing(
    stage: Stage,
) -> None:
    survival = stage.panel.world.server("Survival")
    await stage.start()
    await stage.prepare()
    shown = await stage.boss.slash(
        stage.channel, "mirror create", server="Survival", channel=stage.channel
    )
    await shown.until(lambda: "The console of" in shown.text)
    await stage.hears("Survival")
    await _heard(stage, "before the kill")
    (hook,) = stage.wire.webhooks_of(stage.channel)

    await stage.kill()
    survival.line("while it was dead")
    await stage.start()
    await stage.hears("Survival")
    await _heard(stage, "after the kill")

    assert stage.wire.webhooks_of(stage.channel) == [hook]
    said = _mirrored(stage)
    assert "lines may be missing here" in said
    lines = [line for line in said.split("\n") if "[INFO]" in line]
    assert len(lines) == len(set(lines)), "something came twice"
    assert said.index("before the kill") < said.index("lines may be missing")
    assert said.index("lines may be missing") < said.index("after the kill")
    await stage.kill()


@pytest.mark.long
async def test_a_board_is_the_same_message_and_true_again(stage: Stage) -> None:
    await stage.start()
    await stage.prepare()
    await stage.post_board("Survival", "Lobby")
    (before,) = await eventually(stage.channel.public, WAITS_SECONDS)
    await eventually(lambda: text_of(before).count("CPU") == 2, WAITS_SECONDS)

    await stage.kill()
    game = stage.panel.world.server("Lobby").instance
    assert game is not None
    game.power("stop")
    await stage.start()
    await stage.sees("offline")

    (after,) = stage.channel.public()
    assert after["id"] == before["id"]
    await stage.kill()


async def _heard(stage: Stage, text: str) -> None:
    """Let the server say something, once a second, until the channel has it.

    What it says before the console has sent its history is history too, and told to nobody.
    """
    for number in range(int(WAITS_SECONDS)):
        stage.panel.world.server("Survival").line(f"[INFO] {text}, time {number}")
        with contextlib.suppress(TimeoutError):
            await eventually(lambda: text in _mirrored(stage), 1.0)
            return
    raise AssertionError(f"not mirrored: {text}")


def _mirrored(stage: Stage) -> str:
    return "\n".join(stage.said())
