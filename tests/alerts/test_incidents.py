"""A crash becomes one incident: told at once, followed, closed when the server is well again."""

import asyncio

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, labels, messages, set_alert, watched
from tests.clock import MovedClock, passing, until
from tests.wirecord import Permission, text_of
from tests.world import World, private, public


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


async def test_a_crash_is_told_in_one_message_and_closed_when_the_server_is_well(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)

    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: messages(roost.channel, "crashed"))
    (message,) = roost.channel.public()
    assert "Exit code 1" in text_of(message)
    assert labels(message) == ["Restart", "Log", "Acknowledge"]
    assert [one["filename"] for one in message["attachments"]] == ["last-lines.log"]
    await until(clock, lambda: messages(roost.channel, "runs again since"))
    await until(clock, lambda: messages(roost.channel, "It was down for"))
    assert len(public(roost.channel)) == 1
    assert labels(roost.channel.public()[0]) == []


async def test_running_out_of_memory_is_said(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)

    panel.world.server(SERVER).crash(137, is_oom=True)

    await until(clock, lambda: messages(roost.channel, "ran out of memory (exit code 137)"))
    panel.world.server(SERVER).crash(1)
    await until(clock, lambda: messages(roost.channel, "crashed 2 times"))
    assert "> crashed: out of memory" in public(roost.channel)[-1]


