"""Whoever tries to get around the rules: by leaving, by another account, by what others gave."""

import pytest

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow, call_vote
from tests.commands.test_second_person import asks, question, takes_two
from tests.wirecord import Member, Permission
from tests.wirecord.protocol import Json
from tests.world import World, private

POWER = "POST /servers/{}/power"


async def admin_by_role(roost: World, name: str = "kim") -> Member:
    """A member whose role is the guild's admin role, and who holds nothing else by it."""
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    done = await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    await done.until(lambda: f"<@&{roost.mods.id}>" in done.text)
    kim = roost.guild.member(name, roost.mods)
    kim.sees_everything = True
    return kim


async def tries(roost: World, who: Member, command: str, **options: object) -> str:
    return await private(await who.slash(roost.channel, command, **options))


# votes


async def vote_of_three(roost: World) -> tuple[list[Member], Json]:
    terms = Terms(how="vote", quorum=3, role_id=int(roost.mods.id))
    await allow(roost, "restart", terms)
    members = [roost.guild.member(f"v{number}", roost.mods) for number in range(4)]
    return members, await call_vote(roost, members[0])


@pytest.mark.parametrize("how", ["leaves", "loses the role"])
async def test_a_vote_of_who_left_or_lost_the_role_decides_nothing(
    roost: World, panel: SimPanel, how: str
) -> None:
    members, message = await vote_of_three(roost)
    await private(await members[1].click(message, label="For it"))
    await roost.posted("**2 of 3** for it")

    if how == "leaves":
        await members[1].leave()
    else:
        await members[1].take(roost.mods)
    await private(await members[2].click(message, label="For it"))

    said = await roost.posted("1 vote no longer counts")
    assert "**2 of 3** for it" in said
    assert panel.count(POWER) == 0
    await private(await members[3].click(message, label="For it"))
    await roost.posted("The vote carried it")
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1


async def test_leaving_and_coming_back_makes_no_second_vote(roost: World, panel: SimPanel) -> None:
    members, message = await vote_of_three(roost)
    tom = members[1]
    await private(await tom.click(message, label="For it"))
    await roost.posted("**2 of 3** for it")

    await tom.leave()
    tom.guild.members[tom.id] = tom
    await private(await tom.click(message, label="For it"))

    await roost.posted("**2 of 3** for it")
    assert panel.count(POWER) == 0


async def test_votes_against_of_who_left_end_nothing(roost: World, panel: SimPanel) -> None:
    _members, message = await vote_of_three(roost)
    more = [roost.guild.member(f"w{number}", roost.mods) for number in range(3)]
    for one in more[:2]:
        await private(await one.click(message, label="Against"))
        await one.leave()

    await private(await more[2].click(message, label="Against"))

    said = await roost.posted("2 votes no longer count")
    assert "for it, 1 against" in said


# the second person


async def link(roost: World, who: Member, panel: SimPanel) -> None:
    """Link the key of bob, who may stop Survival on the panel."""
    survival, bob = panel.world.server("Survival"), panel.world.user("bob")
    (held,) = [one for one in survival.subusers if one.user is bob]
    held.permissions.append("control.stop")
    form = await who.slash(roost.channel, "link")
    assert "you are **bob**" in await private(await who.submit(form, panel.key("bob")))


async def test_one_panel_account_behind_two_members_is_no_second_person(
    roost: World, panel: SimPanel
) -> None:
    await roost.switch("linking_allowed")
    await takes_two(roost, "kill")
    mia, tom = await roost.member("mia", rights={"control.stop"}), await roost.member("tom")
    await link(roost, mia, panel)
    await link(roost, tom, panel)
    await asks(roost, mia, "power kill")

    refused = await tom.click(await question(roost), label="Agree")

    assert "the same panel account" in await private(refused)
    assert panel.count(POWER) == 0


async def test_a_panel_key_linked_for_the_occasion_makes_no_second_person(
    roost: World, panel: SimPanel
) -> None:
    await roost.switch("linking_allowed")
    await takes_two(roost, "kill")
    mia, tom = await roost.member("mia", rights={"control.stop"}), await roost.member("tom")
    await link(roost, tom, panel)
    await asks(roost, mia, "power kill")

    refused = await tom.click(await question(roost), label="Agree")

    assert "by a panel key that you linked within 24 hours" in await private(refused)
    assert panel.count(POWER) == 0


