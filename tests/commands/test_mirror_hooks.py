"""Webhooks of mirrors and what people do to them: no foreign one is used, none made in a storm."""

import pytest

from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.test_threads import mirror, said, thread
from tests.wirecord import Channel, Json, text_of
from tests.world import World, private, public

MIRRORED = "Survival"


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


def of_mirror(world: World, channel: Channel, *others: Json) -> Json:
    """The one webhook in a channel beside those that stood there before."""
    known = {one["id"] for one in others}
    (own,) = [one for one in world.wire.webhooks_of(channel) if one["id"] not in known]
    return own


def made(world: World, channel: Channel) -> int:
    """How many webhooks were asked for in a channel."""
    path = f"/channels/{channel.id}/webhooks"
    return sum(one["method"] == "POST" and one["path"] == path for one in world.wire.log)


async def test_webhooks_of_others_and_of_yesterday_are_neither_used_nor_taken_away(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    wire, channel = roost.wire, roost.channel
    others = [
        wire.foreign_webhook(channel, "GitHub"),
        wire.foreign_webhook(channel, MIRRORED),
        wire.own_webhook(channel, MIRRORED),
    ]
    before = [dict(one) for one in others]

    await mirror(roost, clock, channel)
    panel.world.server(MIRRORED).line("by a webhook of its own")
    await until(clock, lambda: "by a webhook of its own" in said(channel))
    own = of_mirror(roost, channel, *others)
    shown = await roost.admin.slash(channel, "mirror remove", server=MIRRORED)
    assert "no longer goes" in await private(shown)
    await until(clock, lambda: own["id"] not in wire.webhooks)

    assert {message["webhook_id"] for message in channel.public()} == {own["id"]}
    assert others == before
    assert wire.webhooks_of(channel) == others


async def test_a_webhook_that_others_write_by_is_no_command_and_no_line(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await mirror(roost, clock, roost.channel, two_way=True)
    server = panel.world.server(MIRRORED).instance
    assert server is not None
    foreign = roost.wire.foreign_webhook(roost.channel, MIRRORED)

    await roost.wire.messages.post(roost.channel, {"content": "stop"}, webhook=foreign)
    await passing(clock, 10)

    assert server.state == "running"
    assert said(roost.channel) == "stop"


async def test_a_channel_that_filled_with_webhooks_is_told_and_goes_on_when_there_is_room(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await mirror(roost, clock, roost.channel)
    roost.wire.webhooks.pop(of_mirror(roost, roost.channel)["id"])
    others = [roost.wire.foreign_webhook(roost.channel, f"hook {n}") for n in range(15)]

    panel.world.server(MIRRORED).line("said while there was no room")
    await passing(clock, 20)
    asked = made(roost, roost.channel)
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    await passing(clock, 600, step=10.0)
    storm = made(roost, roost.channel) - asked
    roost.wire.webhooks.pop(others[0]["id"])

    await until(clock, lambda: "said while there was no room" in said(roost.channel))
    assert "as many webhooks as Discord allows" in listed
    assert storm <= 11
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    assert "is heard" in listed


async def test_where_each_new_webhook_is_deleted_at_once_there_is_no_storm_and_it_is_told(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await mirror(roost, clock, roost.channel)
    asked = made(roost, roost.channel)
    # another bot that guards the guild takes each away before anything is sent by it
    roost.wire.fault("POST", r"^/webhooks/\d+/", 404, 10_000, code=10015)

    panel.world.server(MIRRORED).line("said to a guarded channel")
    await passing(clock, 600, step=5.0)
    storm = made(roost, roost.channel) - asked
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    roost.wire.clear_faults()

    await until(clock, lambda: "said to a guarded channel" in said(roost.channel))
    assert 1 <= storm <= 11
    assert "webhook there is deleted again and again" in listed
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    assert "is heard" in listed


async def test_what_went_where_a_webhook_was_moved_is_taken_back_from_there(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await mirror(roost, clock, roost.channel)
    elsewhere = roost.guild.channel("elsewhere")
    hook = of_mirror(roost, roost.channel)
    hook["channel_id"] = elsewhere.id

    panel.world.server(MIRRORED).line("not for everybody")

    await until(clock, lambda: "not for everybody" in said(roost.channel))
    assert public(elsewhere) == []
    assert hook["id"] not in roost.wire.webhooks


async def test_the_webhook_of_a_thread_that_was_moved_is_made_again_and_no_deletion_is_told(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    told = roost.guild.channel("audit")
    await private(await roost.admin.slash(roost.channel, "audit channel", channel=told))
    into = await thread(roost)
    assert into.parent is not None
    await mirror(roost, clock, into)
    elsewhere = roost.guild.channel("elsewhere")
    hook = of_mirror(roost, into.parent)
    hook["channel_id"] = elsewhere.id

    panel.world.server(MIRRORED).line("for the thread alone")

    await until(clock, lambda: "for the thread alone" in said(into))
    assert hook["id"] not in roost.wire.webhooks
    assert of_mirror(roost, into.parent)["id"] != hook["id"]
    assert not any("deleted" in text_of(message) for message in told.public())
    assert public(elsewhere) == []
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    assert "is heard" in listed
