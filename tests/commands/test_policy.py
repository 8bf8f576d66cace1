"""/policy: what the community may ask for, in one editor, for one admin after the other."""

from functools import partial

import pytest

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow
from tests.wirecord import Member, Shown, components_of
from tests.wirecord.protocol import ChannelType
from tests.world import World, private


def says(shown: Shown, text: str) -> bool:
    return text in shown.text


def control(shown: Shown, verb: str) -> str:
    """The custom id of the one control that leads to a door."""
    found = [
        str(one["custom_id"])
        for one in components_of(shown.message["components"])
        if str(one.get("custom_id", "")).startswith(f"r:{verb}:")
    ]
    assert len(found) == 1, found
    return found[0]


async def chosen(shown: Shown, admin: Member, verb: str, *values: str) -> Shown:
    return await admin.select(shown.message, list(values), custom_id=control(shown, verb))


async def opened(roost: World, admin: Member, action: str = "restart", **options: str) -> Shown:
    shown = await admin.slash(roost.channel, "policy edit", action=action, **options)
    await private(shown)
    return shown


async def preset(roost: World, admin: Member, key: str, action: str = "restart") -> Shown:
    for number in range(3):
        roost.guild.member(f"p{number}")
    shown = await opened(roost, admin, action)
    card = await chosen(shown, admin, "policy-preset", key)
    await card.until(lambda: "Each change holds at once" in card.text)
    return card


async def test_a_preset_lets_members_vote_and_the_sentence_says_so(
    roost: World, panel: SimPanel
) -> None:
    card = await preset(roost, roost.admin, "vote")
    assert "Anyone may call a vote to restart all servers: 3 votes within 10 min." in card.text

    mia = await roost.member("mia")
    shown = await mia.slash(roost.channel, "power restart", server="Survival")

    assert "You may call a vote to restart **Survival**" in await private(shown)


async def test_each_field_changes_the_sentence(roost: World, panel: SimPanel) -> None:
    admin = roost.admin
    card = await preset(roost, admin, "vote")
    players = roost.mods
    for number in range(4):
        roost.guild.member(f"q{number}", players)
    await admin.guild.announce()

    card = await chosen(card, admin, "policy-who", players.id)
    await card.until(lambda: f"<@&{players.id}> may call a vote" in card.text)
    form = await admin.click(card.message, label="Numbers …")
    card = await admin.submit(form, "4", "30", "0", "60", "2")
    await card.until(lambda: "4 votes within 30 min" in card.text)
    assert "each member once in 1 h, 2 times a day" in card.text.lower()
    form = await admin.click(card.message, label="Quiet hours …")
    card = await admin.submit(form, "23:00", "7")
    await card.until(lambda: "not from 23:00 to 07:00 (utc)" in card.text.lower())
    card = await chosen(card, admin, "policy-flags", "only_empty", "may_kill")
    await card.until(lambda: "Only when nobody is on it" in card.text)
    assert "killed without asking" in card.text
    card = await chosen(card, admin, "policy-how", "approval")
    await card.until(lambda: "one member who may do it approves" in card.text)


async def test_of_two_admins_in_one_editor_the_later_sees_what_the_other_did(
    roost: World, panel: SimPanel
) -> None:
    other = roost.guild.member("ada", roost.admin.roles[0])
    mine = await preset(roost, roost.admin, "vote")
    theirs = await opened(roost, other)

    mine = await chosen(mine, roost.admin, "policy-how", "at-once")
    await mine.until(lambda: "may restart all servers at once" in mine.text)
    theirs = await chosen(theirs, other, "policy-how", "approval")

    await theirs.until(lambda: "Somebody else changed this meanwhile" in theirs.text)
    assert "may restart all servers at once" in theirs.text
    theirs = await chosen(theirs, other, "policy-how", "approval")
    await theirs.until(lambda: "one member who may do it approves" in theirs.text)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (("0", "10", "0", "0", "0"), "a whole number from 1"),
        (("99", "10", "0", "0", "0"), "fewer than the quorum of 99"),
        (("3", "0", "0", "0", "0"), "a whole number from 1 to 1440"),
        (("3", "525600", "0", "0", "0"), "a whole number from 1 to 1440"),
        (("3", "ten", "0", "0", "0"), "`ten` doesn't fit here"),
    ],
    ids=["quorum 0", "quorum above all", "window 0", "window of a year", "no number"],
)
async def test_a_number_that_can_t_be_is_refused_with_the_reason(
    roost: World, panel: SimPanel, numbers: tuple[str, ...], said: str
) -> None:
    card = await preset(roost, roost.admin, "vote")

    form = await roost.admin.click(card.message, label="Numbers …")
    refused = await roost.admin.submit(form, *numbers)

    await refused.until(lambda: said in refused.text)
    (held,) = roost.app.parts.gate.book(int(roost.guild.id)).policies
    assert (held.terms.quorum, held.terms.window_minutes) == (3, 10)


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [
        ("25:00", "7:00", "is no time of day"),
        ("23:00", "", "is no time of day"),
        ("23:00", "23:00", "quiet all day"),
    ],
)
async def test_quiet_hours_that_can_t_be_are_refused_with_the_reason(
    roost: World, panel: SimPanel, begin: str, end: str, said: str
) -> None:
    card = await preset(roost, roost.admin, "vote")

    form = await roost.admin.click(card.message, label="Quiet hours …")
    refused = await roost.admin.submit(form, begin, end)

    await refused.until(lambda: said in refused.text)


async def test_a_quorum_above_a_role_s_size_is_refused(roost: World, panel: SimPanel) -> None:
    card = await preset(roost, roost.admin, "vote")
    few = roost.mods
    roost.guild.member("only", few)
    await roost.guild.announce()

    refused = await chosen(card, roost.admin, "policy-who", few.id)

    await refused.until(lambda: "Only 1 member may vote, fewer than the quorum" in refused.text)


