"""Alerts, boards and mirrors in the file of `/panel export`, taken over by another guild."""

import json
from typing import Any

import pytest

from demo.panel import SimPanel
from tests.commands.test_panel_more import exported, imported
from tests.wirecord import Channel, Permission, Role, eventually, text_of
from tests.wirecord.protocol import ChannelType
from tests.world import World, private


async def set_up(world: World, role: Role) -> None:
    """An alert, a board and a mirror, made as an admin makes them."""
    for event, options in (("crash", {"server": "Survival", "thread": True}), ("cpu", {})):
        shown = await world.admin.slash(
            world.channel, "alerts set", event=event, role=role, **options
        )
        assert "Alert set" in await private(shown)
    shown = await world.admin.slash(
        world.channel, "board create", title="How we are", style="cards"
    )
    await private(shown)
    ids = [world.app.parts.directory.find(int(world.guild.id), n)[0].id for n in SERVERS]
    shown = await world.admin.select(shown.message, ids)
    await shown.until(lambda: "2 servers" in shown.text)
    done = await world.admin.click(shown.message, label="Post the board")
    await done.until(lambda: "stays true" in done.text)
    shown = await world.admin.slash(
        world.channel, "mirror create", server="Survival", filter="joined|left"
    )
    assert "goes to" in await private(shown)


SERVERS = ("Survival", "Lobby")


async def test_alerts_boards_and_mirrors_go_along_without_any_webhook(
    roost: World, panel: SimPanel
) -> None:
    await set_up(roost, roost.mods)
    file = await exported(roost)
    (hook,) = roost.wire.webhooks_of(roost.channel)
    assert hook["token"] not in json.dumps(file)
    assert hook["id"] not in json.dumps(file)
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)

        said = await imported(other, file)

        assert "2 alerts" in said
        assert "1 board" in said
        assert "1 mirror" in said
        parts, guild_id = other.app.parts, int(other.guild.id)
        alerts = {one.event.value: one for one in parts.alerting.alerts.of(guild_id)}
        crash, cpu = alerts["crash"], alerts["cpu"]
        (survival,) = parts.directory.find(guild_id, "Survival")
        assert (crash.server_id, crash.in_thread) == (survival.id, True)
        assert {crash.role_id, cpu.role_id} == {int(other.mods.id)}
        await eventually(lambda: "How we are" in _said(other.channel))
        (new,) = other.wire.webhooks_of(other.channel)
        assert new["id"] != hook["id"]
        await eventually(lambda: parts.hub.known(survival).is_live)
        await parts.hub.wait_live(survival, 10, caught_up=True)
        panel.world.server("Survival").line("Steve joined the game")
        await eventually(lambda: "Steve joined the game" in _said(other.channel))
        assert "nothing to change" in await imported(other, file)
    finally:
        await other.close()


async def test_a_mirror_that_can_t_be_made_is_told_and_the_rest_is_taken_over(
    roost: World, panel: SimPanel
) -> None:
    await set_up(roost, roost.mods)
    file = await exported(roost)
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)
        await other.channel.deny(Permission.MANAGE_WEBHOOKS)
        content = json.dumps(file).encode()
        shown = await other.admin.slash(other.channel, "panel import", file=("roost.json", content))
        await private(shown)

        done = await other.admin.click(shown.message, label="Take it over")

        await done.until(lambda: "couldn't be made" in done.text)
        assert "*Manage Webhooks*" in done.text
        assert len(other.app.parts.alerting.alerts.of(int(other.guild.id))) == 2
    finally:
        await other.close()


async def test_a_mirror_whose_webhook_discord_refuses_is_told_and_begins_by_itself(
    roost: World, panel: SimPanel
) -> None:
    full = roost.guild.channel("full")
    await roost.guild.announce()
    others = [roost.wire.foreign_webhook(full, f"hook {n}") for n in range(15)]
    uuid = panel.world.server("Survival").uuid
    mirrors = [{"channel": {"id": one.id}, "server": uuid} for one in (full, roost.channel)]

    said = await taken_over(roost, {"roost": 1, "mirrors": mirrors})

    assert "**Survival** → " in said
    assert "as many webhooks as Discord allows" in said
    assert "I go on by myself" in said
    assert len(roost.wire.webhooks_of(roost.channel)) == 1
    shown = await roost.admin.slash(roost.channel, "mirror list")
    assert "as many webhooks as Discord allows" in await private(shown)
    roost.wire.webhooks.pop(others[0]["id"])
    shown = await roost.admin.slash(roost.channel, "mirror edit", server="Survival", channel=full)
    await private(shown)
    await roost.admin.click(shown.message, label="Try again")
    (survival,) = roost.app.parts.directory.find(int(roost.guild.id), "Survival")
    assert await roost.app.parts.hub.wait_live(survival, 10, caught_up=True)
    panel.world.server("Survival").line("there is room again")
    await eventually(lambda: "there is room again" in _said(full))
    assert len(roost.wire.webhooks_of(full)) == 15