async def test_a_role_that_came_to_manage_the_guild_makes_no_second_person(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    tom = roost.guild.member("tom", roost.mods)
    await asks(roost, mia, "power kill")
    message = await question(roost)

    await roost.mods.permit(Permission.MANAGE_GUILD)
    refused = await tom.click(message, label="Agree")

    assert "came to manage this guild, within 24 hours" in await private(refused)
    assert panel.count(POWER) == 0


async def test_a_schedule_kills_nothing_where_a_kill_takes_two(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    admin = roost.admin
    made = await admin.slash(
        roost.channel, "schedule create", server="Survival", name="night", when="4:00"
    )
    await private(made)

    refused = await admin.slash(
        roost.channel,
        "schedule task-add",
        server="Survival",
        schedule="night",
        action="power",
        payload="kill",
    )

    assert "a schedule asks nobody" in await private(refused)


# what an admin by role gives and takes


async def test_an_admin_by_role_lifts_no_denial_of_their_own(roost: World, panel: SimPanel) -> None:
    kim = await admin_by_role(roost)
    await roost.grant(kim, "control.*")
    await roost.deny(kim, "control.stop")

    said = await tries(roost, kim, "access revoke", member=kim, right="control.stop")

    assert "only what you hold yourself" in said
    assert "can't use" in await tries(roost, kim, "power stop", server="Survival")


async def test_an_admin_by_role_takes_back_nothing_they_don_t_hold(
    roost: World, panel: SimPanel
) -> None:
    kim = await admin_by_role(roost)
    tom = await roost.member("tom", rights={"backup.*"})

    assert "only what you hold" in await tries(roost, kim, "access revoke", member=tom)

    book = roost.app.parts.gate.book(int(roost.guild.id))
    assert [rule.right for rule in book.all if rule.subject_id == int(tom.id)] == ["backup.*"]


async def test_where_no_server_is_connected_an_admin_by_role_gives_nothing(guild: World) -> None:
    kim = await admin_by_role(guild)

    said = await tries(guild, kim, "access grant", member=kim, right="*")

    assert "only what you hold yourself" in said


async def test_what_is_held_on_one_server_after_the_other_is_not_held_on_all(
    roost: World, panel: SimPanel
) -> None:
    kim = await admin_by_role(roost)
    for server in roost.app.parts.directory.of(int(roost.guild.id)):
        await roost.grant(kim, "control.start", server=server.identifier)
    tom = await roost.member("tom")

    refused = await tries(roost, kim, "access grant", member=tom, right="control.start")
    one = await tries(
        roost, kim, "access grant", member=tom, right="control.start", server="Survival"
    )

    assert "only what you hold yourself" in refused
    assert "Set on" in one


async def test_what_is_held_for_an_hour_is_not_given_for_good(
    roost: World, panel: SimPanel
) -> None:
    kim = await admin_by_role(roost)
    await tries(
        roost, roost.admin, "access grant", member=kim, right="control.start", **{"for": "1h"}
    )
    tom = await roost.member("tom")

    for_good = await tries(roost, kim, "access grant", member=tom, right="control.start")
    shorter = await tries(
        roost, kim, "access grant", member=tom, right="control.start", **{"for": "30m"}
    )
    shown = await kim.slash(roost.channel, "policy edit", action="start")
    await private(shown)
    policy = await kim.select(shown.message, ["anyone"], custom_id="r:policy-preset:all:start:0")

    assert "only what you hold yourself" in for_good
    assert "Set on" in shorter
    await policy.until(lambda: "only what you hold yourself" in policy.text)


async def test_nobody_denies_something_to_who_stands_above_them(
    roost: World, panel: SimPanel
) -> None:
    kim = await admin_by_role(roost)
    await roost.grant(kim, "control.*")

    said = await tries(roost, kim, "access deny", member=roost.admin, right="control.stop")

    assert "stands at or above your own" in said


# roles and rights that go away meanwhile


async def test_who_got_the_right_while_asked_keeps_what_they_wished(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    mia = await roost.member("mia")
    shown = await mia.slash(
        roost.channel, "power restart", server="Survival", delay="10m", reason="update"
    )
    assert "You may ask" in await private(shown)

    await roost.grant(mia, "control.restart")
    done = await mia.click(shown.message, label="Ask for it")

    await done.until(lambda: "Planned" in done.text)
    assert panel.count(POWER) == 0
    await roost.posted("restarts **Survival**")
    await mia.click(roost.channel.public()[-1], label="Cancel")
    await roost.posted("**Mia** cancelled")
