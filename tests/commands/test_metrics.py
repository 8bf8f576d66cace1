"""What an operator sees of commands, panels, the record and the link to Discord."""

from demo.panel import SimPanel
from tests.world import World, private


def counted(world: World, line: str) -> float:
    for one in world.app.metrics.text().decode().splitlines():
        if one.startswith(line):
            return float(one.rsplit(" ", 1)[1])
    return 0.0


async def test_commands_are_counted_by_what_came_of_them(roost: World, panel: SimPanel) -> None:
    seconds = 'roost_command_seconds_count{command="server info",outcome="%s"}'
    mia = await roost.member("mia", rights={"websocket.connect"})
    tom = await roost.member("tom")
    good, bad = counted(roost, seconds % "answered"), counted(roost, seconds % "refused")

    await private(await mia.slash(roost.channel, "server info", server="Survival"))
    await private(await tom.slash(roost.channel, "server info", server="Survival"))

    assert counted(roost, seconds % "refused") == bad + 1
    shown = await mia.slash(roost.channel, "about")
    await private(shown)
    await shown.until(lambda: counted(roost, seconds % "answered") == good + 1)


async def test_panel_requests_and_entries_of_the_record_are_counted(
    roost: World, panel: SimPanel
) -> None:
    asked, kept = (
        'roost_panel_request_seconds_count{outcome="answered"}',
        'roost_audit_entries_total{kind="change"}',
    )
    before = counted(roost, asked), counted(roost, kept)
    assert min(before) > 0

    await roost.grant(roost.mods, "control.start")
    await private(await roost.admin.slash(roost.channel, "panel test", panel="Nova"))

    assert counted(roost, asked) > before[0]
    assert counted(roost, kept) == before[1] + 1


async def test_health_tells_how_long_ago_discord_answered_a_heartbeat(guild: World) -> None:
    health = await guild.app.health()

    assert health.ok
    assert health.heartbeat_age_s is not None
    later = await guild.app.health()
    assert later.heartbeat_age_s is not None
    assert later.heartbeat_age_s > health.heartbeat_age_s