async def test_an_alert_and_a_board_where_the_bot_may_not_post_are_told(
    roost: World, panel: SimPanel
) -> None:
    shut, open_one = roost.guild.channel("shut"), roost.guild.channel("open")
    await roost.guild.announce()
    await shut.deny(Permission.SEND_MESSAGES)
    await open_one.deny(Permission.CREATE_PUBLIC_THREADS)
    survival, lobby = (panel.world.server(name).uuid for name in SERVERS)
    file = {
        "roost": 1,
        "alerts": [
            {"event": "crash", "channel": {"id": shut.id}, "server": survival},
            {"event": "cpu", "channel": {"id": shut.id}},
            {"event": "crash", "channel": {"id": open_one.id}, "in_thread": True},
        ],
        "boards": [
            {"channel": {"id": shut.id}, "title": "How we are", "servers": [survival, lobby]},
            {"channel": {"id": open_one.id}, "title": "In the open", "servers": [lobby]},
        ],
    }

    said = await taken_over(roost, file)

    assert "3 alerts, 2 boards" in said
    assert f"2 alerts → <#{shut.id}>: I can't post there" in said
    assert f"**How we are** → <#{shut.id}>: I can't post there" in said
    assert f"I may open no threads in <#{open_one.id}>" in said
    assert "In the open" not in said
    await eventually(lambda: "In the open" in _said(open_one))


async def test_a_mirror_into_what_is_no_text_channel_is_told_and_not_left_out(
    roost: World, panel: SimPanel
) -> None:
    voice = roost.guild.channel("voice", ChannelType.VOICE)
    await roost.guild.announce()
    uuid = panel.world.server("Survival").uuid
    mirrors = [
        {"channel": {"id": voice.id, "name": "voice"}, "server": uuid},
        {"channel": {"id": roost.channel.id}, "server": uuid, "two_way": True},
        {
            "channel": {"id": roost.channel.id},
            "server": panel.world.server("Lobby").uuid,
            "two_way": True,
        },
    ]

    said = await taken_over(roost, {"roost": 1, "mirrors": mirrors})

    assert f"**Survival** → <#{voice.id}>: A console goes into a text channel" in said
    assert f"**Lobby** → <#{roost.channel.id}>: A message can go to one console only" in said
    (made,) = roost.app.parts.mirrors.of(int(roost.guild.id))
    assert made.options.two_way


async def taken_over(world: World, file: dict[str, Any]) -> str:
    """What stands there after a file was taken over."""
    content = json.dumps(file).encode()
    shown = await world.admin.slash(world.channel, "panel import", file=("roost.json", content))
    assert "Take these settings over?" in await private(shown)
    done = await world.admin.click(shown.message, label="Take it over")
    await done.until(lambda: "Taken over" in done.text)
    return done.text


@pytest.mark.parametrize(
    "broken",
    [
        {"alerts": [{"event": "fire", "channel": {"id": "1"}}]},
        {"alerts": [{"event": "cpu", "channel": {"id": "1"}, "threshold": 900}]},
        {"alerts": [{"event": "cpu", "channel": {"id": "1"}, "in_thread": True}]},
        {"boards": [{"channel": {"id": "1"}, "title": "x", "servers": []}]},
        {"boards": [{"channel": {"id": "1"}, "title": "", "servers": ["1" * 36]}]},
        {"boards": [{"channel": {"id": "1"}, "title": "x", "servers": ["1" * 36], "chart": "9y"}]},
        {
            "boards": [
                {
                    "channel": {"id": "1"},
                    "title": "x",
                    "style": "buttons",
                    "servers": [str(n) * 36 for n in range(8)],
                }
            ]
        },
        {"mirrors": [{"channel": {"id": "1"}, "server": "1" * 36, "preset": "gossip"}]},
        {"mirrors": [{"channel": {"id": "1"}, "server": "1" * 36, "include": "a" * 400}]},
        {"mirrors": [{"channel": {"id": "1"}, "server": "1" * 36, "webhook": "https://x"}]},
    ],
)
async def test_what_can_t_be_posted_is_refused_as_a_whole(
    roost: World, broken: dict[str, Any]
) -> None:
    assert "Nothing was changed" in await imported(roost, {"roost": 1, **broken})


async def test_a_role_above_and_a_hanging_pattern_are_not_taken_over(
    roost: World, panel: SimPanel
) -> None:
    above = roost.guild.role("Above")
    here = {"id": roost.channel.id}
    uuid = panel.world.server("Survival").uuid
    file = {
        "roost": 1,
        "alerts": [{"event": "panel", "channel": here, "role": {"id": above.id, "name": "Above"}}],
        "mirrors": [{"channel": here, "server": uuid, "include": "(a+)+$"}],
    }
    shown = await roost.admin.slash(
        roost.channel, "panel import", file=("roost.json", json.dumps(file).encode())
    )
    assert "Above" in await private(shown)

    done = await roost.admin.click(shown.message, label="Take it over")

    await done.until(lambda: "couldn't be made" in done.text)
    assert "takes too long" in done.text
    (alert,) = roost.app.parts.alerting.alerts.of(int(roost.guild.id))
    assert alert.role_id is None
    assert roost.app.parts.mirrors.of(int(roost.guild.id)) == []


def _said(channel: Channel) -> str:
    return "\n".join(text_of(one) for one in channel.public())
