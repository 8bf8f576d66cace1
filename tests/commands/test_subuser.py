"""/subuser: rights in the panel's words, no account by a typing error, nobody gives too much."""

import asyncio
from pathlib import Path

import pytest

from demo.panel import SimPanel, demo_world
from tests.wirecord import Member, Permission, Role, Shown, components_of
from tests.world import World, private

USERS = "/users"
STAFF = {"user.read", "user.create", "user.update", "user.delete"}


def _selects(shown: Shown) -> dict[str, dict[str, bool]]:
    """Each select by its group: what it offers, and whether that is chosen."""
    return {
        component["custom_id"].rpartition(":")[2]: {
            option["value"]: bool(option.get("default")) for option in component["options"]
        }
        for component in components_of(shown.message.get("components"))
        if component["type"] == 3
    }


def _select(shown: Shown, group: str) -> str:
    return next(
        str(component["custom_id"])
        for component in components_of(shown.message.get("components"))
        if component["type"] == 3 and component["custom_id"].endswith(f":{group}")
    )


def _staff(world: World) -> Role:
    """A role that Discord shows the staff's groups to."""
    return world.guild.role("Helpers", Permission.MANAGE_MESSAGES)


def _labels(shown: Shown) -> list[str]:
    return [c["label"] for c in components_of(shown.message.get("components")) if c.get("label")]


def _posts(panel: SimPanel, end: str = USERS) -> list[str]:
    return [asked for asked in panel.asked if asked.startswith("POST") and asked.endswith(end)]


async def _pick(who: Member, shown: Shown, group: str, *rights: str) -> Shown:
    done = await who.select(shown.message, list(rights), _select(shown, group))
    await done.until(
        lambda: {r for r, is_on in _selects(shown)[group].items() if is_on} == set(rights)
    )
    return shown


async def test_subusers_are_listed_and_shown_by_group_of_rights(
    roost: World, panel: SimPanel
) -> None:
    listed = await roost.admin.slash(roost.channel, "subuser list", server="Survival")
    shown = await roost.admin.slash(
        roost.channel, "subuser info", server="Survival", user="bob@example.com"
    )

    assert "**bob**: 5 rights" in await private(listed)
    said = await private(shown)
    assert "**control** console, start" in said
    assert _labels(shown) == ["Edit", "Remove"]


