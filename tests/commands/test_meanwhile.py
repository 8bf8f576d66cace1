"""What a request rests on goes away while it is open: it comes to an end, and that can be seen."""

import asyncio
from datetime import timedelta

from bot.store import jobs
from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow, call_vote
from tests.commands.test_files import contents
from tests.commands.test_files_changes import names, zipped
from tests.commands.test_policy import chosen, opened, preset
from tests.commands.test_second_person import asks, question, takes_two
from tests.wirecord import Channel, Member, eventually
from tests.wirecord.protocol import ChannelType, Json
from tests.world import World, private

POWER = "POST /servers/{}/power"


async def open_requests(roost: World) -> list[str]:
    async with roost.app.parts.database.read() as session:
        found = await jobs.list_live_jobs(session, guild_id=int(roost.guild.id), kinds=["consent"])
    return [one.id for one in found]


async def look_again(roost: World) -> None:
    """Let the minute pass after which open requests are looked at."""
    parts, guild_id = roost.app.parts, int(roost.guild.id)
    for job_id in await open_requests(roost):
        async with parts.database.write() as session:
            await parts.jobs.signal(session, guild_id=guild_id, job_id=job_id, name="look")


async def all_over(roost: World) -> None:
    """Until no request is open any more."""
    for _ in range(200):
        if not await open_requests(roost):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("a request is still open")


async def ask_approval(roost: World, member: Member, channel: Channel | None = None) -> Json:
    """Ask for a restart that takes an approval; the public message."""
    where = channel or roost.channel
    shown = await member.slash(where, "power restart", server="Survival")
    await private(shown)
    await member.click(shown.message, label="Ask for it")
    return (await eventually(lambda: [m for m in where.public() if m.get("components")]))[-1]


async def remove_panel(roost: World) -> None:
    removed = await roost.admin.slash(roost.channel, "panel remove", panel="Nova")
    await private(removed)
    await roost.admin.click(removed.message, label="Remove")
    await eventually(lambda: not roost.app.parts.directory.of(int(roost.guild.id)))


