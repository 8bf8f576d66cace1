"""What takes two is taken off the rule by two only; more of it, and what nobody could agree to, by
one."""

from demo.panel import SimPanel
from tests.commands.test_panel_more import exported, imported
from tests.wirecord import Member, Shown, eventually
from tests.world import World, private, public

CHOOSE = "r:config-choose:two_person"


def covered(roost: World) -> tuple[str, ...]:
    return roost.app.parts.gate.book(int(roost.guild.id)).settings.two_person


async def deputy_of(roost: World) -> Member:
    """Somebody with the guild's admin role, and no *Manage Server*."""
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    gate, guild_id = roost.app.parts.gate, int(roost.guild.id)
    await eventually(lambda: gate.book(guild_id).admin_role_id == int(roost.mods.id))
    return roost.guild.member("dan", roost.mods)


async def chosen(roost: World, admin: Member, *classes: str) -> Shown:
    """Pick what takes two in `/config`; the page that comes then."""
    shown = await admin.slash(roost.channel, "config", page="community")
    await private(shown)
    return await admin.select(shown.message, list(classes), custom_id=CHOOSE)


async def test_one_admin_alone_takes_nothing_off_the_two_person_rule(
    roost: World, panel: SimPanel
) -> None:
    other = roost.guild.member("ada", roost.admin.roles[0])
    deputy = await deputy_of(roost)
    await chosen(roost, roost.admin, "kill", "restore")
    await eventually(lambda: covered(roost) == ("kill", "restore"))

    page = await chosen(roost, roost.admin, "restore", "delete")
    await page.until(lambda: "That takes two" in page.text)

    said = await roost.posted("A second yes: take off the two-person rule: *Kill a server*?")
    assert "somebody else with *Manage Server*" in said
    assert covered(roost) == ("kill", "restore", "delete")
    question = roost.channel.public()[-1]
    own = await roost.admin.click(question, label="Agree")
    assert "somebody else has to agree" in await private(own)
    without = await deputy.click(question, label="Agree")
    assert "It takes *Manage Server* in Discord" in await private(without)
    await private(await other.click(question, label="Agree"))

    await roost.posted("Off the two-person rule: *Kill a server*.")
    assert covered(roost) == ("restore", "delete")
    listed = await roost.admin.slash(roost.channel, "audit list")
    assert "agreed" in await private(listed)


async def test_who_came_to_manage_the_guild_for_it_doesn_t_make_a_second(
    roost: World, panel: SimPanel
) -> None:
    await chosen(roost, roost.admin, "kill")
    await eventually(lambda: covered(roost) == ("kill",))
    new = roost.guild.member("new")
    await chosen(roost, roost.admin)
    await roost.posted("A second yes: ")
    await new.give(roost.admin.roles[0])

    refused = await new.click(roost.channel.public()[-1], label="Agree")

    assert "within 24 hours before the question" in await private(refused)
    assert covered(roost) == ("kill",)


async def test_the_owner_takes_it_off_alone_where_nobody_else_could_agree(
    roost: World, panel: SimPanel
) -> None:
    owner = roost.guild.member("olga", owner=True)
    await roost.guild.announce()
    await chosen(roost, owner, "kill")
    await eventually(lambda: covered(roost) == ("kill",))

    page = await chosen(roost, owner)
    await page.until(lambda: "That takes two" in page.text)
    assert covered(roost) == ("kill",)
    await roost.posted("A second yes: ")
    await private(await owner.click(roost.channel.public()[-1], label="Withdraw"))
    await roost.posted("withdrew it")
    await roost.admin.take(roost.admin.roles[0])
    alone = await chosen(roost, owner)

    await alone.until(lambda: "on your word alone" in alone.text)
    assert "nobody else has *Manage Server*" in alone.text
    assert "**Two-person rule**: off. What you choose" in alone.text
    assert covered(roost) == ()
    assert len(public(roost.channel)) == 1


async def test_a_file_takes_nothing_off_the_two_person_rule(roost: World, panel: SimPanel) -> None:
    file = await exported(roost)
    await chosen(roost, roost.admin, "kill")
    await eventually(lambda: covered(roost) == ("kill",))
    file["settings"] |= {"two_person": ["restore"]}

    said = await imported(roost, file)

    assert "Kill a server stays under the two-person rule" in said
    assert covered(roost) == ("kill", "restore")
