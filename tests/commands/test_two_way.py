"""Two-way mirrors: what a member with the right writes is a command, and nothing else is."""

from collections.abc import Callable

import pytest
from msgspec import structs

from bot.config import Config
from demo.panel import SimPanel
from tests.wirecord import Channel, Json, Member, eventually, text_of
from tests.world import World, private

COMMAND = "POST /servers/{}/command"


@pytest.fixture(scope="module")
def set_up() -> Callable[[Config], Config]:
    def reads_messages(settings: Config) -> Config:
        discord = structs.replace(settings.discord, message_content=True)
        return structs.replace(settings, discord=discord)

    return reads_messages


@pytest.fixture
async def mirrored(roost: World, panel: SimPanel) -> World:
    shown = await roost.admin.slash(roost.channel, "mirror create", server="Survival", two_way=True)
    assert "is run as a command" in await private(shown)
    servers = roost.app.parts.directory.of(int(roost.guild.id))
    server = next(one for one in servers if one.name == "Survival")
    assert await roost.app.parts.hub.wait_live(server, 10, caught_up=True)
    return roost


async def receipt(message: Json) -> str:
    """The one reaction that tells what became of a message."""
    reacted = await eventually(lambda: list(message.get("_reacted", ())))
    assert len(reacted) == 1
    return str(reacted[0])


def sent(panel: SimPanel) -> int:
    return len([asked for asked in panel.asked if asked.endswith("/command")])


async def say(member: Member, channel: Channel, text: str) -> Json:
    """Write, and wait for the receipt's sake until the bot has it as Discord does."""
    message = await member.say(channel, text)
    return channel.messages[message["id"]]


async def test_a_message_of_who_may_is_run_and_its_answer_stands_in_the_channel(
    mirrored: World, panel: SimPanel
) -> None:
    mia = await mirrored.member("mia", rights={"control.console"})

    message = await say(mia, mirrored.channel, "list")

    assert await receipt(message) == "✅"
    assert sent(panel) == 1
    await eventually(
        lambda: any(
            "players online" in text_of(m) for m in mirrored.channel.public() if "webhook_id" in m
        )
    )
    record = await mirrored.admin.slash(mirrored.channel, "audit list", member=mia)
    assert "console run" in await private(record)


async def test_a_message_of_who_may_not_is_refused_and_not_run(
    mirrored: World, panel: SimPanel
) -> None:
    tom = await mirrored.member("tom", rights={"control.restart"})

    message = await say(tom, mirrored.channel, "stop")

    assert await receipt(message) == "🚫"
    assert sent(panel) == 0


async def test_a_role_lost_before_the_message_counts(mirrored: World, panel: SimPanel) -> None:
    await mirrored.grant(mirrored.mods, "control.console")
    mia = await mirrored.member("mia", mirrored.mods)
    assert await receipt(await say(mia, mirrored.channel, "list")) == "✅"

    await mia.take(mirrored.mods)

    assert await receipt(await say(mia, mirrored.channel, "list")) == "🚫"
    assert sent(panel) == 1


async def test_talk_other_bots_webhooks_and_our_own_lines_are_no_commands(
    mirrored: World, panel: SimPanel
) -> None:
    mia = await mirrored.member("mia", rights={"control.console"})
    wire = mirrored.wire
    robot = mirrored.guild.member("robot")
    await mirrored.grant(robot, "control.console")
    robot.bot = True
    foreign = wire.foreign_webhook(mirrored.channel, "Mia")

    talk = await say(mia, mirrored.channel, "// the moon is full")
    other = await say(robot, mirrored.channel, "stop")
    hooked = await wire.messages.post(mirrored.channel, {"content": "stop"}, webhook=foreign)
    panel.world.server("Survival").line("stop")
    await eventually(lambda: "stop" in _lines(mirrored))
    last = await say(mia, mirrored.channel, "list")

    assert await receipt(last) == "✅"
    assert sent(panel) == 1
    assert not any(message.get("_reacted") for message in (talk, other, hooked))


@pytest.mark.parametrize("text", ["say a\nstop", "x" * 1999 + "é\u0000"])
async def test_what_can_t_be_sent_is_told_and_not_run(
    mirrored: World, panel: SimPanel, text: str
) -> None:
    mia = await mirrored.member("mia", rights={"control.console"})

    message = await say(mia, mirrored.channel, text)

    assert await receipt(message) == "⚠️"
    assert sent(panel) == 0


async def test_a_server_that_is_off_says_so(mirrored: World, panel: SimPanel) -> None:
    mia = await mirrored.member("mia", rights={"control.console", "control.stop"})
    stopped = await mia.slash(mirrored.channel, "power stop", server="Survival")
    await stopped.until(lambda: "is offline" in stopped.text)

    message = await say(mia, mirrored.channel, "list")

    assert await receipt(message) == "⚠️"
    await mirrored.posted("isn't running")


async def test_the_console_s_rules_hold_here_as_well(mirrored: World, panel: SimPanel) -> None:
    mia = await mirrored.member("mia", rights={"control.console"})
    guild_id = int(mirrored.guild.id)
    assert mirrored.app.parts.mirrors.two_way(guild_id, int(mirrored.channel.id))
    shown = await mia.slash(mirrored.channel, "console run", server="Survival", command="op Mia")
    told = await private(shown)

    message = await say(mia, mirrored.channel, "op Mia")

    assert (await receipt(message) == "✅") is ("Sent to" in told)


async def test_other_channels_and_one_way_mirrors_run_nothing(
    mirrored: World, panel: SimPanel
) -> None:
    mia = await mirrored.member("mia", rights={"control.console"})
    other = mirrored.guild.channel("other")
    await private(
        await mirrored.admin.slash(
            mirrored.channel, "mirror create", server="Survival", channel=other
        )
    )

    elsewhere = await say(mia, other, "stop")
    last = await say(mia, mirrored.channel, "list")

    assert await receipt(last) == "✅"
    assert sent(panel) == 1
    assert not elsewhere.get("_reacted")


async def test_a_second_two_way_mirror_in_a_channel_is_refused(
    mirrored: World, panel: SimPanel
) -> None:
    shown = await mirrored.admin.slash(
        mirrored.channel, "mirror create", server="Lobby", two_way=True
    )

    assert "one console only" in await private(shown)


async def test_no_button_stands_below_the_lines_where_messages_are_read(
    mirrored: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").line("hello there")

    await eventually(lambda: "hello there" in _lines(mirrored))
    assert not mirrored.channel.public()[-1]["components"]


def _lines(world: World) -> str:
    return "\n".join(text_of(m) for m in world.channel.public() if m.get("webhook_id"))