async def test_an_address_is_asked_about_before_it_can_make_an_account(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(
        roost.channel, "subuser add", server="Survival", email="mia@gmial.com"
    )
    await private(shown)
    await _pick(roost.admin, shown, "control", "control.start", "control.stop")

    await roost.admin.click(shown.message, label="Invite …")
    await shown.until(lambda: "letter by letter" in shown.text)
    assert "`mia@gmial.com`" in shown.text
    assert "Did you mean `mia@gmail.com`" in shown.text
    assert not _posts(panel)
    assert _labels(shown) == ["Cancel", "Invite"]
    first, second = await asyncio.gather(
        roost.admin.click(shown.message, label="Invite"),
        roost.admin.click(shown.message, label="Invite"),
    )

    await first.until(lambda: "may use **Survival** now" in shown.text)
    await second.until(lambda: "once, not twice" in first.text + second.text)
    assert "made a new account" in shown.text
    assert len(_posts(panel)) == 1
    made = panel.world.server("Survival").subusers[-1]
    assert made.user.email == "mia@gmial.com"
    assert set(made.permissions) == {"websocket.connect", "control.start", "control.stop"}


async def test_a_cancelled_invitation_makes_no_account(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(
        roost.channel, "subuser add", server="Survival", email="new@example.org"
    )
    await private(shown)

    await roost.admin.click(shown.message, label="Cancel")

    await shown.until(lambda: "Nothing was changed" in shown.text)
    assert not _posts(panel)


async def test_somebody_with_an_account_is_not_said_to_be_new(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(
        roost.channel, "subuser add", server="Survival", email="eve@example.com"
    )
    await private(shown)
    await roost.admin.click(shown.message, label="Invite …")
    await shown.until(lambda: "letter by letter" in shown.text)
    await roost.admin.click(shown.message, label="Invite")

    await shown.until(lambda: "may use **Survival** now" in shown.text)
    assert "made a new account" not in shown.text


async def test_nothing_is_offered_that_the_connected_key_doesn_t_have(
    guild: World, panel: SimPanel
) -> None:
    survival = panel.world.server("Survival")
    survival.subusers[0].permissions += ["user.read", "user.create"]
    await guild.connect(panel, account="bob")

    shown = await guild.admin.slash(
        guild.channel, "subuser add", server="Survival", email="new@example.org"
    )

    await private(shown)
    offered = {right for rights in _selects(shown).values() for right in rights}
    assert offered == set(survival.subusers[0].permissions)


async def test_who_invites_with_their_own_key_gives_what_that_key_has(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").subusers[0].permissions += ["user.read", "user.create"]
    await roost.switch("linking_allowed")
    mia = await roost.member("mia", _staff(roost), rights={"control.restart"})
    form = await mia.slash(roost.channel, "link")
    assert "Linked" in await private(await mia.submit(form, panel.key("bob")))

    shown = await mia.slash(
        roost.channel, "subuser add", server="Survival", email="new@example.org"
    )

    await private(shown)
    offered = {right for rights in _selects(shown).values() for right in rights}
    assert offered == set(panel.world.server("Survival").subusers[0].permissions)


async def test_nobody_gives_what_they_don_t_hold_here(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", _staff(roost), rights={"user.create", "control.start"})

    shown = await mia.slash(
        roost.channel, "subuser add", server="Survival", email="new@example.org"
    )

    await private(shown)
    offered = {right for rights in _selects(shown).values() for right in rights}
    assert offered == {"user.create", "control.start", "websocket.connect"}


async def test_editing_begins_with_what_is_and_says_what_changed(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "subuser edit", server="Survival", user="bob")
    await private(shown)
    chosen = {r for rights in _selects(shown).values() for r, is_on in rights.items() if is_on}
    assert chosen == set(panel.world.server("Survival").subusers[0].permissions)

    await _pick(roost.admin, shown, "control", "control.start", "control.restart")
    await roost.admin.click(shown.message, label="Save")

    await shown.until(lambda: "Saved" in shown.text)
    assert "Given: `control.restart`" in shown.text
    assert "Taken away: `control.console`" in shown.text
    kept = set(panel.world.server("Survival").subusers[0].permissions)
    assert kept == {
        "websocket.connect", "control.start", "control.restart", "file.read", "file.read-content"
    }  # fmt: skip


async def test_what_a_member_doesn_t_hold_stays_as_it_is(roost: World, panel: SimPanel) -> None:
    mia = await roost.member(
        "mia", _staff(roost), rights={"user.read", "user.update", "control.stop"}
    )
    shown = await mia.slash(roost.channel, "subuser edit", server="Survival", user="bob")
    assert "Stays as it is" in await private(shown)

    await _pick(mia, shown, "control", "control.stop")
    await mia.click(shown.message, label="Save")

    await shown.until(lambda: "Saved" in shown.text)
    kept = set(panel.world.server("Survival").subusers[0].permissions)
    assert kept == {
        "websocket.connect", "control.console", "control.start", "control.stop", "file.read",
        "file.read-content",
    }  # fmt: skip


async def test_rights_changed_by_somebody_else_meanwhile_are_not_overwritten(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "subuser edit", server="Survival", user="bob")
    await private(shown)
    bob = panel.world.server("Survival").subusers[0]
    bob.permissions = ["websocket.connect"]

    done = await roost.admin.click(shown.message, label="Save")

    await done.until(lambda: "meanwhile" in done.text)
    assert bob.permissions == ["websocket.connect"]


async def test_removing_names_who_loses_what_and_happens_once(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "subuser remove", server="Survival", user="bob")
    assert "`bob@example.com`" in await private(shown)

    first, second = await asyncio.gather(
        roost.admin.click(shown.message, label="Remove"),
        roost.admin.click(shown.message, label="Remove"),
    )

    await first.until(lambda: "once, not twice" in first.text + second.text)
    await first.until(lambda: not panel.world.server("Survival").subusers)
    assert sum(one.startswith("DELETE") for one in panel.asked) == 1


async def test_a_subuser_already_is_not_invited_again(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(
        roost.channel, "subuser add", server="Survival", email="BOB@example.com"
    )

    assert "is a subuser of **Survival** already" in await private(shown)
    assert not _posts(panel)


@pytest.mark.parametrize(
    "email", ["bob", "a@b", "a b@example.com", "@everyone", "a@b@c.de", "x@-", "`@example`.com"]
)
async def test_what_is_no_address_is_refused_before_the_panel_is_asked(
    roost: World, panel: SimPanel, email: str
) -> None:
    before = len(panel.asked)

    shown = await roost.admin.slash(roost.channel, "subuser add", server="Survival", email=email)

    assert "is no e-mail address" in await private(shown)
    assert len(panel.asked) == before


async def test_the_connected_account_can_t_be_changed_from_here(
    guild: World, panel: SimPanel
) -> None:
    survival = panel.world.server("Survival")
    survival.subusers[0].permissions += sorted(STAFF)
    await guild.connect(panel, account="bob")

    info = await guild.admin.slash(guild.channel, "subuser info", server="Survival", user="bob")
    edit = await guild.admin.slash(guild.channel, "subuser edit", server="Survival", user="bob")

    assert "the account that is connected here" in await private(info)
    assert _labels(info) == []
    assert "lets nobody change themselves" in await private(edit)


async def test_somebody_else_s_picking_can_t_be_used(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", _staff(roost), rights=STAFF)
    shown = await roost.admin.slash(roost.channel, "subuser edit", server="Survival", user="bob")
    await private(shown)
    shown.message.pop("_seen_by")

    refused = await mia.click(shown.message, label="Save")

    await refused.until(lambda: "too old to go on" in refused.text)
    assert not _posts(panel)


async def test_a_pelican_s_flat_list_is_offered_by_group(guild: World, recordings: Path) -> None:
    people = demo_world(boot_seconds=0.05, stop_seconds=0.05)
    async with SimPanel(people, version="pelican", recordings=recordings) as panel:
        await guild.connect(panel)

        shown = await guild.admin.slash(
            guild.channel, "subuser add", server="Survival", email="new@example.org"
        )

        await private(shown)
        offered = _selects(shown)
        assert {"control", "file", "mount"} <= offered.keys()
        assert "database.view-password" in offered["database"]


@pytest.mark.parametrize("text", ["nobody", "@everyone", "../../api", "x" * 100])
async def test_an_unknown_subuser_is_named_with_the_next_step(roost: World, text: str) -> None:
    shown = await roost.admin.slash(roost.channel, "subuser info", server="Survival", user=text)

    assert "no such subuser" in await private(shown)


@pytest.mark.parametrize("command", ["list", "info", "add", "edit", "remove"])
async def test_without_the_right_nothing_is_asked_of_the_panel(
    roost: World, panel: SimPanel, command: str
) -> None:
    mia = await roost.member("mia", _staff(roost), rights={"control.start"})
    before = len(panel.asked)
    options: dict[str, str] = {}
    if command == "add":
        options = {"email": "new@example.org"}
    elif command != "list":
        options = {"user": "bob"}

    shown = await mia.slash(roost.channel, f"subuser {command}", server="Survival", **options)

    assert "You can't use" in await private(shown)
    assert len([one for one in panel.asked[before:] if USERS in one]) == 0
