"""/schedule: said in words, kept whole by every change, and seen to have run."""

import asyncio

import pytest

from demo.panel import SimPanel
from tests.wirecord import Permission, Role, Shown, components_of
from tests.world import World, private

ALL = {"schedule.read", "schedule.create", "schedule.update", "schedule.delete"}
EXECUTE = "/execute"


def _staff(world: World) -> Role:
    """A role that Discord shows the staff's groups to."""
    return world.guild.role("Helpers", Permission.MANAGE_MESSAGES)


def _labels(shown: Shown) -> list[str]:
    return [c["label"] for c in components_of(shown.message.get("components")) if c.get("label")]


def _asked(panel: SimPanel, end: str) -> list[str]:
    return [asked for asked in panel.asked if asked.startswith("POST") and asked.endswith(end)]


async def _nightly(roost: World, **options: object) -> None:
    """A schedule on Survival with two tasks, made as an admin makes it."""
    made = await roost.admin.slash(
        roost.channel,
        "schedule create",
        **{"server": "Survival", "name": "Nightly", "when": "4:00", **options},
    )
    assert "Made." in await private(made)
    for task in (
        {"action": "command", "payload": "save-all"},
        {"action": "command", "payload": "say done", "wait": 1},
    ):
        added = await roost.admin.slash(
            roost.channel, "schedule task-add", server="Survival", schedule="Nightly", **task
        )
        assert "Added." in await private(added)


async def test_a_schedule_is_said_in_a_sentence_with_its_next_time_and_its_tasks_in_order(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost)
    mia = await roost.member("mia", _staff(roost), rights={"schedule.read"})

    listed = await private(await mia.slash(roost.channel, "schedule list", server="Survival"))
    card = await mia.slash(roost.channel, "schedule show", server="Survival", schedule="nightly")
    said = await private(card)

    assert "**Nightly**: every day at 04:00" in listed
    assert "Runs every day at 04:00, by the panel's clock (UTC)" in said
    assert "Next: <t:" in said
    assert said.index("1. console command `save-all`") < said.index(
        "2. 1 s later: console command `say done`"
    )
    assert _labels(card) == []


async def test_a_change_of_the_times_leaves_the_schedule_switched_on(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost, only_when_online=True)

    edited = await roost.admin.slash(
        roost.channel, "schedule edit", server="Survival", schedule="Nightly", when="0 5 * * 1-5"
    )

    assert "every Monday to Friday at 05:00" in await private(edited)
    (kept,) = panel.world.server("Survival").schedules
    assert (kept.is_active, kept.only_when_online, kept.name) == (True, True, "Nightly")


async def test_the_form_behind_edit_holds_what_is_and_changes_it(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost)
    card = await roost.admin.slash(
        roost.channel, "schedule show", server="Survival", schedule="Nightly"
    )
    await private(card)

    form = await roost.admin.click(card.message, label="Edit")
    done = await roost.admin.submit(form, when="18:30")

    await done.until(lambda: "every day at 18:30" in str(card.message) + done.text)
    (kept,) = panel.world.server("Survival").schedules
    assert (kept.name, kept.minute, kept.hour, kept.is_active) == ("Nightly", "30", "18", True)


async def test_a_run_is_seen_to_have_run(roost: World, panel: SimPanel) -> None:
    await _nightly(roost)
    mia = await roost.member("mia", _staff(roost), rights={"schedule.update", "schedule.read"})

    shown = await mia.slash(roost.channel, "schedule run", server="Survival", schedule="Nightly")

    await shown.until(lambda: "ran its 2 tasks" in shown.text)
    assert len(_asked(panel, EXECUTE)) == 1


async def test_a_run_that_the_panel_says_yes_to_and_ignores_is_told_before(
    roost: World, panel: SimPanel
) -> None:
    made = await roost.admin.slash(
        roost.channel,
        "schedule create",
        server="Creative",
        name="Nightly",
        when="4:00",
        only_when_online=True,
    )
    await private(made)
    await private(
        await roost.admin.slash(
            roost.channel,
            "schedule task-add",
            server="Creative",
            schedule="Nightly",
            action="power",
            payload="restart",
        )
    )

    shown = await roost.admin.slash(
        roost.channel, "schedule run", server="Creative", schedule="Nightly"
    )

    assert "say yes and do nothing" in await private(shown)
    assert not _asked(panel, EXECUTE)


