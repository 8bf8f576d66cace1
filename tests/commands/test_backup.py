"""/backup: every state told apart, limits told before, nothing lost unasked, ends told truly."""

import asyncio
from datetime import timedelta

import pytest

from demo.panel import SimPanel
from demo.panel.records import Backup
from tests.wirecord import Json, Permission, components_of
from tests.world import World, private, public

ALL = {"backup.*"}
MINUTE = timedelta(minutes=1)


def made(
    panel: SimPanel,
    name: str,
    *,
    server: str = "Survival",
    minutes_ago: float = 60,
    state: str = "done",
    locked: bool = False,
    number: int = 1,
) -> Backup:
    """A backup that lies there."""
    begun_at = panel.clock.now() - MINUTE * minutes_ago
    owner = panel.world.server(server)
    backup = Backup(
        uuid=f"1a94000{number}-0d8c-4e6d-8e1e-9631c54bb1ce",
        name=name,
        ignored_files=["logs/*"],
        is_locked=locked,
        created_at=begun_at,
    )
    if state != "running":
        backup.completed_at = begun_at + MINUTE
    if state == "done":
        backup.is_successful, backup.checksum = True, "sha1:" + "ab" * 20
        backup.archive = owner.files.archive([])
        backup.size_bytes = 1_288_490_189
    owner.backups.append(backup)
    return backup


def buttons(message: Json) -> list[str]:
    """The labels of the buttons, in order."""
    found = components_of(message["components"])
    return [one["label"] for one in found if one["type"] == 2]


def sent(panel: SimPanel, ending: str) -> list[str]:
    return [asked for asked in panel.asked if asked.endswith(ending)]


async def test_a_list_tells_running_failed_locked_and_good_ones_apart(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "good", number=1, locked=True)
    made(panel, "going", number=2, state="running", minutes_ago=5)
    made(panel, "broken", number=3, state="failed", minutes_ago=30)
    mia = await roost.member("mia", rights=ALL)

    said = await private(await mia.slash(roost.channel, "backup list", server="Survival"))

    lines = said.split("\n")
    assert any("**good** · 1.2 GiB · <t:" in line and "locked" in line for line in lines)
    assert any("**going** · running" in line for line in lines)
    assert any("**broken** · failed" in line for line in lines)
    assert said.index("going") < said.index("broken") < said.index("good")
    assert "2 of 5 used" in said


async def test_an_empty_list_says_how_to_fill_it(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights=ALL)

    said = await private(await mia.slash(roost.channel, "backup list", server="Survival"))

    assert "/backup create" in said


