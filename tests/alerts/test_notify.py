"""/notify: who asked is pinged where they asked, and nobody else."""

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, messages, watched
from tests.clock import MovedClock, passing, until
from tests.wirecord import Permission
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def test_who_asked_is_pinged_when_the_server_is_up_again(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await roost.member("tom", rights={"control.start"})
    shown = await mia.slash(roost.channel, "notify", server=SERVER)
    assert "You are pinged here: up again of **Survival**" in await private(shown)
    await watched(roost, clock)
    instance = panel.world.server(SERVER).instance
    assert instance is not None

    instance.power("restart")

    await until(clock, lambda: messages(roost.channel, "is up again"))
    (message,) = roost.channel.public()
    assert message["_pings"] == [mia.id]


async def test_a_crash_loop_pings_who_asked_once(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER, event="crash"))
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crashes_on_start = True

    server.crash(1)

    await until(clock, lambda: messages(roost.channel, "crashed"))
    await passing(clock, 120)
    (message,) = roost.channel.public()
    assert message["_pings"] == [mia.id]


async def test_who_asked_hears_of_a_restart_when_it_is_announced(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER, event="restart"))
    max_ = await roost.member("max", rights={"control.restart"})

    await max_.slash(roost.channel, "power restart", server=SERVER, delay="5m")

    await until(clock, lambda: messages(roost.channel, "is to be restarted"))
    (message,) = messages(roost.channel, "is to be restarted")
    assert message["_pings"] == [mia.id]


async def test_the_same_command_again_takes_it_back(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER))
    await watched(roost, clock)

    shown = await mia.slash(roost.channel, "notify", server=SERVER)
    assert "no longer pinged" in await private(shown)
    instance = panel.world.server(SERVER).instance
    assert instance is not None
    instance.power("restart")

    await passing(clock, 60)
    assert public(roost.channel) == []


async def test_where_the_bot_may_not_write_no_ping_is_promised_but_one_is_taken_back(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER, event="crash"))
    await roost.channel.deny(Permission.SEND_MESSAGES)

    refused = await mia.slash(roost.channel, "notify", server=SERVER)
    taken_back = await mia.slash(roost.channel, "notify", server=SERVER, event="crash")

    assert "I may not write here" in await private(refused)
    assert "no longer pinged" in await private(taken_back)
    notices = roost.app.parts.alerting.notices
    assert notices.of_member(int(roost.guild.id), int(mia.id)) == []


async def test_what_one_may_not_see_one_is_not_told_of(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    tom = await roost.member("tom")
    shown = await tom.slash(roost.channel, "notify", server=SERVER)
    assert "isn't open to you" in await private(shown)

    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER))
    await watched(roost, clock)
    revoked = await roost.admin.slash(roost.channel, "access revoke", member=mia)
    assert "Taken back" in await private(revoked)
    instance = panel.world.server(SERVER).instance
    assert instance is not None
    instance.power("restart")

    await passing(clock, 60)
    assert public(roost.channel) == []


async def test_who_left_is_forgotten_at_the_next_ping(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER))
    await watched(roost, clock)
    await mia.leave()
    instance = panel.world.server(SERVER).instance
    assert instance is not None

    instance.power("restart")

    notices = roost.app.parts.alerting.notices
    await until(clock, lambda: not notices.members(int(roost.guild.id)))
    assert public(roost.channel) == []


async def test_privacy_forgets_the_pings(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    await private(await mia.slash(roost.channel, "notify", server=SERVER))
    shown = await mia.slash(roost.channel, "privacy")
    assert "Yours: 1" in await private(shown)

    asked = await mia.click(shown.message, label="Erase what is about me …")
    await private(asked)
    done = await mia.click(asked.message, label="Erase")

    await done.until(lambda: "1 ping" in done.text)
    assert "None yet" in await private(await mia.slash(roost.channel, "notify"))


async def test_a_member_has_so_many_pings_and_no_more(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    servers = roost.app.parts.directory.of(int(roost.guild.id))
    names = [server.identifier for server in servers]
    said = [
        await private(await mia.slash(roost.channel, "notify", server=name, event=event))
        for name in names
        for event in ("up", "crash", "restart")
    ]

    assert all("You are pinged here" in one for one in said[:25])
    assert all("that is the most" in one for one in said[25:])
    listed = await mia.slash(roost.channel, "notify")
    assert "up again" in await private(listed)