async def test_a_vote_whose_channel_is_deleted_ends_and_another_may_be_called(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    room = roost.guild.channel("votes")
    await roost.guild.announce()
    shown = await mia.slash(room, "power restart", server="Survival")
    await private(shown)
    await mia.click(shown.message, label="Call the vote")
    await eventually(lambda: [one for one in room.public() if one.get("components")])

    await room.delete()
    await look_again(roost)
    await all_over(roost)

    told = await private(await roost.admin.slash(roost.channel, "audit list"))
    assert "gone" in told
    message = await call_vote(roost, mia)
    await private(await tom.click(message, label="For it"))
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1


async def test_an_approval_whose_message_was_deleted_twice_ends(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    mia = await roost.member("mia")
    message = await ask_approval(roost, mia)

    await roost.wire.forget(message)
    await look_again(roost)
    await roost.posted("Approve: restart **Survival**?")
    await roost.wire.forget(roost.channel.public()[-1])
    await look_again(roost)

    await all_over(roost)
    assert panel.count(POWER) == 0


async def test_a_vote_ends_with_its_server(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia = await roost.member("mia")
    await roost.member("tom")
    await call_vote(roost, mia)

    await remove_panel(roost)
    await look_again(roost)

    await roost.posted("The server is no longer connected here. Nothing was done.")


async def test_an_approval_ends_with_its_server(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    mia = await roost.member("mia")
    await ask_approval(roost, mia)

    await remove_panel(roost)
    await look_again(roost)

    await roost.posted("The server is no longer connected here. Nothing was done.")


async def test_an_approval_for_who_left_is_not_carried_out(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    mia, tom = await roost.member("mia"), await roost.member("tom", rights={"control.restart"})
    message = await ask_approval(roost, mia)

    await mia.leave()
    await private(await tom.click(message, label="Approve"))

    await roost.posted("Who asked has left. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_a_second_yes_for_who_lost_the_role_is_not_carried_out(
    roost: World, panel: SimPanel
) -> None:
    await takes_two(roost, "kill")
    await roost.grant(roost.mods, "control.stop")
    mia, tom = await roost.member("mia", roost.mods), await roost.member("tom")
    await roost.grant(tom, "control.stop")
    await asks(roost, mia, "power kill")
    message = await question(roost)

    await roost.mods.delete()
    await private(await tom.click(message, label="Agree"))

    await roost.posted("**Mia** may no longer ask for it. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_a_vote_ends_with_the_voice_channel_whose_people_vote(
    roost: World, panel: SimPanel
) -> None:
    voice = roost.guild.channel("lounge", ChannelType.VOICE)
    terms = Terms(how="vote", quorum=100, quorum_of="voice", quorum_channel_id=int(voice.id))
    await allow(roost, "restart", terms)
    mia, tom = await roost.member("mia"), await roost.member("tom")
    for member in (mia, tom):
        await member.voice(voice)
    await call_vote(roost, mia)

    await voice.delete()
    await look_again(roost)

    await roost.posted("The voice channel whose members vote is gone. Nothing was done.")


async def test_a_policy_taken_back_meanwhile_carries_out_nothing(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "approval")
    mia, tom = await roost.member("mia"), await roost.member("tom", rights={"control.restart"})
    message = await ask_approval(roost, mia)

    shown = await roost.admin.slash(roost.channel, "policy clear", action="restart")
    await private(shown)
    await private(await roost.admin.click(shown.message, label="Clear"))
    await private(await tom.click(message, label="Approve"))

    await roost.posted("**Mia** may no longer ask for it. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_of_two_admins_in_the_same_moment_one_is_told_what_the_other_did(
    roost: World, panel: SimPanel
) -> None:
    ada = roost.guild.member("ada", roost.admin.roles[0])
    mine = await preset(roost, roost.admin, "vote")
    theirs = await opened(roost, ada)

    both = await asyncio.gather(
        chosen(mine, roost.admin, "policy-how", "at-once"),
        chosen(theirs, ada, "policy-how", "approval"),
    )

    told = "Somebody else changed this meanwhile"
    await eventually(lambda: any(told in one.text for one in both))
    (late,) = [one for one in both if told in one.text]
    (held,) = roost.app.parts.gate.book(int(roost.guild.id)).policies
    assert held.version == 2
    theirs_words = {
        "at once": "may restart all servers at once",
        "approval": "one member who may do it approves",
    }
    assert theirs_words[held.terms.how] in late.text


# what is written takes two, however it comes


async def test_fetching_a_file_from_an_address_takes_two(roost: World, panel: SimPanel) -> None:
    panel.internet["https://example.com/map.zip"] = b"map"
    await takes_two(roost, "write")
    mia, tom = [await roost.member(name, rights={"file.*"}) for name in ("mia", "tom")]
    mia.sees_everything = True

    shown = await mia.slash(
        roost.channel, "files pull", server="Survival", url="https://example.com/map.zip"
    )
    await shown.until(lambda: "that takes two" in shown.text)
    message = await question(roost)
    assert "example.com" in await roost.posted("A second yes: ")
    assert panel.count("POST */files/pull") == 0
    await private(await tom.click(message, label="Agree"))

    await roost.posted("Fetched")
    assert panel.count("POST */files/pull") == 1


async def test_extracting_an_archive_takes_two(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").files.put("/packs/maps.zip", zipped(a="1"))
    await takes_two(roost, "write")
    mia, tom = [await roost.member(name, rights={"file.*"}) for name in ("mia", "tom")]
    mia.sees_everything = True

    shown = await mia.slash(
        roost.channel, "files decompress", server="Survival", path="/packs/maps.zip"
    )
    await private(shown)
    asked = await mia.click(shown.message, label="Extract")
    await asked.until(lambda: "that takes two" in asked.text)
    message = await question(roost)
    assert names(panel, "/packs") == {"maps.zip"}
    await private(await tom.click(message, label="Agree"))

    await roost.posted("Extracted")
    assert names(panel, "/packs") == {"maps.zip", "a"}


async def test_writing_over_a_file_by_edit_takes_two(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").files.put("/notes.txt", b"old\n")
    await takes_two(roost, "write")
    mia, tom = [await roost.member(name, rights={"file.*"}) for name in ("mia", "tom")]
    mia.sees_everything = True

    shown = await mia.slash(roost.channel, "files edit", server="Survival", path="/notes.txt")
    await private(shown)
    form = await mia.click(shown.message, label="Edit …")
    diff = await mia.submit(form, "new")
    await private(diff)
    asked = await mia.click(diff.message, label="Write")
    await asked.until(lambda: "that takes two" in asked.text)
    assert contents(panel, "/notes.txt") == b"old\n"
    await private(await tom.click(await question(roost), label="Agree"))

    await roost.posted("Wrote")
    assert contents(panel, "/notes.txt") == b"new\n"


# who isn't asked


async def test_who_is_too_new_calls_a_vote_that_others_decide(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=1))
    await roost.enter("member_days", "7")
    new = await roost.member("new")
    new.joined_at = roost.app.parts.clock.now() - timedelta(days=2)
    old = await roost.member("old")
    old.joined_at = roost.app.parts.clock.now() - timedelta(days=30)

    message = await call_vote(roost, new)
    refused = await new.click(message, label="For it")
    assert "less than 7 days" in await private(refused)
    await private(await old.click(message, label="For it"))

    await roost.posted("The vote carried it")
    await roost.posted("Up again in")


async def test_the_simulation_says_whose_own_vote_would_not_count(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "vote")
    await roost.enter("member_days", "7")
    now = roost.app.parts.clock.now()
    new, old = await roost.member("new"), await roost.member("old")
    new.joined_at, old.joined_at = now - timedelta(days=2), now - timedelta(days=30)

    told = [
        await private(
            await roost.admin.slash(
                roost.channel, "policy simulate", action="restart", server="Survival", member=one
            )
        )
        for one in (new, old)
    ]

    assert "**New** is a member for less than 7 days, so that vote doesn't count" in told[0]
    assert "doesn't count" not in told[1]


async def test_the_explanation_knows_how_long_somebody_is_a_member(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "vote")
    await roost.enter("member_days", "7")
    now = roost.app.parts.clock.now()
    new, old = await roost.member("new"), await roost.member("old")
    new.joined_at, old.joined_at = now - timedelta(days=2), now - timedelta(days=30)

    told = [
        await private(
            await roost.admin.slash(
                roost.channel,
                "access explain",
                member=one,
                command="power restart",
                server="Survival",
            )
        )
        for one in (new, old)
    ]

    words = "A vote of who is a member for less than 7 days doesn't count here"
    assert [words in one for one in told] == [True, False]
