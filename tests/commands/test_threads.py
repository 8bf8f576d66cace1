"""Boards and mirrors in threads and posts of forums, which Discord archives after some days."""

import pytest

from demo.panel import SimPanel
from tests.clock import MovedClock, until
from tests.wirecord import Channel, Permission, text_of
from tests.wirecord.protocol import ChannelType
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def thread(world: World, kind: ChannelType = ChannelType.TEXT) -> Channel:
    """A thread in a channel, or a post in a forum."""
    return await world.guild.channel("games", kind).thread("Survival talk")


async def board(world: World, clock: MovedClock, into: Channel) -> None:
    """Make a board of Survival as the admin does."""
    shown = await world.admin.slash(world.channel, "board create", channel=into)
    await private(shown)
    (found,) = world.app.parts.directory.find(int(world.guild.id), "Survival")
    shown = await world.admin.select(shown.message, [found.id])
    await shown.until(lambda: "1 server" in shown.text)
    done = await world.admin.click(shown.message, label="Post the board")
    await until(clock, lambda: "stays true" in done.text)


async def mirror(world: World, clock: MovedClock, into: Channel, **options: object) -> None:
    """Mirror Survival as the admin does, and wait until it is heard."""
    shown = await world.admin.slash(
        world.channel, "mirror create", server="Survival", channel=into, **options
    )
    assert "goes to" in await private(shown)
    (found,) = world.app.parts.directory.find(int(world.guild.id), "Survival")
    await until(clock, lambda: world.app.parts.hub.known(found).is_live)
    await until(clock, world.app.parts.hub._feeds[found.id].caught_up.is_set)


def said(channel: Channel) -> str:
    return "\n".join(public(channel))


@pytest.mark.parametrize("kind", [ChannelType.TEXT, ChannelType.FORUM])
async def test_a_board_in_a_thread_that_fell_asleep_is_true_again_by_opening_it(
    roost: World, panel: SimPanel, clock: MovedClock, kind: ChannelType
) -> None:
    into = await thread(roost, kind)
    await board(roost, clock, into)
    await until(clock, lambda: "🟢 **Survival**" in said(into))
    (message,) = into.public()

    await into.archive()
    panel.world.server("Survival").instance.power("stop")  # type: ignore[union-attr]

    await until(clock, lambda: "⚫ **Survival**" in said(into))
    assert not into.is_archived
    assert into.public() == [message]


async def test_a_board_in_a_locked_thread_waits_and_goes_on_when_it_is_open_again(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    into = await thread(roost)
    await board(roost, clock, into)
    await until(clock, lambda: "🟢 **Survival**" in said(into))

    await into.archive(locked=True)
    panel.world.server("Survival").instance.power("stop")  # type: ignore[union-attr]
    guild_id = int(roost.guild.id)
    await until(clock, lambda: roost.app.parts.delivery.paused(guild_id))
    asked = len(roost.wire.log)
    await until(clock, lambda: roost.app.parts.boards.of(guild_id)[0].is_refused)
    listed = await private(await roost.admin.slash(roost.channel, "board list"))
    assert len([one for one in roost.wire.log[asked:] if into.id in one["path"]]) == 0
    await into.reopen()

    await until(clock, lambda: "⚫ **Survival**" in said(into))
    assert "locked" in listed


async def test_a_thread_the_bot_may_not_write_in_is_told_before_anything_is_made(
    roost: World,
) -> None:
    into = await thread(roost)
    assert into.parent is not None
    await into.parent.deny(Permission.SEND_MESSAGES_IN_THREADS)

    shown = await roost.admin.slash(roost.channel, "board create", channel=into)

    assert "*Send Messages in Threads*" in await private(shown)


@pytest.mark.parametrize("kind", [ChannelType.TEXT, ChannelType.FORUM])
async def test_a_console_goes_into_a_thread_and_opens_it_when_it_speaks(
    roost: World, panel: SimPanel, clock: MovedClock, kind: ChannelType
) -> None:
    into = await thread(roost, kind)
    await mirror(roost, clock, into)
    panel.world.server("Survival").line("one in a thread")
    await until(clock, lambda: "one in a thread" in said(into))

    await into.archive()
    panel.world.server("Survival").line("two in a thread")

    await until(clock, lambda: "two in a thread" in said(into))
    assert not into.is_archived
    assert into.parent is not None
    (hook,) = roost.wire.webhooks_of(into.parent)
    assert {message.get("webhook_id") for message in into.public()} == {hook["id"]}
    assert into.parent.public() == []


async def test_a_console_in_a_locked_thread_waits_with_its_lines(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    into = await thread(roost)
    await mirror(roost, clock, into)
    await into.archive(locked=True)
    panel.world.server("Survival").line("said behind a lock")
    guild_id = int(roost.guild.id)
    await until(clock, lambda: roost.app.parts.delivery.paused(guild_id))

    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    await into.reopen()

    await until(clock, lambda: "said behind a lock" in said(into))
    assert "closed and locked" in listed


async def test_a_webhook_of_a_thread_that_was_deleted_is_made_again_above_it(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    into = await thread(roost)
    await mirror(roost, clock, into)
    assert into.parent is not None
    (hook,) = roost.wire.webhooks_of(into.parent)
    roost.wire.webhooks.pop(hook["id"])

    panel.world.server("Survival").line("after the webhook")

    await until(clock, lambda: "after the webhook" in said(into))
    assert [text_of(message) for message in into.parent.public()] == []


async def test_a_deleted_thread_pauses_its_mirror_and_is_told(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    into = await thread(roost)
    await mirror(roost, clock, into)
    await into.delete()

    panel.world.server("Survival").line("into the void")

    guild_id = int(roost.guild.id)
    await until(clock, lambda: roost.app.parts.delivery.paused(guild_id))
    listed = await private(await roost.admin.slash(roost.channel, "mirror list"))
    assert "deleted" in listed


async def test_without_manage_webhooks_above_the_thread_the_mirror_is_refused(
    roost: World,
) -> None:
    into = await thread(roost)
    assert into.parent is not None
    await into.parent.deny(Permission.MANAGE_WEBHOOKS)

    shown = await roost.admin.slash(roost.channel, "mirror create", server="Survival", channel=into)

    assert "*Manage Webhooks*" in await private(shown)
