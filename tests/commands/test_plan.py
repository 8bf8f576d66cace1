"""/plan: what is planned happens at its time, once, and only while it may."""

import copy
from datetime import datetime, timedelta

import pytest

from bot.work.plans import Planned
from demo.panel import SimPanel
from demo.panel.records import Backup
from demo.panel.server import Server
from tests.clock import MovedClock, passing, until
from tests.wirecord import Member, Permission, Shown, components_of
from tests.world import World, private, public

BACKER = {"websocket.connect", "backup.create"}
RESTARTER = {"websocket.connect", "control.restart"}
HOUR = 3600.0


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


def said(world: World, text: str) -> bool:
    return any(text in one for one in public(world.channel))


def the_plan(world: World) -> Planned:
    (job_id, plan), *more = world.app.parts.plans._known[int(world.guild.id)].items()
    assert not more
    return Planned(job_id, plan)


async def staff(world: World, name: str, rights: set[str]) -> Member:
    """Somebody whom Discord shows /plan."""
    role = world.guild.role("Staff", Permission.MANAGE_MESSAGES)
    return await world.member(name, role, rights=rights)


async def plan(member: Member, world: World, what: str, **options: object) -> str:
    options.setdefault("server", "Survival")
    return await private(await member.slash(world.channel, f"plan {what}", **options))


async def test_a_planned_backup_is_made_at_its_time_and_told(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)

    told = await plan(mia, roost, "backup", every="6h")

    assert "Planned." in told
    announced = await roost.posted("planned a backup of **Survival**: every 6 hours.")
    due = clock.now() + timedelta(hours=6)
    stamps = [f"<t:{int((due + timedelta(hours=6 * n)).timestamp())}:f>" for n in range(3)]
    assert all(stamp in announced for stamp in stamps)
    survival = panel.world.server("Survival")
    assert survival.backups == []

    await passing(clock, 6 * HOUR - 60, step=600)
    assert survival.backups == []
    await until(clock, lambda: said(roost, "is done"), step=5)

    (backup,) = survival.backups
    assert backup.name.startswith("plan ")
    assert len([one for one in public(roost.channel) if backup.name[:11] in one]) == 1


