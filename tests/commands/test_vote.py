"""Votes: one public message, one vote each, decided once, carried out as of that moment."""

import asyncio
import copy
from functools import partial

from bot.store import ballots, jobs
from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow, call_vote
from tests.wirecord import Shown, components_of, eventually, text_of
from tests.wirecord.protocol import ChannelType, Json
from tests.world import World, private, public

POWER = "POST /servers/{}/power"


def edits(roost: World, message: Json) -> int:
    """How often the message was edited."""
    path = f"/channels/{roost.channel.id}/messages/{message['id']}"
    return sum(one["method"] == "PATCH" and one["path"].endswith(path) for one in roost.wire.log)


async def test_a_vote_that_is_carried_restarts_the_server(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")

    message = await call_vote(roost, mia)
    assert "**1 of 2** for it" in await roost.posted("1 of 2")
    voted = await tom.click(message, label="For it")

    assert "Your vote counts" in await private(voted)
    await roost.posted("The vote carried it")
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1


async def test_a_vote_says_all_that_is_agreed_to(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=3))
    mia = await roost.member("mia")
    for name in ("tom", "kim"):
        await roost.member(name)
    shown = await mia.slash(
        roost.channel, "power restart", server="Survival", delay="10m", backup_first=True
    )
    what = "restart **Survival** (after a countdown of 10 min, with a backup first)"
    assert what in await private(shown)

    await mia.click(shown.message, label="Call the vote")

    await roost.posted(f"Vote: {what}?")


async def test_one_vote_each_and_a_change_counts(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=3))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await roost.member("kim")
    message = await call_vote(roost, mia)

    for label in ("For it", "For it", "Against"):
        await private(await tom.click(message, label=label))

    await roost.posted("**1 of 3** for it, 1 against")
    assert "1 vote was changed" in public(roost.channel)[-1]
    assert panel.count(POWER) == 0


async def test_as_many_against_end_it_early(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom, kim = [await roost.member(name) for name in ("mia", "tom", "kim")]
    message = await call_vote(roost, mia)
    open_one = copy.deepcopy(message)

    for member in (tom, kim):
        await private(await member.click(message, label="Against"))

    await roost.posted("Voted down. Nothing was done.")
    late = await mia.click(open_one, label="For it")
    assert "too late" in await private(late)
    assert panel.count(POWER) == 0


async def test_who_leaves_while_the_conditions_are_looked_at_gets_nothing(
    roost: World, panel: SimPanel
) -> None:
    """Rights are decided last: the panel may take its time over the rest."""
    await allow(roost, "restart", Terms(how="vote", quorum=2, not_in_backup=True))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    message = await call_vote(roost, mia)
    await roost.posted("1 of 2")
    slow = panel.fault("hang", route="GET *backups*", times=1)

    await tom.click(message, label="For it")
    await eventually(lambda: slow.hits)
    await mia.leave()
    slow.cancel()

    await roost.posted("Who asked has left. Nothing was done.")
    assert panel.count(POWER) == 0


def says_it_counts(shown: Shown) -> bool:
    return "Your vote counts" in shown.text


async def test_two_hundred_vote_within_one_second_and_none_is_lost(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=101))
    members = [roost.guild.member(f"m{number}") for number in range(200)]
    message = await call_vote(roost, members[0])

    shown = await asyncio.gather(
        *(
            one.click(message, label="Against" if number % 2 else "For it")
            for number, one in enumerate(members)
        )
    )

    for one in shown:
        await one.until(partial(says_it_counts, one), 60)
    await roost.posted("**100 of 101** for it, 100 against", timeout=30)
    parts, guild_id = roost.app.parts, int(roost.guild.id)
    async with parts.database.read() as session:
        (job,) = await _jobs(roost)
        kept = await ballots.list_ballots(session, guild_id=guild_id, job_id=job)
    assert len(kept) == 200
    assert edits(roost, message) <= 12


async def test_a_second_request_joins_the_vote_that_is_open(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=3))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await roost.member("kim")
    await call_vote(roost, mia)

    shown = await tom.slash(roost.channel, "power restart", server="Survival")
    await private(shown)
    joined = await tom.click(shown.message, label="Vote for it too")

    await joined.until(lambda: "There is a vote on that already" in joined.text)
    said = await roost.posted("**2 of 3** for it")
    assert f"Asked for it too: <@{tom.id}>" in said
    assert len(public(roost.channel)) == 1


