"""/config: each setting changes what the bot does, and what can't be is refused with the reason.

A new setting gets a test here (or elsewhere, marked the same way) that changes it as an admin does
and looks at what is different afterwards.
"""

import copy
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.store.guilds import GuildSettings
from bot.store.policies import Terms
from bot.ui.settings import PAGES
from bot.ui.settings.kinds import Several
from bot.ui.settings.zones import zone
from demo.panel import SimPanel
from tests.clock import MovedClock, passing, until
from tests.commands.community import allow, call_vote
from tests.wirecord import components_of, eventually
from tests.world import World, private, public

SEEN: set[str] = set()
"""The settings whose change a test looks at."""


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


def changes(key: str) -> Callable[[Any], Any]:
    """Mark a test as the one that sees what a setting does."""
    SEEN.add(key)
    return lambda test: test


def settings(world: World) -> GuildSettings:
    return world.app.parts.gate.book(int(world.guild.id)).settings


ELSEWHERE = {
    "history": "commands/test_usage.py::test_switched_off_nothing_more_is_kept_or_watched",
    "quiet_hours": "alerts/test_alerts.py::test_quiet_hours_keep_the_message_and_ping_nobody",
}
"""Settings whose change is looked at where there is more to set up."""


def test_every_setting_has_a_test_that_sees_what_it_does() -> None:
    for place in ELSEWHERE.values():
        file, name = place.split("::")
        said = (Path(__file__).parent.parent / file).read_text(encoding="utf-8")
        assert f"def {name}(" in said, place
    assert {one.key for page in PAGES for one in page.settings} == SEEN | ELSEWHERE.keys()


@changes("language")
async def test_a_channel_is_spoken_to_in_the_guilds_language(roost: World, panel: SimPanel) -> None:
    await roost.choose("language", "de")
    shown = await roost.admin.slash(roost.channel, "setup")
    await private(shown)

    tested = await roost.admin.click(shown.message, label="Test message")
    await tested.settled()

    await roost.posted("Roost läuft hier")


@changes("linking_allowed")
async def test_members_link_their_own_keys_where_the_guild_allows_it(
    roost: World, panel: SimPanel
) -> None:
    mia = roost.guild.member("mia")
    before = await mia.slash(roost.channel, "link")
    assert before.modal is None
    await private(before)

    await roost.switch("linking_allowed")

    assert (await mia.slash(roost.channel, "link")).modal is not None


@changes("account_commands")
async def test_account_commands_run_where_they_are_switched_on(
    roost: World, panel: SimPanel
) -> None:
    off = await private(await roost.admin.slash(roost.channel, "account info"))
    assert "switched off here" in off

    await roost.switch("account_commands")

    assert "alice" in await private(await roost.admin.slash(roost.channel, "account info"))


@changes("time_zone")
async def test_a_day_ends_at_midnight_of_the_guilds_time_zone(
    guild: World, clock: MovedClock
) -> None:
    shown = await guild.enter("time_zone", "auckland")
    assert "`Pacific/Auckland`" in shown
    head = await guild.admin.slash(guild.channel, "audit channel", channel=guild.channel)
    await private(head)
    await guild.grant(guild.mods, "control.start")
    assert len(heads(guild)) == 1

    # 9:00 in UTC is 22:00 in Auckland: its midnight is two hours away, that of UTC fifteen
    await clock.advance(2.5 * 3600)

    await eventually(lambda: len(heads(guild)) == 2)


def heads(world: World) -> list[str]:
    return [said for said in public(world.channel) if "Audit trail:" in said]


async def test_a_city_of_several_zones_is_asked_about(guild: World) -> None:
    shown = await guild.admin.slash(guild.channel, "config")
    await private(shown)
    form = await guild.admin.click(shown.message, custom_id="r:config-enter:time_zone")
    asked = await guild.admin.submit(form, "America/Indiana")
    await asked.until(lambda: "Which one do you mean" in asked.text)

    picked = await guild.admin.select(asked.message, ["America/Indiana/Vincennes"])

    await picked.until(lambda: settings(guild).time_zone == "America/Indiana/Vincennes")


@pytest.mark.parametrize("typed", ["Atlantis", "../../etc/passwd", "@everyone", "UTC+1", "x" * 60])
async def test_what_is_no_time_zone_is_refused_and_given_back(guild: World, typed: str) -> None:
    said = await guild.enter("time_zone", typed)

    assert "no time zone" in said
    assert "What you typed" in said
    assert settings(guild).time_zone == "UTC"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", "UTC"),
        ("utc", "UTC"),
        ("berlin", "Europe/Berlin"),
        ("New York", "America/New_York"),
        ("são paulo", "America/Sao_Paulo"),
        ("europe/LONDON", "Europe/London"),
        ("Kolkata", "Asia/Kolkata"),
        ("GMT", "GMT"),
    ],
)
def test_a_zone_is_found_by_its_city(typed: str, meant: str) -> None:
    assert zone(typed) == meant


def test_at_most_a_select_full_of_zones_is_offered() -> None:
    with pytest.raises(Several) as several:
        zone("a")
    assert 1 < len(several.value.options) <= 25


