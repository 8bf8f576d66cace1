"""The head of the audit trail is posted once a day, also over restarts, and never into a wall."""

import pytest

from tests.clock import MovedClock
from tests.wirecord import Permission, eventually
from tests.world import World, private, public

DAY = 24 * 3600.0


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def watched(guild: World, clock: MovedClock) -> World:
    shown = await guild.admin.slash(guild.channel, "audit channel", channel=guild.channel)
    await private(shown)
    return guild


def heads(world: World) -> list[str]:
    return [said for said in public(world.channel) if "Audit trail:" in said]


async def something_happens(world: World) -> None:
    await private(
        await world.admin.slash(
            world.channel, "access grant", role=world.mods, right="control.start"
        )
    )


async def test_a_day_with_entries_gets_one_head_and_a_quiet_one_none(
    watched: World, clock: MovedClock
) -> None:
    assert len(heads(watched)) == 1
    await something_happens(watched)

    await clock.advance(DAY)
    await eventually(lambda: len(heads(watched)) == 2)
    await clock.advance(DAY)

    assert len(heads(watched)) == 2


async def test_a_day_that_was_posted_is_not_posted_again_by_a_new_start(
    watched: World, clock: MovedClock
) -> None:
    await something_happens(watched)
    witness = watched.app.parts.witness
    fresh = type(witness)(
        database=watched.app.parts.database,
        gate=watched.app.parts.gate,
        places=witness._places,
        guilds=lambda: [int(watched.guild.id)],
        is_ready=lambda: True,
        clock=clock,
    )

    running = watched.app.supervisor.start("another start", fresh.run())
    await clock.advance(60)
    running.cancel()

    assert len(heads(watched)) == 1


async def test_a_channel_that_was_shut_is_left_alone_until_the_bot_may_write_again(
    watched: World, clock: MovedClock
) -> None:
    await something_happens(watched)
    await watched.channel.deny(Permission.SEND_MESSAGES)
    guild_id = int(watched.guild.id)
    await clock.advance(DAY)
    await eventually(lambda: watched.app.parts.witness.is_paused(guild_id))
    tried = _posts(watched)
    said = await private(await watched.admin.slash(watched.channel, "audit channel"))
    assert "may not write in" in said
    await clock.advance(DAY)
    assert _posts(watched) == tried

    await watched.channel.deny(Permission(0))
    await eventually(lambda: not watched.app.parts.witness.is_paused(guild_id))
    await clock.advance(DAY)

    await eventually(lambda: len(heads(watched)) == 2)


def _posts(world: World) -> int:
    path = f"/channels/{world.channel.id}/messages"
    return sum(one["method"] == "POST" and one["path"] == path for one in world.wire.log)