async def test_many_are_leafed_through_ten_a_page(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").backup_limit = 30
    for number in range(12):
        backup = made(panel, f"night {number:02d}", minutes_ago=60 * (number + 1))
        backup.uuid = f"1a9400{number:02d}-0d8c-4e6d-8e1e-9631c54bb1ce"
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup list", server="Survival")
    assert "night 10" not in await private(shown)

    leafed = await mia.click(shown.message, label="Next")

    await leafed.until(lambda: "night 10" in leafed.text)
    assert "page 2 of 2" in leafed.text


async def test_a_backup_opened_from_the_list_shows_what_can_be_done(
    roost: World, panel: SimPanel
) -> None:
    backup = made(panel, "nightly")
    mia = await roost.member("mia", rights={"backup.read", "backup.download"})
    listed = await mia.slash(roost.channel, "backup list", server="Survival")
    await private(listed)

    opened = await mia.select(listed.message, [backup.uuid])

    said = await private(opened)
    assert "sha1:" in said
    assert "logs/" in said
    assert buttons(opened.message) == ["Download link"]


@pytest.mark.parametrize("state", ["failed", "running"])
async def test_what_is_not_whole_is_offered_neither_for_restore_nor_for_download(
    roost: World, panel: SimPanel, state: str
) -> None:
    backup = made(panel, "bad", state=state)
    mia = await roost.member("mia", rights=ALL)
    opened = await mia.slash(roost.channel, "backup info", server="Survival", backup="bad")
    await private(opened)
    assert not {"Restore …", "Download link"} & set(buttons(opened.message))
    await mia.autocomplete(roost.channel, "backup restore", "backup", "", server="Survival")
    listed = await mia.slash(roost.channel, "backup list", server="Survival")
    await private(listed)

    choices = await mia.autocomplete(
        roost.channel, "backup restore", "backup", "", server="Survival"
    )
    for verb in ("restore", "download"):
        told = await mia.slash(
            roost.channel, f"backup {verb}", server="Survival", backup=backup.uuid
        )
        assert "failed" in await private(told) or "still being made" in told.text

    assert choices == []
    assert not sent(panel, "/restore")
    assert not sent(panel, "/download")


async def test_options_offer_backups_by_name_from_memory(roost: World, panel: SimPanel) -> None:
    backup = made(panel, "nightly")
    mia = await roost.member("mia", rights=ALL)
    await private(await mia.slash(roost.channel, "backup list", server="Survival"))
    asked = len(panel.asked)

    choices = await mia.autocomplete(
        roost.channel, "backup info", "backup", "night", server="Survival"
    )

    assert [one["value"] for one in choices] == [backup.uuid]
    assert choices[0]["name"].startswith("nightly · 1.2 GiB")
    assert len(panel.asked) == asked


async def test_a_backup_is_followed_and_the_channel_hears_its_end(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"backup.create"})

    shown = await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")

    said = await roost.posted("is done")
    assert "**Mia**'s backup **nightly** of **Survival** is done: " in said
    assert "has begun" in await private(shown)
    assert len(public(roost.channel)) == 1
    (backup,) = panel.world.server("Survival").backups
    assert backup.is_successful


