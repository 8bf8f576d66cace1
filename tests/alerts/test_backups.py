"""Backups from anywhere: how each ended is told once, and that there is none that is fresh."""

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, back_up_on_panel, messages, set_alert, watched
from tests.clock import MovedClock, passing, until
from tests.wirecord import text_of
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def test_a_backup_made_on_the_panel_is_told_with_size_time_and_checksum(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "backup", server=SERVER)
    await watched(roost, clock)

    await back_up_on_panel(panel, "by hand")

    await until(clock, lambda: messages(roost.channel, "is done"))
    (message,) = roost.channel.public()
    assert "**by hand** of **Survival** is done" in text_of(message)
    assert "sha1:" in text_of(message)
    await passing(clock, 1300, step=10.0)
    assert len(public(roost.channel)) == 1


async def test_a_failed_backup_pings_although_the_same_event_comes(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    roost.mods.mentionable = True
    await roost.guild.announce()
    await set_alert(roost, "backup", server=SERVER, role=roost.mods)
    await watched(roost, clock)
    panel.world.server(SERVER).fails_backups = True

    await back_up_on_panel(panel, "by hand")

    await until(clock, lambda: messages(roost.channel, "failed: there is nothing in it"))
    (message,) = roost.channel.public()
    assert message["_pings"] == [roost.mods.id]


async def test_a_backup_whose_event_was_lost_is_told_all_the_same(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "backup", server=SERVER)
    await watched(roost, clock)
    panel.fault("too_many_sockets", on="node")
    panel.drop_sockets()

    await back_up_on_panel(panel, "by hand")

    await until(clock, lambda: messages(roost.channel, "is done"), limit=1500)


async def test_a_backup_made_here_is_told_once_in_its_channel(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    other = roost.guild.channel("other")
    await roost.guild.announce()
    await set_alert(roost, "backup", server=SERVER)
    await set_alert(roost, "backup", server=SERVER, channel=other)
    await watched(roost, clock)
    mia = await roost.member("mia", rights={"backup.create"})

    await mia.slash(roost.channel, "backup create", server=SERVER, name="nightly")

    await until(clock, lambda: messages(other, "is done"))
    await passing(clock, 900, step=10.0)
    assert len(public(roost.channel)) == 1
    assert "is done" in public(roost.channel)[0]
    assert len(public(other)) == 1


@pytest.mark.long
async def test_no_fresh_backup_is_told_and_closed_by_the_next_whole_one(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    for server in panel.world.servers:
        server.set_state("offline")  # a day of figures would only cost time
    await set_alert(roost, "backup", server=SERVER, threshold=1)
    await passing(clock, 20)
    assert public(roost.channel) == []
    await passing(clock, 90_000, step=600.0)

    await until(clock, lambda: messages(roost.channel, "has no fresh backup"))
    await back_up_on_panel(panel, "by hand")

    await until(clock, lambda: messages(roost.channel, "has a fresh backup"))


async def test_what_a_key_may_not_read_is_not_followed(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    await guild.connect(panel, account="bob")
    shown = await guild.admin.slash(guild.channel, "alerts set", event="backup", server=SERVER)
    assert "may not read" in await private(shown)