async def test_a_pause_of_the_policy_keeps_nobody_from_joining_what_is_open(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=3, server_pause_minutes=15))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await roost.member("kim")
    await call_vote(roost, mia)

    shown = await tom.slash(roost.channel, "power restart", server="Survival")
    said = await private(shown)
    assert f"**Mia** called a vote already, in <#{roost.channel.id}>: restart **Survival**?" in said
    joined = await tom.click(shown.message, label="Vote for it too")

    await joined.until(lambda: "You count as for it" in joined.text)
    await roost.posted("**2 of 3** for it")
    assert len(public(roost.channel)) == 1
    why = await tom.slash(roost.channel, "why", command="power restart", server="Survival")
    assert "on **Survival**, but not just now." in await private(why)


async def test_a_role_lost_between_vote_and_execution_is_resolved_visibly(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2, role_id=int(roost.mods.id)))
    mia, tom, kim = [roost.guild.member(name, roost.mods) for name in ("mia", "tom", "kim")]
    message = await call_vote(roost, mia)

    await mia.take(roost.mods)
    await private(await tom.click(message, label="For it"))
    await roost.posted("1 vote no longer counts")
    await private(await kim.click(message, label="For it"))

    await roost.posted("**Mia** may no longer ask for it. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_who_asked_and_left_is_resolved_visibly(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom, kim = [await roost.member(name) for name in ("mia", "tom", "kim")]
    message = await call_vote(roost, mia)

    await mia.leave()
    await private(await tom.click(message, label="For it"))
    await roost.posted("1 vote no longer counts")
    await private(await kim.click(message, label="For it"))

    await roost.posted("Who asked has left. Nothing was done.")
    assert panel.count(POWER) == 0


async def test_the_role_that_votes_is_deleted_and_that_is_said(
    roost: World, panel: SimPanel
) -> None:
    terms = Terms(how="vote", quorum=60, quorum_of="role", quorum_role_id=int(roost.mods.id))
    await allow(roost, "restart", terms)
    mia = await roost.member("mia")
    voters = [roost.guild.member(f"v{number}", roost.mods) for number in range(3)]
    message = await call_vote(roost, mia)
    assert "**0 of 2** for it" in await roost.posted("0 of 2")
    refused = await mia.click(message, label="For it")
    assert f"Those with the role <@&{roost.mods.id}> vote on this" in await private(refused)

    await roost.mods.delete()
    await voters[0].click(message, label="For it")
    await _look_again(roost)

    await roost.posted("The role that votes is gone. Nothing was done.")


async def test_those_in_a_voice_channel_vote(roost: World, panel: SimPanel) -> None:
    voice = roost.guild.channel("lounge", ChannelType.VOICE)
    terms = Terms(how="vote", quorum=50, quorum_of="voice", quorum_channel_id=int(voice.id))
    await allow(roost, "restart", terms)
    mia, tom = await roost.member("mia"), await roost.member("tom")
    shown = await mia.slash(roost.channel, "power restart", server="Survival")
    await private(shown)
    nobody = await mia.click(shown.message, label="Call the vote")
    await nobody.until(lambda: "nobody is there" in nobody.text)

    for member in (mia, tom, await roost.member("kim"), await roost.member("pat")):
        await member.voice(voice)
    bot = roost.guild.member("music")
    bot.bot = True
    await bot.voice(voice)
    message = await call_vote(roost, mia)

    assert "**1 of 2** for it" in await roost.posted("1 of 2")
    other = await roost.member("zoe")
    refused = await other.click(message, label="For it")
    assert "Join it, then vote" in await private(refused)
    await private(await tom.click(message, label="For it"))
    await roost.posted("The vote carried it")
    await roost.posted("Up again in")


async def test_who_has_left_the_voice_channel_doesn_t_decide(roost: World, panel: SimPanel) -> None:
    voice = roost.guild.channel("lounge", ChannelType.VOICE)
    terms = Terms(how="vote", quorum=60, quorum_of="voice", quorum_channel_id=int(voice.id))
    await allow(roost, "restart", terms)
    mia, tom, kim, pat = [await roost.member(name) for name in ("mia", "tom", "kim", "pat")]
    for member in (mia, tom, kim, pat):
        await member.voice(voice)
    message = await call_vote(roost, mia)
    assert "**1 of 3** for it" in await roost.posted("1 of 3")
    await private(await tom.click(message, label="For it"))
    await roost.posted("**2 of 3** for it")

    await tom.voice(None)
    await roost.guild.member("zoe").voice(voice)
    await private(await kim.click(message, label="For it"))

    said = await roost.posted("1 vote isn't counted: its member isn't in the voice channel now")
    assert "**2 of 3** for it" in said
    assert panel.count(POWER) == 0
    await tom.voice(voice)
    await _look_again(roost)
    await roost.posted("The vote carried it")
    await roost.posted("Up again in")


async def test_a_share_is_one_of_those_who_are_in_the_channel_when_it_is_counted(
    roost: World, panel: SimPanel
) -> None:
    voice = roost.guild.channel("lounge", ChannelType.VOICE)
    terms = Terms(how="vote", quorum=60, quorum_of="voice", quorum_channel_id=int(voice.id))
    await allow(roost, "restart", terms)
    mia, tom, kim, pat = [await roost.member(name) for name in ("mia", "tom", "kim", "pat")]
    for member in (mia, tom, kim, pat):
        await member.voice(voice)
    message = await call_vote(roost, mia)
    assert "**1 of 3** for it" in await roost.posted("1 of 3")
    await mia.voice(None)
    await kim.voice(None)

    await private(await tom.click(message, label="For it"))
    said = await roost.posted("**1 of 2** for it")
    assert "1 vote isn't counted" in said
    assert panel.count(POWER) == 0
    await private(await pat.click(message, label="For it"))

    said = await roost.posted("The vote carried it")
    assert "**2 of 2** for it" in said
    await roost.posted("Up again in")


async def test_a_deleted_message_is_posted_again_once(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    message = await call_vote(roost, mia)

    await roost.wire.forget(message)
    await _look_again(roost)
    again = await roost.posted("**1 of 2** for it")
    assert again
    await private(await tom.click(roost.channel.public()[-1], label="For it"))

    await roost.posted("The vote carried it")
    await roost.posted("Up again in")


async def test_a_vote_of_more_than_an_hour_goes_on_where_its_message_can_t_be_edited(
    roost: World, panel: SimPanel
) -> None:
    """Discord takes few edits of old messages: that ends no vote, and leaves no second one."""
    await allow(roost, "restart", Terms(how="vote", quorum=3, window_minutes=1440))
    members = [await roost.member(name) for name in ("mia", "tom", "kim", "ben")]
    message = await call_vote(roost, members[0])
    await roost.posted("1 of 3")
    roost.wire.old_edit_limit(0, per=3600.0)
    roost.wire.age(message, 3700)

    await private(await members[1].click(message, label="For it"))
    await roost.posted("**2 of 3** for it")
    (anew,) = await eventually(lambda: [roost.channel.public()] if gone(roost, message) else [])
    assert len(anew) == 1
    roost.wire.age(anew[0], 3700)
    await private(await members[3].click(anew[0], label="Against"))
    await _look_again(roost)
    await private(await members[2].click(anew[0], label="For it"))

    await roost.posted("The vote carried it")
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1
    await eventually(lambda: gone(roost, anew[0]))
    (vote,) = [one for one in roost.channel.public() if "Vote: " in text_of(one)]
    assert all("custom_id" not in one for one in components_of(vote["components"]))
    roost.wire.clear_faults()


def gone(roost: World, message: Json) -> bool:
    return message["id"] not in [one["id"] for one in roost.channel.public()]


async def test_a_role_or_channel_that_is_not_chosen_yet_is_not_called_gone(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia")
    await allow(roost, "restart", Terms(how="vote", quorum=50, quorum_of="role"))
    await allow(roost, "stop", Terms(how="vote", quorum=50, quorum_of="voice"))
    for command in ("power restart", "power stop"):
        shown = await mia.slash(roost.channel, command, server="Survival")
        assert "(not chosen yet)" in await private(shown)
        refused = await mia.click(shown.message, label="Call the vote")
        await refused.until(partial(is_to_be_mended, refused))


def is_to_be_mended(shown: Shown) -> bool:
    return "is not chosen yet. An admin mends that" in shown.text


async def test_who_asked_is_told_elsewhere_where_the_channel_of_a_request_is_deleted(
    roost: World, panel: SimPanel
) -> None:
    news, asking = roost.guild.channel("news"), roost.guild.channel("asking")
    await roost.guild.announce()
    await roost.place("idle_channel_id", news)
    await allow(roost, "restart", Terms(how="approval"))
    mia = await roost.member("mia")
    shown = await mia.slash(asking, "power restart", server="Survival", reason="lag")
    await private(shown)
    await mia.click(shown.message, label="Ask for it")
    await eventually(lambda: any("Approve: " in one for one in public(asking)))

    await asking.delete()
    await _look_again(roost)

    await eventually(lambda: public(news))
    (said,) = public(news)
    assert f"<@{mia.id}>: what you asked others for has ended. Nothing was done." in said
    assert "Survival" not in said
    assert news.public()[-1]["_pings"] == [mia.id]
    async with asyncio.timeout(20):
        while await _jobs(roost):
            pass  # it is told just before it is closed
    jobs_shown = await mia.slash(roost.channel, "jobs")
    assert "approval" not in await private(jobs_shown)
    assert panel.count(POWER) == 0


async def test_what_was_voted_stays_to_be_read_where_it_is_withdrawn(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=3))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    await roost.member("kim")
    message = await call_vote(roost, mia)
    await private(await tom.click(message, label="Against"))
    await roost.posted("**1 of 3** for it, 1 against")

    await private(await mia.click(message, label="Withdraw"))

    assert "**1 of 3** for it, 1 against" in await roost.posted("withdrew it")


async def test_withdrawing_ends_it(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    message = await call_vote(roost, mia)

    refused = await tom.click(message, label="Withdraw")
    assert "Only who asked" in await private(refused)
    await private(await mia.click(message, label="Withdraw"))

    await roost.posted("**Mia** withdrew it. Nothing was done.")


async def test_a_pause_and_a_quota_keep_anybody_from_flooding(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "start", Terms(server_pause_minutes=10))
    mia, tom = await roost.member("mia"), await roost.member("tom")
    first = await mia.slash(roost.channel, "power start", server="Creative")
    await first.until(lambda: "is running" in first.text)

    second = await tom.slash(roost.channel, "power start", server="Creative")

    assert "It was asked for a short while ago" in await private(second)
    assert panel.count(POWER) == 1


async def test_where_unknown_the_server_never_counts_as_empty(
    roost: World, panel: SimPanel
) -> None:
    await allow(roost, "restart", Terms(only_empty=True))
    mia = await roost.member("mia")
    panel.world.server("Survival").docker_image = "ghcr.io/example/unknown"
    await roost.refresh()

    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    assert "Nobody can say whether **Survival** is empty" in await private(shown)
    assert "Which game it is, or where it answers, isn't known" in shown.text
    assert panel.count(POWER) == 0


async def test_three_who_approve_in_one_moment_do_it_once(roost: World, panel: SimPanel) -> None:
    await allow(roost, "restart", Terms(how="approval"))
    mia = await roost.member("mia")
    mods = [await roost.member(f"mod{n}", rights={"control.restart"}) for n in range(3)]
    shown = await mia.slash(roost.channel, "power restart", server="Survival", reason="lag")
    await private(shown)
    await mia.click(shown.message, label="Ask for it")
    await roost.posted("Approve: restart **Survival**?")
    message = roost.channel.public()[-1]
    own = await mia.click(message, label="Approve")
    assert "somebody else has to agree" in await private(own)

    await asyncio.gather(*(one.click(message, label="Approve") for one in mods))

    await roost.posted("agreed.")
    await roost.posted("Up again in")
    assert panel.count(POWER) == 1


async def _look_again(roost: World) -> None:
    """Let the minute pass after which an open request is looked at."""
    parts, guild_id = roost.app.parts, int(roost.guild.id)
    (job,) = await _jobs(roost)
    async with parts.database.write() as session:
        await parts.jobs.signal(session, guild_id=guild_id, job_id=job, name="look")


async def _jobs(roost: World) -> list[str]:
    async with roost.app.parts.database.read() as session:
        found = await jobs.list_live_jobs(session, guild_id=int(roost.guild.id), kinds=["consent"])
    return [one.id for one in found]
