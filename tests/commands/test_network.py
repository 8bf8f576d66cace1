"""/network: addresses with their notes, limits told before, nothing given back unasked."""

import pytest

from demo.panel import SimPanel
from demo.panel.world import GAMES_IP
from tests.wirecord import Permission, Role
from tests.world import World, private

ALL = {"allocation.*"}


def staff(roost: World) -> Role:
    """Whom Discord shows the staff's commands."""
    return roost.guild.role("Staff", Permission.MANAGE_MESSAGES)


def changes(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if asked.startswith(("POST", "DELETE"))]


async def test_a_list_marks_the_primary_one_and_shows_notes(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "network list", server="Survival"))

    first, second = [line for line in said.split("\n") if line.startswith("`")]
    assert first.startswith("`mc.example.com:")
    assert "**primary**" in first
    assert "main game port" in first
    assert second == f"`{GAMES_IP}:25700` · voice"
    assert "2 of 3 used" in said


async def test_an_added_port_is_named(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "network add", server="Survival"))

    added = panel.world.server("Survival").allocations[-1]
    assert f"`{GAMES_IP}:{added.port}` is added" in said


@pytest.mark.parametrize("limit", [2, 0, None])
async def test_the_limit_is_told_before(roost: World, panel: SimPanel, limit: int | None) -> None:
    panel.world.server("Survival").allocation_limit = limit
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "network add", server="Survival"))

    assert f"may have {limit or 0} addresses and has 2" in said
    assert changes(panel) == []


async def test_a_panel_that_gives_none_by_itself_is_told(roost: World, panel: SimPanel) -> None:
    panel.gives_allocations = False
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "network add", server="Survival"))

    assert "switched off" in said


async def test_an_addition_without_an_answer_is_looked_up(roost: World, panel: SimPanel) -> None:
    panel.fault("drop", route="POST */allocations", times=1, is_done=True)
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "network add", server="Survival"))

    assert "is added" in said
    assert len(panel.world.server("Survival").allocations) == 3


async def test_a_note_is_set_and_taken_away(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)
    voice = panel.world.server("Survival").allocations[1]

    noted = await mia.slash(
        roost.channel, "network note", server="Survival", allocation="25700", note="**dynmap**"
    )
    assert "\\*\\*dynmap" in await private(noted)
    assert voice.notes == "**dynmap**"

    cleared = await mia.slash(roost.channel, "network note", server="Survival", allocation="25700")
    assert "no note" in await private(cleared)
    assert voice.notes is None


async def test_a_new_primary_address_is_told_to_count_from_the_next_start(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "network primary", server="Survival", allocation="voice")

    assert "from the next start" in await private(shown)
    assert panel.world.server("Survival").primary.port == 25700


async def test_the_primary_address_is_not_offered_for_removal(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "network remove", server="Survival", allocation="mc.example.com:25566"
    )

    assert "primary address" in await private(shown)
    assert changes(panel) == []


async def test_removing_asks_first_and_names_the_note(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)
    shown = await mia.slash(roost.channel, "network remove", server="Survival", allocation="25700")
    said = await private(shown)
    assert "another server may get it" in said
    assert "**voice**" in said

    clicked = await mia.click(shown.message, label="Remove")

    await clicked.until(lambda: "given back" in clicked.text)
    assert len(panel.world.server("Survival").allocations) == 1


async def test_where_no_number_is_set_removal_is_told_to_be_impossible(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").allocation_limit = 0
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "network remove", server="Survival", allocation="25700")

    assert "takes none back" in await private(shown)
    assert changes(panel) == []


@pytest.mark.parametrize("typed", ["1", "99999", "../x", "@everyone"])
async def test_an_address_of_another_server_is_none(
    roost: World, panel: SimPanel, typed: str
) -> None:
    other = panel.world.server("Creative").primary
    mia = await roost.member("mia", staff(roost), rights=ALL)

    for text in (typed, str(other.id), str(other.port)):
        shown = await mia.slash(roost.channel, "network remove", server="Survival", allocation=text)
        said = await private(shown)
        assert "no such address" in said or "primary address" in said
        assert shown.message["_pings"] == []
    assert changes(panel) == []


async def test_options_offer_addresses(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)
    await private(await mia.slash(roost.channel, "network list", server="Survival"))

    choices = await mia.autocomplete(
        roost.channel, "network note", "allocation", "voice", server="Survival"
    )

    assert [one["name"] for one in choices] == [f"{GAMES_IP}:25700 · voice"]
