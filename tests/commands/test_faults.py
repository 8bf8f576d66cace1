"""Whatever the panel does: an honest line within 10 s, the outcome within 35 s."""

from collections.abc import AsyncIterator

import pytest

from demo.panel import SimPanel
from demo.panel.faults import KINDS, STATUSES, Side
from tests.clock import MovedClock, passing, until
from tests.wirecord import Shown
from tests.world import World

HONEST_SECONDS = 10.0
OUTCOME_SECONDS = 35.0
OF_SOCKETS = {"short_tokens", "too_many_sockets"}
ON_PANEL = {kind for kind in KINDS if not kind.startswith("json")} - OF_SOCKETS | STATUSES
ON_NODE = KINDS.keys() - OF_SOCKETS - {"maintenance"} | STATUSES
EVERY_FAULT = (
    *(("panel", kind) for kind in sorted(ON_PANEL)),
    *(("node", kind) for kind in sorted(ON_NODE)),
)
WAITING = ("Still waiting", "No answer after", "I follow it", "I'm checking")
NEVER = ("Traceback", "<html", "nginx", "Exception", "no HTTP", "Something broke on my side")


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture(autouse=True)
async def nothing_hangs_on(panel: SimPanel, clock: MovedClock) -> AsyncIterator[None]:
    """What a fault still holds is let go before the panel closes."""
    yield
    panel.faults_clear()
    await passing(clock, 150, step=15)


def _has_outcome(shown: Shown) -> bool:
    return bool(shown.text) and not any(line in shown.text for line in WAITING)


def _says_it_honestly(shown: Shown) -> None:
    assert not [word for word in NEVER if word in shown.text], shown.text


@pytest.mark.parametrize(("on", "kind"), EVERY_FAULT)
async def test_a_restart_is_answered_in_time_and_in_words(
    roost: World, panel: SimPanel, clock: MovedClock, on: Side, kind: str
) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    panel.fault(kind, route="POST */power", on=on)

    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    began = clock.monotonic()
    await until(clock, lambda: bool(shown.text), limit=HONEST_SECONDS)
    left = began + OUTCOME_SECONDS - clock.monotonic()
    await until(clock, lambda: _has_outcome(shown) or "I'm checking" in shown.text, limit=left)
    await until(clock, lambda: _has_outcome(shown), limit=120)
    _says_it_honestly(shown)


@pytest.mark.parametrize(("on", "kind"), EVERY_FAULT)
async def test_a_card_is_shown_in_time_with_what_is_known(
    roost: World, panel: SimPanel, clock: MovedClock, on: Side, kind: str
) -> None:
    mia = await roost.member("mia", rights={"websocket.connect"})
    panel.fault(kind, route="GET */resources", on=on)

    shown = await mia.slash(roost.channel, "server info", server="Survival")

    await _answered(clock, shown)
    assert "Survival" in shown.text


@pytest.mark.parametrize(("on", "kind"), EVERY_FAULT)
async def test_a_console_command_is_told_sent_refused_or_unknown(
    roost: World, panel: SimPanel, clock: MovedClock, on: Side, kind: str
) -> None:
    mia = await roost.member("mia", rights={"control.console"})
    panel.fault(kind, route="POST */command", on=on)

    shown = await mia.slash(roost.channel, "console run", server="Survival", command="list")

    await _answered(clock, shown)


@pytest.mark.parametrize("kind", sorted(ON_PANEL))
async def test_a_panel_in_trouble_everywhere_is_named(
    roost: World, panel: SimPanel, clock: MovedClock, kind: str
) -> None:
    panel.fault(kind)

    tested = await roost.admin.slash(roost.channel, "panel test", panel="Nova")
    listed = await roost.admin.slash(roost.channel, "server list")

    await _answered(clock, tested)
    await _answered(clock, listed)
    assert "Nova" in tested.text
    assert "Survival" in listed.text


@pytest.mark.parametrize(("on", "kind"), [*EVERY_FAULT, ("node", "too_many_sockets")])
async def test_without_a_console_a_start_is_still_followed(
    roost: World, panel: SimPanel, clock: MovedClock, on: Side, kind: str
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    panel.fault(kind, route="GET */websocket" if on == "panel" else "GET */ws", on=on)

    shown = await mia.slash(roost.channel, "power start", server="Creative")

    began = clock.monotonic()
    await until(clock, lambda: bool(shown.text), limit=HONEST_SECONDS)
    left = began + OUTCOME_SECONDS - clock.monotonic()
    await until(clock, lambda: _has_outcome(shown), limit=left)
    _says_it_honestly(shown)
    if (on, kind) != ("panel", "429"):  # it holds every call of the account, and that is told
        assert "is running" in shown.text


async def test_logins_that_expire_at_once_end_no_answer(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    panel.fault("short_tokens", seconds=1.0)

    shown = await mia.slash(roost.channel, "power start", server="Creative")

    await until(clock, lambda: "is running" in shown.text, limit=OUTCOME_SECONDS)


async def _answered(clock: MovedClock, shown: Shown) -> None:
    """Hold an answer to both limits, and to words."""
    began = clock.monotonic()
    await until(clock, lambda: bool(shown.text), limit=HONEST_SECONDS)
    left = began + OUTCOME_SECONDS - clock.monotonic()
    await until(clock, lambda: _has_outcome(shown), limit=left)
    _says_it_honestly(shown)
