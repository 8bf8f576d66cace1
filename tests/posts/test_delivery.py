"""Sending through Discord: what refuses is paused and told once, what says "later" is heeded."""

import asyncio
from collections.abc import Callable

import discord
import pytest

from bot.posts import delivery as delivering
from bot.posts.answers import Edited, NotSent, Post
from bot.posts.messages import Message
from tests.wirecord import Channel, Permission, eventually, text_of
from tests.world import World, private, public


async def post(world: World, text: str, channel: Channel | None = None) -> Post | None:
    channel = channel or world.channel
    places = world.app.parts.places
    return await places.send(int(world.guild.id), int(channel.id), Message(text))


def tried(world: World, channel: Channel) -> int:
    path = f"/channels/{channel.id}/messages"
    return sum(one["method"] == "POST" and one["path"] == path for one in world.wire.log)


async def test_a_channel_that_refuses_is_tried_once_and_told_once(guild: World) -> None:
    told = guild.guild.channel("audit")
    await private(await guild.admin.slash(guild.channel, "audit channel", channel=told))
    await guild.channel.deny(Permission.SEND_MESSAGES)

    posts = await asyncio.gather(*(post(guild, f"line {number}") for number in range(20)))

    assert posts == [None] * 20
    assert tried(guild, guild.channel) == 1
    said = await eventually(lambda: [one for one in public(told) if "may no longer post" in one])
    assert f"<#{guild.channel.id}>" in said[0]
    assert await post(guild, "still not") is None
    assert tried(guild, guild.channel) == 1
    assert len([one for one in public(told) if "may no longer post" in one]) == 1


async def test_a_paused_channel_goes_on_when_the_permission_is_back(guild: World) -> None:
    await guild.channel.deny(Permission.SEND_MESSAGES)
    assert await post(guild, "refused") is None

    await guild.channel.deny(Permission(0))

    await eventually(lambda: not guild.app.parts.delivery.paused(int(guild.guild.id)))
    assert await post(guild, "here again") is not None
    assert public(guild.channel) == ["here again"]


async def test_a_deleted_channel_is_told_as_deleted(guild: World) -> None:
    told, gone = guild.guild.channel("audit"), guild.guild.channel("gone")
    await private(await guild.admin.slash(guild.channel, "audit channel", channel=told))
    await gone.delete()

    assert await post(guild, "into nothing", gone) is None

    await eventually(lambda: [one for one in public(told) if "was deleted" in one])


async def test_a_429_is_waited_out_without_a_storm_and_nothing_is_lost(guild: World) -> None:
    other = guild.guild.channel("other")
    guild.wire.fault(
        "POST", f"/channels/{guild.channel.id}/messages", 429, times=3, retry_after=0.3
    )

    sending = asyncio.gather(*(post(guild, f"line {number}") for number in range(3)))
    await post(guild, "meanwhile", other)

    assert public(other) == ["meanwhile"]
    assert public(guild.channel) == []
    await sending
    assert public(guild.channel) == ["line 0", "line 1", "line 2"]
    assert tried(guild, guild.channel) == 6


async def test_an_old_message_s_edit_limit_comes_back_as_its_own_result(guild: World) -> None:
    guild.wire.old_edit_limit(1, per=600.0)
    sent = await post(guild, "steady")
    assert sent is not None
    guild.wire.age(guild.channel.public()[-1], 3700)

    first = await sent.edit(Message("once"))
    second = await sent.edit(Message("twice"))

    assert (first, second) == (Edited.DONE, Edited.TOO_OLD)
    assert not second
    assert public(guild.channel) == ["once"]


async def test_edits_that_come_faster_than_they_are_sent_end_in_the_newest(guild: World) -> None:
    sent = await post(guild, "first")
    assert sent is not None

    came = await asyncio.gather(*(sent.edit(Message(f"edit {number}")) for number in range(50)))

    assert public(guild.channel) == ["edit 49"]
    assert came.count(Edited.SUPERSEDED) >= 45


async def test_a_deleted_message_is_gone_and_its_channel_is_not_paused(guild: World) -> None:
    sent = await post(guild, "short")
    assert sent is not None
    await guild.wire.forget(guild.channel.public()[-1])

    assert await sent.edit(Message("late")) is Edited.GONE
    assert await post(guild, "next") is not None


async def test_only_who_is_named_is_pinged_and_who_can_t_be_is_told(guild: World) -> None:
    loud, still = guild.guild.role("Loud"), guild.guild.role("Still")
    loud.mentionable = True
    await guild.guild.announce()
    mia = guild.guild.member("mia")
    places, guild_id = guild.app.parts.places, int(guild.guild.id)
    pings = [
        discord.Object(int(loud.id), type=discord.Role),
        discord.Object(int(still.id), type=discord.Role),
        discord.Object(int(mia.id), type=discord.User),
    ]
    await eventually(lambda: places.can_ping(guild_id, int(guild.channel.id), pings[0]))
    text = f"@everyone <@&{loud.id}> <@&{still.id}> <@{mia.id}> <@{guild.admin.id}>"

    sent = await places.send(guild_id, int(guild.channel.id), Message(text), pings=pings)

    assert sent is not None
    assert set(guild.channel.public()[-1]["_pings"]) == {loud.id, mia.id}
    assert [one.id for one in sent.unheard] == [int(still.id)]


async def test_trouble_of_discord_s_own_is_told_and_pauses_nothing(guild: World) -> None:
    guild.wire.fault("POST", f"/channels/{guild.channel.id}/messages", 400, code=40060)

    with pytest.raises(NotSent):
        await post(guild, "not now")

    assert await post(guild, "now") is not None


async def test_refusals_that_add_up_stop_the_sending_before_discord_does(
    guild: World, monkeypatch: pytest.MonkeyPatch, expected_errors: Callable[[str], None]
) -> None:
    expected_errors("too many refusals")
    so_far = guild.app.parts.delivery.refusals
    monkeypatch.setattr(delivering, "QUIET_AT_REFUSALS", so_far + 5)
    guild.wire.fault(
        "POST", f"/channels/{guild.channel.id}/messages", 429, times=100, retry_after=0.01
    )

    sending = asyncio.create_task(post(guild, "over and over"))
    await eventually(lambda: tried(guild, guild.channel) == 5)
    await asyncio.sleep(0.3)

    assert tried(guild, guild.channel) == 5
    mia = await guild.member("mia")
    assert "server" in await private(await mia.slash(guild.channel, "help"))
    sending.cancel()
    guild.wire.clear_faults()
    assert [text_of(one) for one in guild.channel.public()] == []