async def test_a_run_whose_first_command_would_meet_a_server_that_is_off_is_told_before(
    roost: World, panel: SimPanel
) -> None:
    for command, options in (
        ("schedule create", {"name": "Nightly", "when": "4:00"}),
        ("schedule task-add", {"schedule": "Nightly", "action": "command", "payload": "say hi"}),
    ):
        await private(await roost.admin.slash(roost.channel, command, server="Creative", **options))

    shown = await roost.admin.slash(
        roost.channel, "schedule run", server="Creative", schedule="Nightly"
    )

    assert "would fail and end the run" in await private(shown)
    assert not _asked(panel, EXECUTE)


async def test_a_schedule_without_tasks_isn_t_sent_to_run(roost: World, panel: SimPanel) -> None:
    made = await roost.admin.slash(
        roost.channel, "schedule create", server="Survival", name="Empty", when="4:00"
    )
    await private(made)

    shown = await roost.admin.slash(
        roost.channel, "schedule run", server="Survival", schedule="Empty"
    )

    assert "has no tasks" in await private(shown)
    assert not _asked(panel, EXECUTE)


async def test_a_schedule_that_runs_isn_t_run_twice(roost: World, panel: SimPanel) -> None:
    await _nightly(roost)
    panel.world.server("Survival").schedules[0].is_processing = True

    shown = await roost.admin.slash(
        roost.channel, "schedule run", server="Survival", schedule="Nightly"
    )

    assert "running already" in await private(shown)
    assert not _asked(panel, EXECUTE)


async def test_switching_off_by_the_button_twice_leaves_it_off(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost)
    card = await roost.admin.slash(
        roost.channel, "schedule show", server="Survival", schedule="Nightly"
    )
    await private(card)

    first, second = await asyncio.gather(
        roost.admin.click(card.message, label="Switch off"),
        roost.admin.click(card.message, label="Switch off"),
    )

    (kept,) = panel.world.server("Survival").schedules
    await first.until(lambda: not kept.is_active)
    await second.until(lambda: "Switch on" in str(card.message))
    assert not kept.is_active
    assert [task.payload for task in kept.tasks] == ["save-all", "say done"]


async def test_toggle_says_which_way_it_went(roost: World, panel: SimPanel) -> None:
    await _nightly(roost)

    off = await roost.admin.slash(
        roost.channel, "schedule toggle", server="Survival", schedule="Nightly"
    )
    assert "It is switched off." in await private(off)
    on = await roost.admin.slash(
        roost.channel, "schedule toggle", server="Survival", schedule="Nightly"
    )
    assert "It is switched on." in await private(on)


async def test_deleting_asks_first_naming_the_tasks_and_happens_once(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost)
    asked = await roost.admin.slash(
        roost.channel, "schedule delete", server="Survival", schedule="Nightly"
    )
    assert "takes its 2 tasks along" in await private(asked)
    assert _labels(asked) == ["Cancel", "Delete"]

    first, second = await asyncio.gather(
        roost.admin.click(asked.message, label="Delete"),
        roost.admin.click(asked.message, label="Delete"),
    )

    await first.until(lambda: "once, not twice" in first.text + second.text)
    await first.until(lambda: not panel.world.server("Survival").schedules)
    assert sum(one.startswith("DELETE") for one in panel.asked) == 1


async def test_a_task_is_edited_where_named_and_keeps_the_rest(
    roost: World, panel: SimPanel
) -> None:
    await _nightly(roost)
    panel.world.server("Survival").schedules[0].tasks[0].continue_on_failure = True

    edited = await roost.admin.slash(
        roost.channel,
        "schedule task-edit",
        server="Survival",
        schedule="Nightly",
        task=1,
        payload="save-all flush",
        position=2,
    )

    assert "2. console command `save-all flush` (goes on if it fails)" in await private(edited)
    (kept,) = panel.world.server("Survival").schedules
    moved = next(task for task in kept.tasks if task.payload == "save-all flush")
    assert (moved.sequence_id, moved.continue_on_failure) == (2, True)