async def test_ignored_files_and_the_lock_reach_the_panel(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(
        roost.channel, "backup create", server="Survival", ignore="logs/*, cache", lock=True
    )

    await private(shown)
    (backup,) = panel.world.server("Survival").backups
    assert backup.ignored_files == ["logs/*", "cache"]
    assert backup.is_locked


async def test_a_failed_backup_is_told_as_failed_though_its_event_says_completed(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").fails_backups = True
    mia = await roost.member("mia", rights={"backup.create"})

    await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")

    assert "failed" in await roost.posted("**nightly** of **Survival** failed")


async def test_a_lost_event_is_made_up_for_by_asking(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").backup_seconds = 0.5
    panel.fault("too_many_sockets", on="node")
    mia = await roost.member("mia", rights={"backup.create"})

    await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")

    await roost.posted("is done")


async def test_where_the_bot_may_not_write_the_end_is_told_privately(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").backup_seconds = 0.3
    mia = await roost.member("mia", rights={"backup.create"})
    await roost.channel.deny(Permission.SEND_MESSAGES)

    shown = await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")

    await shown.until(lambda: "is done" in shown.text)
    assert public(roost.channel) == []


async def test_a_deleted_post_is_replaced_by_the_result(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").backup_seconds = 0.5
    mia = await roost.member("mia", rights={"backup.create"})
    await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")
    await roost.posted("is being made")

    await roost.wire.forget(roost.channel.public()[-1])

    await roost.posted("is done")


async def test_a_backup_deleted_while_it_is_made_is_told(roost: World, panel: SimPanel) -> None:
    server = panel.world.server("Survival")
    server.backup_seconds = 0.6
    mia = await roost.member("mia", rights={"backup.create"})
    await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")
    await roost.posted("is being made")

    server.backups.clear()

    assert "deleted" in await roost.posted("deleted before it was done")


async def test_the_limit_is_told_before_the_panel_is_asked_to_make_one(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").backup_limit = 2
    made(panel, "old", number=1, minutes_ago=900)
    made(panel, "keep", number=2, minutes_ago=2000, locked=True)
    made(panel, "broken", number=3, state="failed")
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup create", server="Survival")

    said = await private(shown)
    assert "2 of 2 backups" in said
    assert "**old**" in said
    assert not [asked for asked in panel.asked if asked.startswith("POST")]


async def test_a_server_without_room_says_who_can_change_that(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").backup_limit = 0
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup create", server="Survival")

    assert "no room for backups" in await private(shown)
    assert not sent(panel, "/backups") or not any(a.startswith("POST") for a in panel.asked)


async def test_the_throttle_is_told_before_and_can_be_tried_all_the_same(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "one", number=1, minutes_ago=2)
    made(panel, "two", number=2, minutes_ago=4)
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup create", server="Survival", name="three")
    assert "free <t:" in await private(shown)
    assert not [asked for asked in panel.asked if asked.startswith("POST")]

    await mia.click(shown.message, label="Try now")

    await roost.posted("**three** of **Survival** is done")


async def test_a_throttled_panel_is_told_with_the_time_and_asked_once(
    roost: World, panel: SimPanel
) -> None:
    panel.backup_throttle = (1, 600.0)
    mia = await roost.member("mia", rights=ALL)
    await mia.slash(roost.channel, "backup create", server="Survival", name="one")
    await roost.posted("**one** of **Survival** is done")

    shown = await mia.slash(roost.channel, "backup create", server="Survival", name="two")

    await shown.until(lambda: "Try again <t:" in shown.text)
    assert len(panel.world.server("Survival").backups) == 1
    assert sum(1 for a in panel.asked if a.startswith("POST") and a.endswith("/backups")) == 2


async def test_an_unknown_outcome_is_looked_up_and_never_repeated(
    roost: World, panel: SimPanel
) -> None:
    panel.fault("drop", route="POST */backups", times=1, is_done=True)
    mia = await roost.member("mia", rights=ALL)

    await mia.slash(roost.channel, "backup create", server="Survival", name="nightly")

    await roost.posted("**nightly** of **Survival** is done")
    assert len(panel.world.server("Survival").backups) == 1


async def test_the_download_link_is_made_at_the_click_and_not_before(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "night[ly](https://evil.example)")
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup download", server="Survival", backup="night")
    assert "works once" in await private(shown)
    assert not sent(panel, "/download")

    clicked = await mia.click(shown.message, label="Make the link")

    said = await private(clicked)
    assert said.count("/download/backup?token=") == 1
    assert "](https://evil" not in said
    assert len(sent(panel, "/download")) == 1


async def test_a_restore_names_what_is_lost_and_keeps_what_the_backup_lacks(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "nightly")
    server = panel.world.server("Survival")
    server.files.put("new.txt", "later", panel.clock.now())
    mia = await roost.member("mia", rights={"backup.restore", "backup.read"})
    shown = await mia.slash(roost.channel, "backup restore", server="Survival", backup="nightly")
    said = await private(shown)
    assert "**nightly** (1.2 GiB, <t:" in said
    assert "stops **Survival**" in said
    assert buttons(shown.message) == ["Cancel", "Restore"]

    form = await mia.click(shown.message, label="Restore")
    await mia.submit(form, "surv")

    said = await roost.posted("It runs again.")
    assert "**Mia** restored **Survival** from **nightly**" in said
    assert server.files.find("/new.txt") is not None


async def test_files_are_deleted_first_only_when_that_was_chosen_and_said(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "nightly", server="Creative")
    server = panel.world.server("Creative")
    server.files.put("new.txt", "later", panel.clock.now())
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(
        roost.channel, "backup restore", server="Creative", backup="nightly", delete_files=True
    )
    assert "Every file of the server is deleted first" in await private(shown)

    form = await mia.click(shown.message, label="Restore")
    await mia.submit(form, server.identifier)

    await roost.posted("restored")
    assert server.files.find("/new.txt") is None


async def test_a_restore_that_failed_is_told_so_by_the_panels_own_log(
    roost: World, panel: SimPanel
) -> None:
    backup = made(panel, "nightly", server="Creative")
    backup.archive = None
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup restore", server="Creative", backup="nightly")
    await private(shown)

    form = await mia.click(shown.message, label="Restore")
    await mia.submit(form, "creative")

    assert "may be incomplete" in await roost.posted("failed")


async def test_something_else_typed_restores_nothing(roost: World, panel: SimPanel) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup restore", server="Survival", backup="nightly")
    await private(shown)

    form = await mia.click(shown.message, label="Restore")
    answer = await mia.submit(form, "Creative")

    await answer.until(lambda: "Nothing was done" in answer.text)
    assert not sent(panel, "/restore")
    assert not sent(panel, "/power")


async def test_who_is_denied_to_stop_does_not_stop_by_a_restore(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=ALL, denied={"control.stop"})

    shown = await mia.slash(roost.channel, "backup restore", server="Survival", backup="nightly")

    assert "has to be off" in await private(shown)


async def test_locking_what_is_locked_does_not_unlock_it(roost: World, panel: SimPanel) -> None:
    backup = made(panel, "nightly", locked=True)
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup lock", server="Survival", backup="nightly")

    assert "is locked" in await private(shown)
    assert backup.is_locked
    assert not sent(panel, "/lock")


async def test_unlocking_asks_first(roost: World, panel: SimPanel) -> None:
    backup = made(panel, "nightly", locked=True)
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(
        roost.channel, "backup lock", server="Survival", backup="nightly", locked=False
    )
    assert "can be deleted" in await private(shown)
    assert backup.is_locked

    clicked = await mia.click(shown.message, label="Unlock")

    await clicked.until(lambda: "is unlocked" in clicked.text)
    assert not backup.is_locked


async def test_a_locked_backup_is_told_to_be_locked_and_stays(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "nightly", locked=True)
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup delete", server="Survival", backup="nightly")

    assert "is locked" in await private(shown)
    assert buttons(shown.message) == ["Unlock …"]
    assert not [asked for asked in panel.asked if asked.startswith("DELETE")]


async def test_deleting_asks_first_and_happens_once(roost: World, panel: SimPanel) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=ALL)
    shown = await mia.slash(roost.channel, "backup delete", server="Survival", backup="nightly")
    assert "**nightly** (1.2 GiB" in await private(shown)

    first, second = await asyncio.gather(
        mia.click(shown.message, label="Delete"), mia.click(shown.message, label="Delete")
    )

    await first.until(lambda: "is deleted" in first.text + second.text)
    await first.until(lambda: "once, not twice" in first.text + second.text)
    assert panel.world.server("Survival").backups == []
    assert sum(1 for asked in panel.asked if asked.startswith("DELETE")) == 1


@pytest.mark.parametrize(
    "typed", ["nothing like it", "../../etc", "x" * 300, "1a940009", "@everyone `"]
)
async def test_a_backup_that_is_none_is_told_without_pings(
    roost: World, panel: SimPanel, typed: str
) -> None:
    made(panel, "nightly")
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup info", server="Survival", backup=typed)

    assert "no such backup" in await private(shown)
    assert shown.message["_pings"] == []


async def test_a_name_that_two_backups_have_is_asked_about(roost: World, panel: SimPanel) -> None:
    made(panel, "nightly", number=1)
    made(panel, "nightly", number=2)
    mia = await roost.member("mia", rights=ALL)

    shown = await mia.slash(roost.channel, "backup delete", server="Survival", backup="nightly")

    said = await private(shown)
    assert "Which one" in said
    assert "`1a940001`" in said


async def test_a_hostile_name_is_data_in_every_place(roost: World, panel: SimPanel) -> None:
    hostile = "@everyone ||x|| `y` <@&1> \u202egnp.exe " + "long " * 30
    backup = made(panel, hostile)
    mia = await roost.member("mia", rights=ALL)
    listed = await mia.slash(roost.channel, "backup list", server="Survival")
    said = await private(listed)
    assert "\u202e" not in said
    assert listed.message["_pings"] == []

    for verb in ("info", "download", "restore", "delete"):
        shown = await mia.slash(
            roost.channel, f"backup {verb}", server="Survival", backup=backup.uuid
        )
        assert "\u202e" not in await private(shown)
        assert shown.message["_pings"] == []


async def test_without_the_right_nothing_is_asked_of_the_panel(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"backup.read"})
    before = len(panel.asked)

    for verb in ("restore", "delete", "lock", "download"):
        shown = await mia.slash(roost.channel, f"backup {verb}", server="Survival", backup="x")
        assert "You can't use" in await private(shown)

    assert not any("/backups" in asked for asked in panel.asked[before:])
