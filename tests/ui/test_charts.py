"""Charts: holes stay holes, and a process that hangs costs one picture."""

import asyncio
import math
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.ui.charts import PNG, Charts, NotDrawn
from bot.ui.drawing import Chart, Line, Panel, broken, ticks_of
from tests.clock import MovedClock

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC).timestamp()


def chart(lines: int = 1) -> Chart:
    at = [NOW + 60.0 * n for n in range(60)]
    drawn = [Line(f"Line {n}", at, [10.0 * n + 5.0] * 60) for n in range(lines)]
    panels = [Panel("CPU", drawn, unit="%", limit=100.0), Panel("Players", drawn, is_whole=True)]
    return Chart(panels, NOW, NOW + 3600, 60.0, "Europe/Berlin")


@pytest.fixture
async def charts() -> AsyncIterator[Charts]:
    charts = Charts(MovedClock(), draw_seconds=15.0)
    yield charts
    await charts.close()


def test_a_missing_step_breaks_the_line_and_nothing_is_put_in_its_place() -> None:
    at, values = broken(Line("", [0.0, 60.0, 300.0], [1.0, 2.0, 3.0]), 60.0)
    assert at == [0.0, 60.0, 120.0, 300.0]
    assert [math.isnan(value) for value in values] == [False, False, True, False]


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", [12, 18, 0, 6]), ("Asia/Kolkata", [18, 0, 6, 12])]
)
def test_times_are_round_in_the_guilds_own_zone(zone: str, hours: list[int]) -> None:
    ticks = ticks_of(NOW, NOW + 86400, timedelta(hours=6), ZoneInfo(zone))
    found = [datetime.fromtimestamp(tick, UTC).astimezone(ZoneInfo(zone)) for tick in ticks]
    assert [one.hour for one in found] == hours
    assert all(one.minute == 0 for one in found)


async def test_one_process_draws_chart_after_chart(charts: Charts) -> None:
    first = await charts.draw(chart())
    process_id = charts.process_id
    second, third = await asyncio.gather(charts.draw(chart(lines=6)), charts.draw(chart()))
    assert {picture[:4] for picture in (first, second, third)} == {PNG}
    assert charts.process_id == process_id


async def test_what_cannot_be_drawn_is_said_and_the_next_is_drawn(charts: Charts) -> None:
    with pytest.raises(NotDrawn, match="zone"):
        await charts.draw(Chart(chart().panels, NOW, NOW + 60, 60.0, "No/Where"))
    assert (await charts.draw(chart())).startswith(PNG)


async def test_a_process_that_hangs_is_killed_and_another_begun() -> None:
    charts = Charts(MovedClock(), draw_seconds=15.0)
    await charts.draw(chart())
    hung = charts.process_id
    assert hung is not None
    os.kill(hung, signal.SIGSTOP)
    charts._draw_seconds = 0.2
    with pytest.raises(NotDrawn):
        await charts.draw(chart())
    with pytest.raises(ProcessLookupError):
        os.kill(hung, 0)

    charts._draw_seconds = 15.0
    assert (await charts.draw(chart())).startswith(PNG)
    await charts.close()
    assert charts.process_id is None


async def test_the_process_gets_nothing_of_our_environment(
    charts: Charts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROOST_DISCORD_TOKEN", "a token that must stay here")
    await charts.draw(chart())
    assert b"ROOST" not in Path(f"/proc/{charts.process_id}/environ").read_bytes()
