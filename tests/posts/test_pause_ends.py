"""A channel that refused although the bot may write there: the pause ends by itself, told once."""

import pytest

from bot.clock import Clock
from bot.posts.messages import Message
from tests.clock import MovedClock, passing, until
from tests.wirecord import text_of
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def post(world: World, text: str) -> bool:
    sent = await world.app.parts.places.send(
        int(world.guild.id), int(world.channel.id), Message(text)
    )
    return sent is not None


async def test_a_refusal_that_was_a_passing_one_pauses_for_minutes_and_not_for_good(
    guild: World, clock: MovedClock
) -> None:
    path = f"/channels/{guild.channel.id}/messages"
    guild.wire.fault("POST", path, 403)  # as a proxy on the way answers, without a code
    assert not await post(guild, "refused")
    assert not await post(guild, "left alone")

    await until(clock, lambda: not guild.app.parts.delivery.all_paused, limit=700)

    assert await post(guild, "here again")
    assert public(guild.channel) == ["here again"]


async def test_a_refusal_that_stays_is_tried_seldom_and_told_once(
    guild: World, clock: MovedClock
) -> None:
    told = guild.guild.channel("audit")
    await private(await guild.admin.slash(guild.channel, "audit channel", channel=told))
    path = f"/channels/{guild.channel.id}/messages"
    guild.wire.fault("POST", path, 403, 1000, code=50013)
    before = len(guild.wire.log)

    for _minute in range(120):
        assert not await post(guild, "a board, each minute")
        await passing(clock, 60, step=30.0)

    tried = [one for one in guild.wire.log[before:] if one["path"] == path]
    assert 2 <= len(tried) <= 13
    assert len([one for one in told.public() if "may no longer post" in text_of(one)]) == 1
