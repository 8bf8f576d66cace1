"""/server usage over time: sampled each minute, kept through a restart, drawn with its gaps."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.fleet.directory import Server
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.wirecord import Shown, components_of
from tests.world import World, private


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


class Days:
    """Lets time pass for a guild that keeps history."""

    def __init__(self, roost: World, clock: MovedClock) -> None:
        self.roost = roost
        self.clock = clock
        self.parts = roost.app.parts

    async def switch(self, *, on: bool = True) -> None:
        shown = await self.roost.admin.slash(self.roost.channel, "config", page="servers")
        await private(shown)
        shown_ids = (c.get("custom_id", "") for c in components_of(shown.message["components"]))
        flip = next(one for one in shown_ids if one.startswith("r:config-flip:history"))
        changed = await self.roost.admin.click(shown.message, custom_id=flip)
        await changed.until(lambda: f"History is {'on' if on else 'off'}" in changed.text)

    def server(self, name: str) -> Server:
        guild_id = int(self.roost.guild.id)
        return next(s for s in self.parts.directory.of(guild_id) if s.name == name)

    async def passes(self, seconds: float, *, step: float = 5.0) -> None:
        await passing(self.clock, seconds, step=step)

    async def until(self, holds: Callable[[], object], *, within: float = 300.0) -> None:
        await until(self.clock, holds, step=1.0, limit=within)

    async def samples(self, name: str, range_key: str) -> list[Any]:
        return await self.parts.history.read(self.server(name), range_key)

    async def usage(self, name: str, range_key: str) -> Shown:
        mia = self.roost.admin
        shown = await mia.slash(self.roost.channel, "server usage", server=name, range=range_key)
        await shown.settled()
        return shown


@pytest.fixture
def days(roost: World, panel: SimPanel, clock: MovedClock) -> Days:
    return Days(roost, clock)


async def test_without_history_the_range_says_how_to_switch_it_on(days: Days) -> None:
    shown = await days.usage("Survival", "24h")
    assert "/config" in await private(shown)
    assert not shown.message["attachments"]


async def test_an_hour_is_sampled_each_minute_drawn_and_told_in_words(days: Days) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(30 * 60)

    taken = await days.samples("Survival", "1h")
    assert 28 <= len(taken) <= 31
    assert all(sample.up and sample.cpu_percent > 0 for sample in taken)
    shown = await days.usage("Survival", "1h")
    said = await private(shown)
    assert "The last hour" in said
    assert "up 100 %" in said
    assert "Known for" in said  # half an hour of it is a gap
    (picture,) = shown.message["attachments"]
    assert days.roost.wire.files[picture["url"].split("/")[-2]].startswith(b"\x89PNG")


async def test_a_published_chart_stands_in_the_channel_with_its_picture(days: Days) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Lobby")).is_live)
    await days.passes(180)
    shown = await days.usage("Lobby", "24h")
    await days.roost.admin.click(shown.message, label="Show in channel")
    assert "The last 24 hours" in await days.roost.posted("The last 24 hours")
    assert days.roost.channel.public()[-1]["attachments"]


async def test_time_in_which_nothing_was_known_is_a_gap(days: Days, panel: SimPanel) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(5 * 60)
    panel.world.nodes[0].is_reachable = False
    panel.drop_sockets()
    await days.passes(20 * 60)
    panel.world.nodes[0].is_reachable = True
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(5 * 60)

    taken = await days.samples("Survival", "1h")
    gaps = [b.at - a.at for a, b in itertools.pairwise(taken)]
    assert max(gaps) > timedelta(minutes=15)


async def test_hours_that_are_over_are_thinned_and_a_day_is_read_from_both(days: Days) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(3 * 3600, step=20.0)
    taken = await days.samples("Survival", "24h")
    assert 34 <= len(taken) <= 38  # three hours in steps of five minutes
    assert all(a.at < b.at for a, b in itertools.pairwise(taken))
    assert sum(sample.known for sample in taken) == pytest.approx(180, abs=4)


async def test_switched_off_nothing_more_is_kept_or_watched(days: Days) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(120)
    await days.switch(on=False)
    await days.passes(120)
    count = len(await days.samples("Survival", "1h"))
    await days.passes(600)
    assert len(await days.samples("Survival", "1h")) == count
    assert days.parts.hub.watched(int(days.roost.guild.id)) == 0


async def test_a_board_with_a_chart_carries_its_picture_through_edits(
    days: Days, panel: SimPanel
) -> None:
    await days.switch()
    await days.until(lambda: days.parts.hub.known(days.server("Survival")).is_live)
    await days.passes(300)
    roost = days.roost
    shown = await roost.admin.slash(roost.channel, "board create", chart="1h")
    await private(shown)
    picked = await roost.admin.select(shown.message, [days.server("Survival").id])
    await picked.until(lambda: "1 server" in picked.text)
    done = await roost.admin.click(picked.message, label="Post the board")
    await done.until(lambda: "stays true" in done.text)
    (board,) = roost.channel.public()
    assert [one["filename"] for one in board["attachments"]] == ["chart.png"]
    first = board["attachments"][0]["url"]

    game = panel.world.server("Survival").instance
    assert game is not None
    game.power("stop")
    await days.until(lambda: "offline" in str(roost.channel.public()[0]["components"]))
    (board,) = roost.channel.public()
    assert [one["url"] for one in board["attachments"]] == [first]
    await days.until(
        lambda: [one["url"] for one in roost.channel.public()[0]["attachments"]] != [first],
        within=700,
    )
    assert len(roost.channel.public()[0]["attachments"]) == 1