async def test_a_planned_restart_runs_by_the_workflow_with_a_warning_before(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", RESTARTER)
    due = clock.now() + timedelta(hours=2)
    await plan(mia, roost, "restart", at="in 2h")

    await passing(clock, 2 * HOUR - 400, step=1800)
    await until(clock, lambda: the_plan(roost).plan.power_job, step=20)
    assert panel.count("POST */power") == 0

    await until(clock, lambda: panel.count("POST */power"), step=5)
    assert clock.now() >= due - timedelta(seconds=5)

    await until(clock, lambda: said(roost, "running") or said(roost, "Up again"), step=5)
    assert panel.world.server("Survival").state == "running"
    await until(clock, lambda: not roost.app.parts.plans._known[int(roost.guild.id)], step=5)


async def test_a_rule_and_its_last_result_stand_in_the_list(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", every="day 04:00")

    before = await private(await mia.slash(roost.channel, "plan list"))
    await almost_due(roost, clock)
    await until(clock, lambda: said(roost, "is done"), step=30)
    await until(clock, lambda: the_plan(roost).plan.last == "done", step=5)
    after = await private(await mia.slash(roost.channel, "plan list"))

    assert "**Survival**: backup, every day at 04:00 (UTC)" in before
    assert "by **Mia**" in before
    assert "last <t:" in after
    assert "done" in after


async def test_a_plan_is_removed_by_a_choice_and_runs_no_more(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", at="in 2h")
    (choice,) = await mia.autocomplete(roost.channel, "plan remove", "plan", "surv")

    told = await private(await mia.slash(roost.channel, "plan remove", plan=choice["value"]))

    assert told.startswith("Removed: **Survival")
    assert "Nothing is planned" in await private(await mia.slash(roost.channel, "plan list"))
    await passing(clock, 3 * HOUR, step=300)
    assert panel.world.server("Survival").backups == []


async def test_one_time_is_skipped_publicly_and_taken_back(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", RESTARTER)
    ben = await staff(roost, "ben", {"websocket.connect"})
    await plan(mia, roost, "restart", every="6h", event=True)
    first = the_plan(roost).plan.due_at
    assert first is not None
    await until(clock, lambda: roost.guild.events)

    theirs = await card_of(ben, roost, clock)
    assert "Skip the next time" not in labels(theirs)
    shown = await card_of(mia, roost, clock)
    await mia.click(shown.message, label="Skip the next time")
    stamp = f"<t:{int(first.timestamp())}:f>"
    await until(
        clock, lambda: said(roost, f"skips the restart of **Survival** planned for {stamp}")
    )
    assert said(roost, f"Next: <t:{int(first.timestamp()) + 21600}:f>.")
    await passing(clock, 30)
    assert the_plan(roost).plan.due_at == first + timedelta(hours=6)

    again = await card_of(mia, roost, clock)
    await mia.click(again.message, label="Don't skip after all")
    await until(clock, lambda: said(roost, f"restart of **Survival** run after all: {stamp}."))
    await passing(clock, 30)
    assert the_plan(roost).plan.due_at == first
    assert len(roost.guild.events) == 1

    await until(clock, lambda: panel.count("POST */power"), step=60, limit=7 * HOUR)
    assert clock.now() >= first - timedelta(seconds=5)


async def test_a_skipped_time_does_nothing_and_a_stale_card_skips_no_other(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", every="6h")
    first = the_plan(roost).plan.due_at
    assert first is not None
    shown = await card_of(mia, roost, clock)
    old = copy.deepcopy(shown.message)
    await mia.click(shown.message, label="Skip the next time")
    await until(clock, lambda: said(roost, "skips the backup of **Survival**"))

    late = await mia.click(old, label="Skip the next time")
    await until(clock, lambda: "That time is no longer waited for" in late.text)

    await passing(clock, 6.5 * HOUR, step=600)
    assert panel.world.server("Survival").backups == []
    assert the_plan(roost).plan.last == "skipped"
    await until(clock, lambda: panel.world.server("Survival").backups, step=60, limit=7 * HOUR)


async def test_the_plan_of_a_server_that_is_gone_is_listed_as_such(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", every="6h")

    asked = await roost.admin.slash(roost.channel, "panel remove", panel="Nova")
    await private(asked)
    done = await roost.admin.click(asked.message, label="Remove")
    await until(clock, lambda: "is disconnected" in done.text)

    listed = await private(await mia.slash(roost.channel, "plan list"))
    assert "**a server that is gone**: backup, every 6 hours" in listed
    over = "its server is no longer connected"
    await until(clock, lambda: said(roost, over), step=600, limit=7 * HOUR)


async def card_of(member: Member, roost: World, clock: MovedClock) -> Shown:
    """The only plan, opened from the list."""
    listed = await member.slash(roost.channel, "plan list")
    await private(listed)
    shown = await member.select(listed.message, [the_plan(roost).id])
    await until(clock, lambda: "All plans" in labels(shown))
    return shown


def labels(shown: Shown) -> list[str]:
    return [str(one.get("label")) for one in components_of(shown.message["components"])]


async def test_in_a_game_that_can_t_be_spoken_to_no_warning_is_promised(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").docker_image = "ghcr.io/example/unknown:latest"
    await roost.refresh()
    mia = await staff(roost, "mia", RESTARTER)

    await plan(mia, roost, "restart", every="day 04:00")

    await roost.posted("in this game I can't warn the players")


async def test_who_may_not_do_it_may_not_remove_the_plan_of_another(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", at="in 2h")
    ben = await staff(roost, "ben", {"websocket.connect"})

    told = await private(await ben.slash(roost.channel, "plan remove", plan="Survival"))

    assert "Only who began it, or who holds its right" in told
    assert the_plan(roost).plan.what == "backup"


async def test_a_restart_waits_until_nobody_plays(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    survival = await playing(panel, ["Mira"])
    await guild.connect(panel)
    mia = await staff(guild, "mia", RESTARTER)
    await plan(mia, guild, "restart", at="in 1h", only_empty=True, latest="3h")

    await passing(clock, 2 * HOUR, step=60)
    assert panel.count("POST */power") == 0
    assert "waits until nobody plays" in await private(await mia.slash(guild.channel, "plan list"))
    survival.players.clear()

    await until(clock, lambda: panel.count("POST */power"), step=20, limit=300)


async def test_who_stays_is_warned_before_the_latest_time(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    await playing(panel, ["Mira"])
    await guild.connect(panel)
    mia = await staff(guild, "mia", RESTARTER)
    began = clock.now()
    await plan(mia, guild, "restart", at="in 1h", only_empty=True, latest="2h")

    await passing(clock, 2.8 * HOUR, step=600)
    assert panel.count("POST */power") == 0

    await until(clock, lambda: panel.count("POST */power"), step=20, limit=HOUR)

    assert clock.now() - began >= timedelta(hours=2, minutes=55)


async def test_players_whom_nobody_can_count_are_not_nobody(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    responder = await panel.open_query("Survival")
    responder.server.primary.alias = None
    responder.manner = "hidden"
    await guild.connect(panel)
    mia = await staff(guild, "mia", RESTARTER)
    await plan(mia, guild, "restart", at="in 1h", only_empty=True)

    await until(clock, lambda: said(guild, "was left out"), step=600, limit=30 * HOUR)

    assert said(guild, "the game didn't tell whether anybody plays")
    assert panel.count("POST */power") == 0


async def test_a_server_that_is_off_is_not_started_by_a_planned_restart(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", RESTARTER)
    await plan(mia, roost, "restart", server="Creative", every="6h")

    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last == "off", step=30)

    assert panel.count("POST */power") == 0
    assert len(public(roost.channel)) == 1  # nobody is told each time


async def test_a_plan_rests_visibly_once_its_member_lost_the_right(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    ben = await staff(roost, "ben", BACKER)
    await plan(mia, roost, "backup", every="6h")
    await roost.deny(mia, "backup.create")

    await almost_due(roost, clock)
    await until(clock, lambda: said(roost, "rests"), step=30)

    assert panel.world.server("Survival").backups == []
    assert said(roost, "**Mia** may no longer do it")
    assert "⏸️" in await private(await mia.slash(roost.channel, "plan list"))
    refused = await mia.click(roost.channel.public()[-1], label="Take it over")
    assert "You can't" in await private(await refused.settled())

    taken = await ben.click(roost.channel.public()[-1], label="Take it over")
    assert "It is your plan now." in await private(await taken.settled())

    await almost_due(roost, clock)
    await until(clock, lambda: said(roost, "is done"), step=30)
    assert said(roost, "**Ben**")


async def test_a_plan_rests_once_its_member_left(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", every="6h")
    await mia.leave()

    await almost_due(roost, clock)
    await until(clock, lambda: said(roost, "is no longer here"), step=30)

    assert panel.world.server("Survival").backups == []


async def test_a_plan_ends_with_its_server(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", at="in 2h")
    panel.world.remove_server("Survival")

    await until(clock, lambda: said(roost, "no longer connected"), step=60, limit=3 * HOUR)

    assert not roost.app.parts.plans._known[int(roost.guild.id)]


async def test_a_plan_whose_channel_is_gone_goes_on(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER)
    other = roost.guild.channel("plans")
    await private(await mia.slash(other, "plan backup", server="Survival", every="6h"))
    await other.delete()

    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last == "done", step=30)

    assert len(panel.world.server("Survival").backups) == 1


async def test_only_the_newest_of_its_own_backups_are_kept(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER | {"backup.delete", "backup.read"})
    survival = panel.world.server("Survival")
    others = backup_of(survival, "by hand", clock)
    await plan(mia, roost, "backup", every="6h", keep=2)
    for number in range(1, 4):
        await round_over(roost, clock, number)

    assert others in survival.backups
    assert len(survival.backups) == 3
    assert said(roost, "Deleted, as planned: **plan")


async def test_a_failed_backup_costs_no_good_one(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER | {"backup.delete", "backup.read"})
    survival = panel.world.server("Survival")
    await plan(mia, roost, "backup", every="6h", keep=1)
    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last == "done", step=30)
    (good,) = survival.backups
    survival.fails_backups = True

    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last == "failed", step=30)

    assert good in survival.backups
    assert said(roost, "failed")


async def test_a_backup_that_somebody_locked_stays(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", BACKER | {"backup.delete", "backup.read"})
    survival = panel.world.server("Survival")
    await plan(mia, roost, "backup", every="6h", keep=1)
    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last == "done", step=30)
    (locked,) = survival.backups
    locked.is_locked = True
    lasts = the_plan(roost).plan.last_at

    await almost_due(roost, clock)
    await until(clock, lambda: the_plan(roost).plan.last_at != lasts, step=30)

    assert locked in survival.backups
    assert len(survival.backups) == 2


async def test_two_plans_for_one_server_at_one_time_come_one_after_the_other(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    survival = panel.world.server("Survival")
    survival.backup_seconds = 300.0
    mia = await staff(roost, "mia", BACKER)
    ben = await staff(roost, "ben", BACKER)
    await plan(mia, roost, "backup", at="in 2h")
    await plan(ben, roost, "backup", every="2h")

    await passing(clock, 2 * HOUR - 60, step=1800)
    await until(clock, lambda: len(survival.backups) == 1, step=20, limit=3 * HOUR)
    await passing(clock, 60)
    assert len(survival.backups) == 1
    assert "waits until the server is free" in await private(
        await mia.slash(roost.channel, "plan list")
    )
    await until(clock, lambda: len(survival.backups) == 2, step=20, limit=HOUR)

    first, second = survival.backups
    assert first.completed_at is not None
    assert second.created_at >= first.completed_at


async def test_two_restarts_planned_for_one_time_are_one(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    mia = await staff(roost, "mia", RESTARTER)
    await plan(mia, roost, "restart", at="in 2h")
    await plan(mia, roost, "restart", every="2h")

    await passing(clock, 2 * HOUR - 400, step=1800)
    await until(
        clock, lambda: said(roost, "joins the one that is under way"), step=5, limit=3 * HOUR
    )
    await until(clock, lambda: said(roost, "Up again"), step=20, limit=HOUR)

    assert panel.count("POST */power") == 2  # a stop and a start
    assert sum("Up again" in one for one in public(roost.channel)) == 1


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "Say either `at`"),
        ({"at": "04:00", "every": "6h"}, "Say either `at`"),
        ({"at": "soon"}, "What works: `04:00`"),
        ({"at": "2020-01-01 04:00"}, "is past"),
        ({"every": "1 minute"}, "too often"),
        ({"every": "* * * * *"}, "too often"),
        ({"every": "0 4 30 2 *"}, "never comes"),
        ({"every": "blursday"}, "What works: `day 04:00`"),
        ({"every": "6h", "latest": "2h"}, "takes `only_empty`"),
        ({"every": "6h", "only_empty": True, "latest": "never"}, "can't wait until"),
        ({"every": "6h", "keep": 5}, "has room for 5 backups"),
    ],
)
async def test_what_cannot_be_planned_is_refused_with_what_works(
    roost: World, panel: SimPanel, options: dict[str, object], why: str
) -> None:
    mia = await staff(roost, "mia", BACKER | {"backup.delete"})

    assert why in await plan(mia, roost, "backup", **options)
    assert not roost.app.parts.plans._known.get(int(roost.guild.id))


async def test_keeping_the_newest_takes_the_right_to_delete(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost, "mia", BACKER)

    assert "takes the right `backup.delete`" in await plan(mia, roost, "backup", every="6h", keep=2)


async def test_the_same_plan_is_made_once(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost, "mia", BACKER)
    await plan(mia, roost, "backup", every="day 04:00")

    assert "planned already, by **Mia**" in await plan(mia, roost, "backup", every="daily 4:00")


async def test_where_the_bot_may_not_write_the_plan_is_told_privately(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost, "mia", BACKER)
    await roost.channel.deny(Permission.SEND_MESSAGES)

    told = await plan(mia, roost, "backup", every="6h")

    assert "planned a backup of **Survival**: every 6 hours" in told
    assert "stands in </plan list:" in told


async def almost_due(world: World, clock: MovedClock) -> None:
    """Let time pass until shortly before the plan's next time."""
    due = the_plan(world).plan.due_at
    assert due is not None
    await passing(clock, (due - clock.now()).total_seconds() - 400, step=1800)


async def round_over(world: World, clock: MovedClock, number: int) -> None:
    """Let the plan's time come so many times in all."""
    for one in range(the_plan(world).plan.round + 1, number + 1):
        await almost_due(world, clock)
        await until(clock, lambda one=one: the_plan(world).plan.round >= one, step=30)  # type: ignore[misc]  # bound here


async def test_the_next_time_stands_among_the_guilds_events_if_wished(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    events = roost.guild.events
    mia = await staff(roost, "mia", BACKER)
    told = await plan(mia, roost, "backup", every="6h", event=True)
    assert "events" not in told
    await until(clock, lambda: events, step=1)
    (first,) = events.values()
    assert first["name"] == "Backup of Survival"
    assert first["entity_metadata"] == {"location": "Survival"}
    assert datetime.fromisoformat(first["scheduled_start_time"]) == the_plan(roost).plan.due_at

    await round_over(roost, clock, 1)
    await until(clock, lambda: events and first["id"] not in events, step=1)

    (second,) = events.values()
    assert datetime.fromisoformat(second["scheduled_start_time"]) == the_plan(roost).plan.due_at
    await mia.slash(roost.channel, "plan remove", plan="Survival")
    await until(clock, lambda: not events, step=1)


async def test_a_bot_that_may_not_make_events_says_so_and_plans_all_the_same(
    roost: World, panel: SimPanel
) -> None:
    own = next(role for role in roost.guild.roles if role.name == "Roost")
    own.permissions &= ~Permission.MANAGE_EVENTS
    await roost.guild.announce()
    mia = await staff(roost, "mia", BACKER)

    told = await plan(mia, roost, "backup", every="6h", event=True)

    assert "that takes *Create Events*" in told
    assert "Planned." in told


async def playing(panel: SimPanel, names: list[str]) -> Server:
    """Survival, whose game tells who plays."""
    responder = await panel.open_query("Survival")
    responder.server.primary.alias = None
    responder.server.players[:] = names
    return responder.server


def backup_of(server: Server, name: str, clock: MovedClock) -> Backup:
    made = Backup(
        uuid="1a940000-0d8c-4e6d-8e1e-9631c54bb1ce",
        name=name,
        ignored_files=[],
        is_locked=False,
        created_at=clock.now(),
        completed_at=clock.now(),
        is_successful=True,
        checksum="sha1:" + "ab" * 20,
        archive=b"x",
    )
    server.backups.append(made)
    return made