async def test_an_admin_by_role_lets_nobody_ask_for_what_they_don_t_hold(
    roost: World, panel: SimPanel
) -> None:
    helpers = roost.mods
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    done = await roost.admin.select(shown.message, [helpers.id], custom_id="r:config-admin")
    await done.until(lambda: f"<@&{helpers.id}>" in done.text)
    kim = roost.guild.member("kim", helpers)
    kim.sees_everything = True
    shown = await opened(roost, kim, "start")

    refused = await chosen(shown, kim, "policy-preset", "anyone")

    await refused.until(lambda: "You can give and take only what you hold yourself" in refused.text)


async def test_the_card_of_a_server_says_the_policy_and_list_and_clear_know_it(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "anyone", "start")
    mia = await roost.member("mia")

    card = await mia.slash(roost.channel, "server info", server="Creative")
    assert "Anyone may start **Creative** at once." in await private(card)
    listed = await roost.admin.slash(roost.channel, "policy list")
    assert "Anyone may start all servers at once." in await private(listed)

    shown = await roost.admin.slash(roost.channel, "policy clear", action="start")
    await private(shown)
    done = await roost.admin.click(shown.message, label="Clear")
    await done.until(lambda: "Cleared. From now on it takes the right." in done.text)
    refused = await mia.slash(roost.channel, "power start", server="Creative")
    assert "You can't use" in await private(refused)


async def test_without_a_policy_of_its_own_the_wider_one_is_shown_that_holds(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "anyone", "start")

    shown = await opened(roost, roost.admin, "start", server="Creative")

    assert "the one for all servers holds: Anyone may start **Creative** at once." in shown.text
    assert "it takes the right" not in shown.text


async def test_clearing_says_what_holds_from_then_on(roost: World, panel: SimPanel) -> None:
    admin = roost.admin
    await preset(roost, admin, "anyone", "start")
    own = await opened(roost, admin, "start", server="Creative")
    own = await chosen(own, admin, "policy-preset", "approval")
    await own.until(lambda: "approves within" in own.text)
    idle = await opened(roost, admin, "idle-stop")
    idle = await chosen(idle, admin, "policy-preset", "idle-15")
    await idle.until(lambda: "Each change holds at once" in idle.text)
    assert "It stops without a word" in idle.text

    for card, said in (
        (own, "the policy for all servers holds there: Anyone may start **Creative** at once."),
        (idle, "From now on nothing stops by itself there."),
    ):
        asked = await admin.click(card.message, label="Clear")
        await private(asked)
        done = await admin.click(asked.message, label="Clear")
        await done.until(partial(says, done, "Cleared."))
        assert said in done.text


async def test_simulating_shows_who_would_agree_and_sends_nothing(
    roost: World, panel: SimPanel
) -> None:
    await preset(roost, roost.admin, "vote")
    mia = await roost.member("mia")

    shown = await roost.admin.slash(
        roost.channel, "policy simulate", action="restart", server="Survival", member=mia
    )

    said = await private(shown)
    assert "on **Survival** once others agree" in said
    assert "3 of" in said
    assert "The signal `restart` to **Survival**" in said
    assert "nothing was done" in said
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_simulating_shows_who_would_agree_also_where_it_isn_t_to_be_had_now(
    roost: World, panel: SimPanel
) -> None:
    card = await preset(roost, roost.admin, "vote")
    card = await chosen(card, roost.admin, "policy-flags", "only_down")
    await card.until(lambda: "Only when it is offline" in card.text)

    mia = await roost.member("mia")
    simulated = await roost.admin.slash(
        roost.channel, "policy simulate", action="restart", server="Survival", member=mia
    )

    said = await private(simulated)
    assert "Survival** isn't offline, and it has to be." in said
    assert "3 of" in said
    assert "Nothing would be sent now." in said


async def test_what_is_granted_at_once_is_open_for_no_time(roost: World, panel: SimPanel) -> None:
    card = await preset(roost, roost.admin, "empty")

    form = await roost.admin.click(card.message, label="Numbers …")
    card = await roost.admin.submit(form, "30", "0", "2")

    await card.until(lambda: "once in 30 min, 2 times a day" in card.text)


async def test_a_policy_whose_role_or_channel_is_gone_says_so_to_admins(
    roost: World, panel: SimPanel
) -> None:
    lounge = roost.guild.channel("Lounge", ChannelType.VOICE)
    await roost.guild.announce()
    voice = Terms(how="vote", quorum=50, quorum_of="voice", quorum_channel_id=int(lounge.id))
    await allow(roost, "restart", voice)
    await allow(roost, "stop", Terms(how="approval", role_id=int(roost.mods.id)))
    before = await private(await roost.admin.slash(roost.channel, "policy list"))
    assert "⚠️" not in before

    await roost.mods.delete()
    await lounge.delete()

    listed = await private(await roost.admin.slash(roost.channel, "policy list"))
    assert "⚠️ The voice channel whose members vote is gone." in listed
    assert "⚠️ The role that may ask is gone, so nobody may." in listed
    card = await opened(roost, roost.admin, "stop")
    assert "⚠️ The role that may ask is gone, so nobody may." in card.text


async def test_an_empty_server_s_stop_is_simulated_too(roost: World, panel: SimPanel) -> None:
    shown = await opened(roost, roost.admin, "idle-stop")
    card = await chosen(shown, roost.admin, "policy-preset", "idle-30")
    await card.until(lambda: "stops by itself once nobody has been on it for 30 min" in card.text)

    simulated = await roost.admin.click(card.message, label="Simulate")

    await simulated.until(lambda: "would be sent" in simulated.text)
