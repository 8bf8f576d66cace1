"""/access explain and Why?: the whole chain, read now, and the button that turns it for an hour."""

from datetime import timedelta

import pytest

from demo.panel import SimPanel
from tests.clock import MovedClock
from tests.wirecord import Member, Shown
from tests.world import World, private


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def explained(world: World, member: Member, command: str, **options: object) -> Shown:
    shown = await world.admin.slash(
        world.channel, "access explain", member=member, command=command, **options
    )
    await private(shown)
    return shown


async def test_the_whole_chain_is_told_link_by_link(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.restart"}, server="Survival")

    said = (await explained(roost, mia, "power restart", server="Survival")).text

    assert "**Mia** may use </power restart:" in said
    lines = [line for line in said.splitlines() if line.startswith(("✅", "▫️"))]
    assert "Discord shows the command" in lines[0]
    assert f"<@{mia.id}> has `control.restart` (by <@{roost.admin.id}>" in lines[1]
    assert "panel account has the right `control.restart`" in lines[2]
    assert "in a state that allows it" in lines[3]
    assert "is just now: running" in lines[4]


async def test_several_obstacles_are_told_at_once(guild: World, panel: SimPanel) -> None:
    await guild.connect(panel, account="bob")
    mia = guild.guild.member("mia")

    said = (await explained(guild, mia, "backup create", server="Survival")).text

    assert "What would change it: an admin grants `backup.create`" in said
    assert "And then: who runs the panel gives the connected account that right" in said


async def test_discord_s_own_settings_are_read_and_read_again_when_they_change(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", roost.mods, rights={"control.restart"})
    server = roost.guild

    await server.integrations("power", (server.everyone, False))
    hidden = (await explained(roost, mia, "power restart", server="Survival")).text
    await server.integrations("power", (server.everyone, False), (roost.mods, True))
    shown = (await explained(roost, mia, "power restart", server="Survival")).text
    await server.integrations("power", (roost.channel, False), (mia, True))
    channel = (await explained(roost, mia, "power restart", server="Survival")).text
    await server.integrations("power")
    await server.integrations(None, (mia, False))
    for_all = (await explained(roost, mia, "power restart", server="Survival")).text

    assert "⛔ Discord hides the command from everyone" in hidden
    assert "Server Settings → Integrations" in hidden
    assert "has `control.restart`" in hidden  # what stands behind is told too
    assert f"Discord shows the command to <@&{roost.mods.id}>" in shown
    assert "can't use" in channel
    assert f"hides the command in <#{roost.channel.id}>" in channel
    assert "Discord hides the command from this member" in for_all
    await server.integrations(None)
    reads = [one for one in roost.wire.log if one["path"].endswith("/commands/permissions")]
    await explained(roost, mia, "power restart", server="Survival")
    await explained(roost, mia, "power stop", server="Survival")
    again = [one for one in roost.wire.log if one["path"].endswith("/commands/permissions")]
    assert len(again) == len(reads) + 1


async def test_what_can_t_be_read_is_said_and_not_guessed(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.restart"})
    roost.wire.fault("GET", "/commands/permissions", 403, times=1)
    panel.fault("maintenance")

    said = (await explained(roost, mia, "power restart", server="Survival")).text

    assert "can't be read just now, so not looked at" in said
    assert "state that allows it" not in said
    assert "the panel doesn't answer" in said


async def test_a_default_of_a_command_hides_it_from_who_lacks_the_permission(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"file.read"})

    said = (await explained(roost, mia, "files browse", server="Survival")).text

    assert "it asks for a permission that is missing" in said


async def test_an_admin_grants_for_an_hour_from_an_explanation_and_it_ends_by_itself(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = roost.guild.member("mia")
    shown = await explained(roost, mia, "power restart", server="Survival")

    done = await roost.admin.click(shown.message, label="Grant for 1 hour")

    await done.until(lambda: f"gave <@{mia.id}> the right *restart* on **Survival**" in done.text)
    yes = await explained(roost, mia, "power restart", server="Survival")
    assert "may use" in yes.text
    await clock.advance(timedelta(minutes=61).total_seconds())
    no = await explained(roost, mia, "power restart", server="Survival")
    assert "can't use" in no.text
    listed = await roost.admin.slash(roost.channel, "audit list", action="access grant")
    assert "granted" in await private(listed)


async def test_a_refused_member_asks_the_admins_and_only_they_can_grant(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    refused = await mia.slash(roost.channel, "power restart", server="Survival")
    assert "You can't use" in await private(refused)
    why = await mia.click(refused.message, label="Why?")
    await why.until(lambda: "What would change it" in why.text)
    asked = await mia.click(why.message, label="Ask an admin")
    await asked.until(lambda: "Asked." in asked.text)
    said = await roost.posted("asks the admins for the right *restart* on **Survival**")
    assert "**Mia**" in said
    again = await mia.click(why.message, label="Ask an admin")
    await again.until(lambda: "asked for that already" in again.text)
    (message,) = roost.channel.public()

    own = await mia.click(message, label="Grant for 1 hour")
    await own.until(lambda: "is for admins" in own.text)
    granted = await roost.admin.click(message, label="Grant for 1 hour")

    await roost.posted(f"gave <@{mia.id}> the right *restart*")
    assert not granted.text.startswith("Something broke")
    done = await mia.slash(roost.channel, "power restart", server="Survival")
    await done.until(lambda: "Sent: restart" in done.text)


async def test_an_admin_by_role_grants_only_what_they_hold(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    book = roost.app.parts.gate.book
    await shown.until(lambda: book(int(roost.guild.id)).admin_role_id == int(roost.mods.id))
    tom = await roost.member("tom", roost.mods, rights={"control.start"})
    tom.sees_everything = True
    mia = roost.guild.member("mia")
    shown = await tom.slash(
        roost.channel, "access explain", member=mia, command="power restart", server="Survival"
    )
    await private(shown)

    tried = await tom.click(shown.message, label="Grant for 1 hour")

    await tried.until(lambda: "only what you hold yourself" in tried.text)
    assert not [one for one in book(int(roost.guild.id)).all if one.subject_id == int(mia.id)]


async def test_a_denial_is_named_and_no_grant_is_offered(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.*"}, denied={"control.stop"})

    shown = await explained(roost, mia, "power stop", server="Survival")

    assert "is denied `control.stop`" in shown.text
    assert "/access revoke" in shown.text
    with pytest.raises(LookupError):
        await roost.admin.click(shown.message, label="Grant for 1 hour")
