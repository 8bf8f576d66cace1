"""The two-person rule: a second member with the right agrees, and nobody who got it for that."""

from datetime import timedelta

import pytest

from demo.panel import SimPanel
from tests.commands.test_bad_input import lies_there
from tests.wirecord import Member, Permission, Shown, components_of, eventually
from tests.wirecord.protocol import Json
from tests.world import World, private, public

POWER = "POST /servers/{}/power"
RED = 4


async def takes_two(roost: World, its_class: str) -> None:
    await roost.choose("two_person", its_class)


async def asks(roost: World, member: Member, command: str, **options: str) -> Shown:
    """Run a command and press its red button, typing the name where that is asked for."""
    member.sees_everything = True
    shown = await member.slash(roost.channel, command, server="Survival", **options)
    await private(shown)
    (red,) = [one for one in components_of(shown.message["components"]) if one.get("style") == RED]
    pressed = await member.click(shown.message, custom_id=red["custom_id"])
    if pressed.modal is not None:
        pressed = await member.submit(pressed, "Survival")
    return pressed


async def question(roost: World) -> Json:
    await roost.posted("A second yes: ")
    return roost.channel.public()[-1]


async def test_a_kill_takes_a_second_member_with_the_right(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    tom = await roost.member("tom", rights={"control.stop"})
    kim = await roost.member("kim", rights={"control.start"})

    asked = await asks(roost, mia, "power kill", reason="stuck")
    await asked.until(lambda: "that takes two" in asked.text)
    message = await question(roost)
    assert "**Mia** asks: *stuck*" in public(roost.channel)[-1]
    assert panel.count(POWER) == 0
    own = await mia.click(message, label="Agree")
    assert "somebody else has to agree" in await private(own)
    without = await kim.click(message, label="Agree")
    assert "It takes the right" in await private(without)
    await private(await tom.click(message, label="Agree"))

    said = await roost.posted(f"<@{tom.id}> agreed")
    assert "audit log" in said
    await roost.posted("Off in")
    assert panel.count(POWER) == 1
    shown = await roost.admin.slash(roost.channel, "audit list")
    assert "agreed" in await private(shown)


@pytest.mark.parametrize(
    ("its_class", "command", "options", "right", "done"),
    [
        ("restore", "backup restore", {"backup": "nightly"}, "backup.*", "Restoring **Survival**"),
        ("delete", "backup delete", {"backup": "nightly"}, "backup.*", "is deleted."),
        ("reinstall", "settings reinstall", {}, "settings.*", "Reinstalling **Survival**"),
        ("delete", "database delete", {"database": "s1_world"}, "database.*", "is deleted."),
        ("delete", "files delete", {"path": "server.properties"}, "file.*", "Deleted from"),
    ],
)
async def test_what_can_t_be_taken_back_takes_two(
    roost: World,
    panel: SimPanel,
    its_class: str,
    command: str,
    options: dict[str, str],
    right: str,
    done: str,
) -> None:
    await _stock(panel)
    await takes_two(roost, its_class)
    mia = await roost.member("mia", rights={right})
    tom = await roost.member("tom", rights={right})
    changed = _changes(panel)

    asked = await asks(roost, mia, command, **options)
    await asked.until(lambda: "that takes two" in asked.text)
    message = await question(roost)
    assert _changes(panel) == changed
    await private(await tom.click(message, label="Agree"))

    await roost.posted(done)
    await eventually(lambda: _changes(panel) > changed)


async def test_writing_a_file_takes_two(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "write")
    mia = await roost.member("mia", rights={"file.*"})
    tom = await roost.member("tom", rights={"file.*"})

    mia.sees_everything = True
    form = await mia.slash(roost.channel, "files write", server="Survival", path="/notes.txt")
    asked = await mia.submit(form, "hello")
    await asked.until(lambda: "that takes two" in asked.text)
    message = await question(roost)
    assert "write `/notes.txt`" in public(roost.channel)[-1]
    await private(await tom.click(message, label="Agree"))

    await roost.posted("Wrote `/notes.txt`")


async def test_uploading_takes_two_and_a_link_is_refused(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "write")
    mia = await roost.member("mia", rights={"file.*"})
    tom = await roost.member("tom", rights={"file.*"})

    mia.sees_everything = True
    asked = await mia.slash(
        roost.channel, "files upload", server="Survival", attachment=("a.txt", b"hello")
    )
    await asked.until(lambda: "that takes two" in asked.text)
    await private(await tom.click(await question(roost), label="Agree"))
    await roost.posted("Uploaded `/a.txt`")

    offered = await mia.slash(roost.channel, "files upload-link", server="Survival")
    await private(offered)
    refused = await mia.click(offered.message, label="Make the link")
    assert "takes two members" in await private(refused)


async def test_jobs_names_the_open_question_in_the_reader_s_language(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    await asks(roost, mia, "power kill")
    await question(roost)

    mia.locale = "de"
    shown = await mia.slash(roost.channel, "jobs")

    assert "Ein zweites Ja: " in await private(shown)


async def test_declining_ends_it(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    tom = await roost.member("tom", rights={"control.stop"})
    await asks(roost, mia, "power kill")

    await private(await tom.click(await question(roost), label="Decline"))

    await roost.posted(f"<@{tom.id}> declined. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_who_got_the_role_for_the_occasion_doesn_t_count(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    await roost.grant(roost.mods, "control.stop")
    mia = await roost.member("mia", rights={"control.stop"})
    tom = roost.guild.member("tom")
    await asks(roost, mia, "power kill")
    message = await question(roost)

    await tom.give(roost.mods)
    refused = await tom.click(message, label="Agree")

    said = await private(refused)
    assert "The role that gives you this right was given to you" in said
    assert "within 24 hours before the question" in said
    assert panel.count(POWER) == 0


async def test_who_was_granted_the_right_by_who_asks_doesn_t_count(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    alt = await roost.member("alt", rights={"control.stop"})
    await asks(roost, roost.admin, "power kill")

    refused = await alt.click(await question(roost), label="Agree")

    assert "by a rule that was made after the question, or by who asked" in await private(refused)
    assert panel.count(POWER) == 0


async def test_a_grant_made_after_the_question_doesn_t_count(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    await asks(roost, mia, "power kill")
    message = await question(roost)

    late = await roost.member("late", rights={"control.stop"})
    refused = await late.click(message, label="Agree")

    assert "by a rule that was made after the question" in await private(refused)
    assert panel.count(POWER) == 0


async def test_where_the_audit_log_can_t_be_read_days_of_membership_count(
    roost: World, panel: SimPanel
) -> None:
    bot = roost.guild.members[roost.wire.bot_id]
    for role in bot.roles:
        role.permissions &= ~(Permission.VIEW_AUDIT_LOG | Permission.ADMINISTRATOR)
    await roost.guild.announce()
    await takes_two(roost, "kill")
    mia = await roost.member("mia", rights={"control.stop"})
    new = await roost.member("new", rights={"control.stop"})
    new.joined_at = roost.app.parts.clock.now() - timedelta(days=2)
    old = await roost.member("old", rights={"control.stop"})
    await asks(roost, mia, "power kill")
    message = await question(roost)

    refused = await new.click(message, label="Agree")
    assert "has to be a member for 7 days" in await private(refused)
    await private(await old.click(message, label="Agree"))

    assert "I may not read the audit log" in await roost.posted(f"<@{old.id}> agreed")


async def test_the_owner_needs_a_second_person_too(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "kill")

    asked = await asks(roost, roost.admin, "power kill")

    await asked.until(lambda: "that takes two" in asked.text)
    assert panel.count(POWER) == 0


async def test_killing_many_at_once_is_no_way_around_it(roost: World, panel: SimPanel) -> None:
    await takes_two(roost, "kill")
    shown = await roost.admin.slash(roost.channel, "bulk power", action="kill")
    await private(shown)
    select = next(one for one in components_of(shown.message["components"]) if one.get("options"))
    value = next(o["value"] for o in select["options"] if "Survival" in o["label"])
    card = await roost.admin.select(shown.message, [value], custom_id=select["custom_id"])
    await card.until(lambda: "Kill 1 server" in str(card.message["components"]))
    await roost.admin.click(card.message, label="Kill 1 server")

    await roost.posted("⛔ **Survival**: it takes a second member")
    assert panel.count(POWER) == 0


async def _stock(panel: SimPanel) -> None:
    """Something that can be deleted and restored."""
    lies_there(panel, "Survival", 0)


def _changes(panel: SimPanel) -> int:
    return sum(not one.startswith("GET ") for one in panel.asked)
