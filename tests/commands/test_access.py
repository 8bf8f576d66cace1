"""/access: presets, groups of servers, and what an admin by role can't reach."""

from demo.panel import SimPanel
from tests.wirecord import Role
from tests.world import World, private


async def ask(world: World, command: str, **options: object) -> str:
    return await private(await world.admin.slash(world.channel, command, **options))


def rights(world: World, role: Role) -> set[tuple[str, str | None, bool]]:
    book = world.app.parts.gate.book(int(world.guild.id))
    return {
        (rule.right, rule.scope_id, rule.denies)
        for rule in book.all
        if rule.subject_id == int(role.id)
    }


async def grouped(world: World, *names: str) -> str:
    """Make the group Evening; its id."""
    shown = await world.admin.slash(world.channel, "config", page="servers")
    await private(shown)
    form = await world.admin.click(shown.message, label="New group …")
    made = await world.admin.submit(form, "Evening")
    await made.until(lambda: "Evening" in made.text)
    servers = {s.name: s.id for s in world.app.parts.directory.of(int(world.guild.id))}
    filled = await world.admin.select(made.message, [servers[name] for name in names])
    await filled.until(lambda: all(f"**{name}**" in filled.text for name in names))
    (group_id,) = world.app.parts.gate.book(int(world.guild.id)).settings.groups
    return group_id


async def test_a_preset_replaces_what_the_role_had_in_that_scope_alone(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "file.read", "control.start")
    await roost.grant(roost.mods, "backup.read", server="Survival")
    await roost.deny(roost.mods, "control.stop")

    said = await ask(roost, "access preset", role=roost.mods, preset="player")

    (server,) = roost.app.parts.directory.find(int(roost.guild.id), "Survival")
    assert rights(roost, roost.mods) == {
        ("websocket.connect", None, False),
        ("control.start", None, False),
        ("control.stop", None, True),
        ("backup.read", server.id, False),
    }
    assert "Taken back" in said
    assert "`file.read`" in said


async def test_a_preset_for_everyone_warns(roost: World) -> None:
    said = await ask(roost, "access preset", role=roost.guild.everyone, preset="viewer")

    assert "holds for everyone" in said


async def test_a_group_is_offered_and_its_rule_holds_on_its_servers_alone(
    roost: World, panel: SimPanel
) -> None:
    group_id = await grouped(roost, "Lobby")
    choices = await roost.admin.autocomplete(
        roost.channel, "access grant", "server", "even", role=roost.mods, right="control.restart"
    )
    assert choices == [{"name": "Group: Evening", "value": f"g:{group_id}"}]

    said = await ask(
        roost, "access grant", role=roost.mods, right="control.restart", server=f"g:{group_id}"
    )

    assert "the group **Evening**" in said
    mia = roost.guild.member("mia", roost.mods)
    done = await mia.slash(roost.channel, "power restart", server="Lobby")
    await done.until(lambda: "is running" in done.text)
    no = await mia.slash(roost.channel, "power restart", server="Survival")
    assert "You can't use" in await private(no)


async def test_a_group_is_meant_by_its_name_too_and_lists_and_revokes(
    roost: World, panel: SimPanel
) -> None:
    await grouped(roost, "Lobby")
    await ask(roost, "access grant", role=roost.mods, right="control.start", server="evening")

    assert "**Evening**" in await ask(roost, "access list", server="evening")
    assert "**Evening**" in await ask(roost, "access list", server="Lobby")
    assert "No rule yet" in await ask(roost, "access list", server="Survival")
    await ask(roost, "access revoke", role=roost.mods, server="evening")

    assert rights(roost, roost.mods) == set()


async def test_the_rules_of_a_group_go_with_it(roost: World, panel: SimPanel) -> None:
    group_id = await grouped(roost, "Lobby")
    await ask(roost, "access grant", role=roost.mods, right="control.start", server="evening")
    shown = await roost.admin.slash(roost.channel, "config", page="servers")
    await private(shown)
    opened = await roost.admin.select(shown.message, [group_id], custom_id="r:config-group")
    await opened.until(lambda: "Evening" in opened.text)

    asked = await roost.admin.click(opened.message, label="Delete the group")
    assert "deleted with it: **1 rule**" in await private(asked)
    assert rights(roost, roost.mods) == {("control.start", group_id, False)}
    await roost.admin.click(asked.message, label="Delete the group")

    await opened.until(lambda: rights(roost, roost.mods) == set())


async def test_an_admin_by_role_can_not_widen_a_group_beyond_their_own_grants(
    roost: World, panel: SimPanel
) -> None:
    group_id = await grouped(roost, "Lobby")
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    book = roost.app.parts.gate.book
    low = roost.mods
    await ask(roost, "access grant", role=low, right="control.stop", server="evening")
    await roost.admin.select(shown.message, [low.id], custom_id="r:config-admin")
    await shown.until(lambda: book(int(roost.guild.id)).admin_role_id == int(low.id))
    mia = roost.guild.member("mia", low)
    mia.sees_everything = True
    config = await mia.slash(roost.channel, "config", page="servers")
    await private(config)
    opened = await mia.select(config.message, [group_id], custom_id="r:config-group")
    await opened.until(lambda: "Evening" in opened.text)
    servers = {s.name: s.id for s in roost.app.parts.directory.of(int(roost.guild.id))}

    tried = await mia.select(
        opened.message,
        [servers["Lobby"], servers["Survival"]],
        custom_id=f"r:config-group-set:{group_id}:0",
    )

    await tried.until(lambda: "only what you hold yourself" in tried.text)
    settings = book(int(roost.guild.id)).settings
    assert settings.groups[group_id].server_ids == (servers["Lobby"],)


async def test_nothing_is_set_for_a_role_at_or_above_one_s_own(roost: World) -> None:
    above = roost.guild.role("Above")

    said = await ask(roost, "access preset", role=above, preset="manager")

    assert "at or above your own" in said
    assert rights(roost, above) == set()
