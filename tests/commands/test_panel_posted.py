"""Alerts, boards and mirrors in the file of `/panel export`, taken over by another guild."""

import json
from typing import Any

import pytest

from demo.panel import SimPanel
from tests.commands.test_panel_more import exported, imported
from tests.wirecord import Channel, Permission, Role, eventually, text_of
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