async def test_the_last_lines_come_without_addresses_and_secrets(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.line("[Server thread/INFO]: Zoe[/203.0.113.7:50100] logged in with entity id 7")
    server.line("[Server thread/INFO]: Zoe issued server command: /login hunter22")
    await passing(clock, 4)

    server.crash(1)

    await until(clock, lambda: messages(roost.channel, "crashed"))
    (attached,) = roost.channel.public()[0]["attachments"]
    log = roost.wire.files[attached["id"]].decode()
    assert "simulated crash" in log
    assert "logged in with entity id 7" in log
    assert "203.0.113.7" not in log
    assert "hunter22" not in log


async def test_a_second_crash_within_a_minute_stays_the_same_incident_and_says_who_gave_up(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crash(1)
    await until(clock, lambda: messages(roost.channel, "runs again since"))

    server.crash(137)

    await until(clock, lambda: messages(roost.channel, "The node gave up"))
    (message,) = roost.channel.public()
    assert "crashed 2 times" in text_of(message)
    assert "Exit code 137" in text_of(message)
    assert server.state == "offline"

    await passing(clock, 400)
    assert len(public(roost.channel)) == 1
    assert "The node gave up" in text_of(roost.channel.public()[0])


async def test_a_second_crash_brings_its_own_last_lines(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crash(1)
    await until(clock, lambda: messages(roost.channel, "runs again since"))
    first = roost.channel.public()[0]["attachments"][0]["id"]

    server.line("the mod that broke it twice")
    server.crash(137)

    await until(clock, lambda: messages(roost.channel, "The node gave up"))
    await until(clock, lambda: roost.channel.public()[0]["attachments"][0]["id"] != first)
    (attached,) = roost.channel.public()[0]["attachments"]
    assert "the mod that broke it twice" in roost.wire.files[attached["id"]].decode()
    await passing(clock, 30)
    await roost.admin.click(roost.channel.public()[0], label="Acknowledge")
    await until(clock, lambda: messages(roost.channel, "takes care of it since"))
    assert roost.channel.public()[0]["attachments"] == [attached]


async def test_restart_is_decided_by_the_gate_and_brings_the_server_back(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crashes_on_start = True
    server.crash(1)
    await until(clock, lambda: messages(roost.channel, "The node gave up"))
    server.crashes_on_start = False
    tom, mia = await roost.member("tom"), await roost.member("mia", rights={"control.restart"})

    refused = await tom.click(roost.channel.public()[0], label="Restart")
    assert "You can't use" in await private(refused)
    await mia.click(roost.channel.public()[0], label="Restart")

    await until(clock, lambda: messages(roost.channel, "It was down for"))
    incident = messages(roost.channel, "It was down for")[0]
    assert "Mia asked for a restart" in text_of(incident)
    assert server.state == "running"


async def test_who_takes_care_is_shown_and_only_the_first(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    panel.world.server(SERVER).crash(1)
    await until(clock, lambda: messages(roost.channel, "crashed"))
    mia = await roost.member("mia", rights={"control.restart"})
    max_ = await roost.member("max", rights={"control.restart"})
    tom = await roost.member("tom")
    message = roost.channel.public()[0]

    assert "You can't use" in await private(await tom.click(message, label="Acknowledge"))
    clicks = [one.click(message, label="Acknowledge") for one in (mia, max_)]
    said = [await private(one) for one in await asyncio.gather(*clicks)]
    assert "It is yours" in said[0]
    assert "**Mia** takes care of it already" in said[1]

    assert "**Mia** takes care of it since" in text_of(message)
    assert labels(message) == ["Restart", "Log"]


@pytest.mark.parametrize("how", ["bot", "panel", "console", "kill"])
async def test_a_stop_that_was_asked_for_is_no_crash(
    roost: World, panel: SimPanel, clock: MovedClock, how: str
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    instance = panel.world.server(SERVER).instance
    assert instance is not None

    match how:
        case "bot":
            mia = await roost.member("mia", rights={"control.stop"})
            await mia.slash(roost.channel, "power stop", server=SERVER)
        case "panel":
            instance.power("stop")
        case "console":
            instance.type("stop")
        case "kill":
            instance.power("kill")

    await until(clock, lambda: panel.world.server(SERVER).state == "offline")
    await passing(clock, 60)
    assert not messages(roost.channel, "crashed")


async def test_a_crash_while_the_node_can_t_be_heard_is_said_to_be_unknown(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    panel.drop_sockets()
    assert server.instance is not None
    server.instance.jump("offline")

    await until(clock, lambda: messages(roost.channel, "is unknown"))
    (message,) = roost.channel.public()
    assert "is off. I couldn't hear its node" in text_of(message)
    assert labels(message) == []


async def test_a_restart_of_the_daemon_is_no_news(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    for event in ("crash", "state", "node", "panel"):
        await set_alert(roost, event)
    await watched(roost, clock)

    panel.reboot_node()

    await passing(clock, 180)
    assert public(roost.channel) == []


async def test_flapping_is_one_message_and_one_ping(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    roost.mods.mentionable = True
    await roost.guild.announce()
    await set_alert(roost, "crash", server=SERVER, role=roost.mods)
    await watched(roost, clock)
    server = panel.world.server(SERVER)

    for _ in range(4):
        server.crash(1)
        await until(clock, lambda: server.state == "running" and _is_well(roost))
        await passing(clock, 90)

    (message,) = roost.channel.public()
    assert "after 4 crashes" in text_of(message)
    assert message["_pings"] == [roost.mods.id]


def _is_well(world: World) -> bool:
    return bool(messages(world.channel, "runs again"))


async def test_a_deleted_message_is_posted_anew_by_the_next_crash_alone(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crash(1)
    await until(clock, lambda: messages(roost.channel, "runs again since"))
    await roost.wire.forget(roost.channel.public()[0])

    await passing(clock, 90)
    assert public(roost.channel) == []
    server.crash(1)

    await until(clock, lambda: messages(roost.channel, "crashed 2 times"))


async def test_a_deleted_channel_harms_no_other(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    other = roost.guild.channel("other")
    await roost.guild.announce()
    await set_alert(roost, "crash", server=SERVER, channel=other)
    await set_alert(roost, "crash", server=SERVER)
    await watched(roost, clock)

    await other.delete()
    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: messages(roost.channel, "It was down for"))
    listed = await private(await roost.admin.slash(roost.channel, "alerts list"))
    assert "paused: I may not write there" in listed


async def test_a_message_too_old_to_be_edited_is_posted_anew_without_a_ping(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    roost.mods.mentionable = True
    await roost.guild.announce()
    await set_alert(roost, "crash", server=SERVER, role=roost.mods)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.crashes_on_start = True
    server.crash(1)
    await until(clock, lambda: messages(roost.channel, "The node gave up"))
    old = roost.channel.public()[0]
    old["_posted_at"] -= 2 * 3600
    roost.wire.old_edit_limit(0, per=3600.0)
    server.crashes_on_start = False
    mia = await roost.member("mia", rights={"control.restart"})
    await mia.click(old, label="Restart")

    await until(clock, lambda: messages(roost.channel, "It was down for"))
    (told,) = messages(roost.channel, "It was down for")
    assert told["id"] != old["id"]
    assert told["_pings"] == []
    assert old["id"] not in [one["id"] for one in roost.channel.public()]


async def test_an_incident_gets_a_thread_where_that_is_wished(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "crash", server=SERVER, thread=True)
    await watched(roost, clock)

    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: messages(roost.channel, "It was down for"))
    (thread,) = [one for one in roost.guild.channels.values() if one.parent is roost.channel]
    await until(clock, lambda: messages(thread, "It was down for"))
    assert messages(thread, "runs")


async def test_what_may_not_be_posted_is_refused_when_it_is_set(
    roost: World, panel: SimPanel
) -> None:
    await roost.channel.deny(Permission.SEND_MESSAGES)

    shown = await roost.admin.slash(roost.channel, "alerts set", event="crash", server=SERVER)

    assert "I can't post there" in await private(shown)