async def test_a_task_is_removed_after_asking(roost: World, panel: SimPanel) -> None:
    await _nightly(roost)
    asked = await roost.admin.slash(
        roost.channel, "schedule task-remove", server="Survival", schedule="Nightly", task=1
    )
    assert "goes for good: console command `save-all`" in await private(asked)

    done = await roost.admin.click(asked.message, label="Remove")

    (kept,) = panel.world.server("Survival").schedules
    await done.until(lambda: [task.payload for task in kept.tasks] == ["say done"])


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"action": "power", "payload": "explode"}, "`kill` as `payload`"),
        ({"action": "power"}, "`kill` as `payload`"),
        ({"action": "command", "payload": "   "}, "one console command"),
    ],
)
async def test_a_payload_that_the_panel_wouldn_t_check_is_refused_before(
    roost: World, panel: SimPanel, task: dict[str, str], says: str
) -> None:
    await _nightly(roost)
    before = len(_asked(panel, "/tasks"))

    shown = await roost.admin.slash(
        roost.channel, "schedule task-add", server="Survival", schedule="Nightly", **task
    )

    assert says in await private(shown)
    assert len(_asked(panel, "/tasks")) == before


async def test_a_denial_holds_for_what_a_task_would_do(roost: World, panel: SimPanel) -> None:
    await _nightly(roost)
    mia = await roost.member("mia", _staff(roost), rights=ALL, denied={"control.console"})

    shown = await mia.slash(
        roost.channel,
        "schedule task-add",
        server="Survival",
        schedule="Nightly",
        action="command",
        payload="op mia",
    )

    assert "a schedule can't do it for you either" in await private(shown)


@pytest.mark.parametrize("when", ["noon", "61 * * * *", "0 4 * *", "*/0 * * * *", "`@everyone`"])
async def test_a_time_nobody_can_read_is_refused_before_the_panel_is_asked(
    roost: World, panel: SimPanel, when: str
) -> None:
    shown = await roost.admin.slash(
        roost.channel, "schedule create", server="Survival", name="Bad", when=when
    )

    assert "is no time that I can read" in await private(shown)
    assert not _asked(panel, "/schedules")


async def test_a_cron_that_only_the_panel_can_judge_is_refused_in_its_words(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(
        roost.channel, "schedule create", server="Survival", name="Bad", when="0 4 X * *"
    )

    said = await private(shown)
    assert "no time that I can read" in said or "The panel said no" in said


async def test_times_are_offered_while_typing(roost: World) -> None:
    choices = await roost.admin.autocomplete(
        roost.channel, "schedule create", "when", "18:30", server="Survival"
    )

    assert {"name": "every day at 18:30 · 30 18 * * *", "value": "30 18 * * *"} in [
        {"name": one["name"], "value": one["value"]} for one in choices
    ]


@pytest.mark.parametrize("text", ["gone", "999", "@everyone", "../../users", "x" * 100])
async def test_an_unknown_schedule_is_named_with_the_next_step(roost: World, text: str) -> None:
    shown = await roost.admin.slash(
        roost.channel, "schedule show", server="Survival", schedule=text
    )

    assert "no such schedule" in await private(shown)


async def test_a_hostile_name_renders_tame(roost: World, panel: SimPanel) -> None:
    await _nightly(roost, name="Nightly")
    panel.world.server("Survival").schedules[0].name = "@everyone `<@&1>` **x**\u202e" + "y" * 150

    shown = await roost.admin.slash(roost.channel, "schedule list", server="Survival")

    said = await private(shown)
    assert "@everyone" not in said.replace("\\@everyone", "")
    assert "\u202e" not in said


@pytest.mark.parametrize(
    "command", ["list", "show", "edit", "delete", "run", "toggle", "task-add", "task-edit"]
)
async def test_without_the_right_nothing_is_asked_of_the_panel(
    roost: World, panel: SimPanel, command: str
) -> None:
    mia = await roost.member("mia", _staff(roost), rights={"control.start"})
    before = list(panel.asked)
    options: dict[str, object] = {} if command == "list" else {"schedule": "1"}
    options |= {"action": "backup"} if command == "task-add" else {}
    options |= {"task": 1} if command == "task-edit" else {}

    shown = await mia.slash(roost.channel, f"schedule {command}", server="Survival", **options)

    assert "You can't use" in await private(shown)
    assert [one for one in panel.asked[len(before) :] if "schedules" in one] == []
