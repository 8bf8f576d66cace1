"""Whatever the panel does: an honest line within 10 s, the outcome within 35 s."""

import asyncio
from collections.abc import Callable
from typing import Literal

import pytest

from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import Shown
from tests.world import World

HONEST_SECONDS = 10.0
OUTCOME_SECONDS = 35.0
KINDS = (
    *(("panel", kind) for kind in ("refused", "hang", "reset", "drop", "slow", "truncated")),
    *(("panel", kind) for kind in ("wrong_types", "html200", "html403", "html502", "html504")),
    *(("panel", kind) for kind in ("redirect", "maintenance", "garbage")),
    *(("panel", status) for status in ("401", "403", "404", "409", "422", "429", "500", "503")),
    *(("node", kind) for kind in ("refused", "hang", "json403", "json404", "json500", "html502")),
)


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def _moved(clock: MovedClock, check: Callable[[], bool], *, limit: float) -> float:
    """Move the clock from sleeper to sleeper until `check` holds; the seconds that took."""
    begin = clock.monotonic()
    while not check():
        for _ in range(4):  # what is under way over real sockets goes first
            await asyncio.sleep(0.005)
            if check():
                return clock.monotonic() - begin
        step = clock.next_wake_in
        await clock.advance(min(step, 1.0) if step else 0.25)
        assert clock.monotonic() - begin <= limit, f"nothing within {limit} s"
    return clock.monotonic() - begin


def _has_outcome(shown: Shown) -> bool:
    text = shown.text
    waiting = ("Still waiting", "No answer after", "I follow it", "I'm checking")
    return bool(text) and not any(line in text for line in waiting)


@pytest.mark.parametrize(("on", "kind"), KINDS)
async def test_a_restart_is_answered_in_time_and_in_words(
    roost: World, panel: SimPanel, clock: MovedClock, on: Literal["panel", "node"], kind: str
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    panel.fault(kind, route="POST */power", on=on)

    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    await _moved(clock, lambda: bool(shown.text), limit=HONEST_SECONDS)
    await _moved(
        clock, lambda: _has_outcome(shown) or "I'm checking" in shown.text, limit=OUTCOME_SECONDS
    )
    await _moved(clock, lambda: _has_outcome(shown), limit=120)
    assert "Traceback" not in shown.text
    assert "<html" not in shown.text
    assert "Something broke on my side" not in shown.text


@pytest.mark.parametrize(("on", "kind"), KINDS)
async def test_a_card_is_shown_in_time_with_what_is_known(
    roost: World, panel: SimPanel, clock: MovedClock, on: Literal["panel", "node"], kind: str
) -> None:
    mia = await roost.member("mia", rights={"websocket.connect"})
    panel.fault(kind, route="GET */resources", on=on)

    shown = await mia.slash(roost.channel, "server info", server="Survival")

    await _moved(clock, lambda: bool(shown.text), limit=HONEST_SECONDS)
    await _moved(clock, lambda: _has_outcome(shown), limit=OUTCOME_SECONDS)
    assert "Survival" in shown.text
    assert "Something broke on my side" not in shown.text
