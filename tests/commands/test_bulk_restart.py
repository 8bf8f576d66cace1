"""A bulk action across restarts of the bot: its one message is finished, and nothing sent twice."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from bot.config import Config
from bot.fleet.known import NOTHING_KNOWN
from bot.store.jobs import JobRow
from bot.work.again import Asked
from bot.work.bulk_lines import BulkLine, row_text
from bot.work.power_order import PowerJob, PowerOrder
from bot.work.telling import Told
from demo.panel import SimPanel
from tests.clock import MovedClock, until
from tests.commands.test_bulk import powers, question, staff
from tests.commands.test_plan import HOUR, said
from tests.logs import Secrets
from tests.running import running
from tests.wirecord import Member, Wire
from tests.world import MASTER_KEY, World, config, private, public


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def settings(wire: Wire, tmp_path: Path, secrets: Secrets) -> Config:
    secrets.add(MASTER_KEY)
    return config(wire, tmp_path)


async def restarting(world: World, panel: SimPanel, *names: str) -> Member:
    """Restart servers that take long to come up, until those whose turn it is were sent."""
    await world.open()
    await world.connect(panel)
    for name in names:
        panel.world.server(name).boot_seconds = 40.0
    mia = await world.member("mia", staff(world), rights={"control.restart"})
    asked = await question(world, mia, *names)
    await mia.click(asked.message, label=f"Restart {len(names)} servers")
    await world.posted("sent, waiting")
    return mia


async def test_a_bot_that_ends_and_starts_again_finishes_the_message(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        mia = await restarting(world, panel, "Survival", "Lobby")
        await until(clock, lambda: len(powers(panel)) == 2, step=0.1)
        listed = await mia.slash(world.channel, "jobs")
        assert "**Mia** restarts 2 servers: *patch*" in await private(listed)
    assert said(world, "0 of 2 done")

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: said(world, "2 of 2 done"))
        (only,) = public(world.channel)
        assert "waiting" not in only
        assert "**Survival** is running" in only
        assert "**Lobby** is running" in only
        assert len(powers(panel)) == 2
        await world.close()


async def test_what_was_not_begun_before_a_long_absence_is_left_out_and_said(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    names = ("Survival", "Creative", "Modded", "Lobby", "Rust Island")
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        await restarting(world, panel, *names)
        await until(clock, lambda: len(powers(panel)) == 4, step=0.1)
    await clock.advance(HOUR)

    async with running(wire, settings, clock) as world.app:
        await until(clock, lambda: said(world, f"{len(names)} of {len(names)} done"))
        (only,) = public(world.channel)
        assert only.count("not sent, I was away for too long") == len(names) - 4
        assert "waiting" not in only
        assert len(powers(panel)) == 4
        await world.close()


async def test_cancelled_in_jobs_the_rest_is_not_begun_and_the_message_says_which(
    wire: Wire, settings: Config, panel: SimPanel, clock: MovedClock
) -> None:
    names = ("Survival", "Creative", "Modded", "Lobby", "Rust Island")
    async with running(wire, settings, clock) as app:
        world = World(wire, app)
        mia = await restarting(world, panel, *names)
        await until(clock, lambda: len(powers(panel)) == 4, step=0.1)
        listed = await mia.slash(world.channel, "jobs")
        await private(listed)

        cancelled = await mia.click(listed.message, label="Cancel")

        await cancelled.until(lambda: "Cancelled" in cancelled.text)
        await world.posted("not begun, cancelled")
        late = await world.admin.slash(world.channel, "jobs")
        assert "restarts 5 servers" in await private(late)
        assert "Cancel" not in str(late.message["components"])
        await until(clock, lambda: said(world, "4 of 4 done"))
        (only,) = public(world.channel)
        assert "**Mia** cancelled 1 that was not begun" in only
        assert only.count("not begun, cancelled") == 1
        assert len(powers(panel)) == 4
        await world.close()


def ended(outcome: str, report: str, *, was_sent: bool) -> JobRow:
    """A power workflow that is over, as it is kept."""
    now = datetime(2026, 11, 25, tzinfo=UTC)
    asked = Asked(
        guild_id=1,
        channel_id=2,
        actor_id=3,
        actor_name="Mia",
        action="bulk power",
        right="control.restart",
        server_id="s",
        reference="r",
    )
    state = PowerJob(
        asked=asked,
        order=PowerOrder(signal="restart"),
        language="en-US",
        told=Told(channel_id=2, is_quiet=True),
        leg="restart",
        report=report,
    )
    done = {"done": now.isoformat()} if was_sent else {}
    return JobRow(
        kind="power",
        state=msgspec.to_builtins(state),
        run_at=now,
        id="j",
        guild_id=1,
        steps={"restart": {"begun": now.isoformat(), **done}},
        claimed_by=None,
        fence=1,
        was_cut_off=False,
        failures=0,
        trouble=None,
        made_at=now,
        outcome=outcome,
        ended_at=now,
    )


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (ended("done", "🟢 Up again.\n-# by a plan", was_sent=True), "🟢 Up again."),
        (ended("failed", "🔴 It went off again.", was_sent=True), "🔴 It went off again."),
        (ended("failed", "⚪ No. Its words", was_sent=False), "🔴 **Lobby**: it failed, nothing"),
        (ended("refused", "⚪ No. Its words", was_sent=False), "⛔ **Lobby**: left out"),
        (ended("gone", "⚪ No. Its words", was_sent=False), "⛔ **Lobby**: its panel is no longer"),
        (
            ended("failed", "", was_sent=True),
            "⚪ **Lobby**: how it ended is unknown; it is unknown",
        ),
        (None, "⚪ **Lobby**: how it ended is unknown; it is unknown now."),
    ],
)
def test_what_ended_while_nobody_listened_is_told_by_what_was_written_down(
    row: JobRow | None, line: str
) -> None:
    server = BulkLine(server_id="s", label="Lobby", text="", job_id="j")
    said_now = row_text(server, row, NOTHING_KNOWN)
    assert said_now.startswith(line)
    assert "Its words" not in said_now
    assert "\n" not in said_now