@changes("two_person")
async def test_a_deed_takes_two_where_an_admin_says_so(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights={"control.stop"})
    await roost.choose("two_person", "kill")

    shown = await mia.slash(roost.channel, "power kill", server="Survival")
    await private(shown)
    asked = await mia.click(shown.message, label="Kill")

    await asked.until(lambda: "that takes two" in asked.text)
    await roost.posted("A second yes: kill **Survival**?")


@changes("member_days")
async def test_new_members_don_t_count_in_votes_where_an_admin_says_so(
    roost: World, panel: SimPanel
) -> None:
    await roost.enter("member_days", "30")
    await allow(roost, "restart", Terms(how="vote", quorum=2))
    old = roost.guild.member("old")
    new = roost.guild.member("new")
    new.joined_at = roost.app.parts.clock.now() - timedelta(days=3)

    message = await call_vote(roost, old)
    refused = await new.click(message, label="For it")

    assert "Members of less than 30 days don't count" in await private(refused)
    await roost.posted("**1 of 2** for it")


async def test_each_page_is_one_click_from_every_other(guild: World) -> None:
    shown = await guild.admin.slash(guild.channel, "config")
    await private(shown)
    keys = [
        one["custom_id"]
        for one in components_of(shown.message["components"])
        if str(one.get("custom_id", "")).startswith("r:config:")
    ]
    assert len(keys) >= 4
    for custom_id in keys:
        turned = await (await guild.admin.click(shown.message, custom_id=custom_id)).answered()
        offered = [c.get("custom_id") for c in components_of(turned.message["components"])]
        assert [one for one in offered if one in keys] == keys


async def test_a_channel_stands_for_a_server_until_it_is_unbound(
    roost: World, panel: SimPanel
) -> None:
    other = roost.guild.channel("creative")
    await roost.bind(other, "Creative")
    page = await private(await roost.admin.slash(roost.channel, "config", page="channels"))
    assert f"<#{other.id}> → **Creative**" in page

    shown = await roost.admin.slash(other, "config", page="channels")
    await private(shown)
    card = await roost.admin.click(shown.message, label="This channel …")
    await card.until(lambda: "stands for **Creative**" in card.text)
    await roost.admin.select(card.message, ["-"])

    gate, guild_id = roost.app.parts.gate, int(roost.guild.id)
    await eventually(lambda: gate.bound(guild_id, int(other.id)) is None)


async def test_two_admins_who_change_different_settings_keep_both(
    guild: World, panel: SimPanel
) -> None:
    shown = await guild.admin.slash(guild.channel, "config")
    await private(shown)
    await guild.switch("linking_allowed")

    await guild.admin.select(shown.message, ["de"], custom_id="r:config-choose:language")

    await eventually(lambda: settings(guild).language == "de")
    assert settings(guild).linking_allowed


async def test_a_setting_that_is_no_more_is_answered(guild: World) -> None:
    shown = await guild.admin.slash(guild.channel, "config", page="members")
    await private(shown)
    old = copy.deepcopy(shown.message)
    for one in components_of(old["components"]):
        if one.get("custom_id") == "r:config-flip:linking_allowed":
            one["custom_id"] = "r:config-flip:gone"

    answer = await guild.admin.click(old, custom_id="r:config-flip:gone")

    await answer.until(lambda: "not here any more" in answer.text)


@changes("warn_minutes")
async def test_players_are_warned_when_an_admin_says(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    shown = await roost.enter("warn_minutes", "3")
    assert "3 min before its end" in shown
    mia = await roost.member("mia", rights={"control.restart"})
    await mia.slash(roost.channel, "power restart", server="Survival", delay="5m")
    await roost.posted("restarts **Survival**")
    await eventually(lambda: len(_typed(panel)) == 1)

    await until(clock, lambda: len(_typed(panel)) == 2, limit=130)

    assert "in 3 minutes" in _typed(panel)[-1]
    assert "doesn't fit here" in await roost.enter("warn_minutes", "500")


@changes("stop_patience_seconds")
async def test_a_slow_stop_is_asked_about_after_the_time_that_was_set(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await roost.choose("stop_patience_seconds", "30")
    instance = panel.world.server("Survival").instance
    assert instance is not None
    instance.game().ignores_stop = True
    mia = await roost.member("mia", rights={"control.stop"})
    await mia.slash(roost.channel, "power stop", server="Survival")
    await roost.posted("Waiting for it to go off")

    await passing(clock, 40, step=1)

    assert " 3" in (await roost.posted("doesn't stop")).split("s since")[0]


def _typed(panel: SimPanel) -> list[str]:
    return [str(one.body) for one in panel.requests if one.path.endswith("/command")]


@changes("idle_channel_id")
async def test_idle_stops_are_told_where_the_admins_chose(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    quiet = guild.guild.channel("quiet")
    responder = await panel.open_query("Lobby")
    await guild.connect(panel)
    await guild.place("idle_channel_id", quiet)

    await allow(guild, "idle-stop", Terms(idle_minutes=5))

    await until(
        clock, lambda: any("because it was empty" in one for one in public(quiet)), limit=800
    )
    assert responder.server.state == "offline"
    assert any("because it was empty" in one for one in public(quiet))
    assert public(guild.channel) == []
