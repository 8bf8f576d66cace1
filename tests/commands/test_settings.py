"""/settings: a rename wipes nothing, a reinstallation is asked about and followed."""

import asyncio

import pytest

from demo.panel import SimPanel
from tests.wirecord import Permission, Role
from tests.world import World, private

RENAME, REINSTALL = {"settings.rename"}, {"settings.reinstall"}
IMAGE = {"startup.docker-image"}


def staff(roost: World) -> Role:
    """Whom Discord shows the staff's commands."""
    return roost.guild.role("Staff", Permission.MANAGE_MESSAGES)


async def test_renaming_keeps_the_description(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=RENAME)

    shown = await mia.slash(
        roost.channel, "settings rename", server="Survival", name="Survival Two"
    )

    said = await private(shown)
    assert "**Survival** is called **Survival Two** now" in said
    assert "The old world" in said
    server = panel.world.server("Survival Two")
    assert server.description == "The old world, vanilla rules"


async def test_the_description_alone_keeps_the_name(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=RENAME)

    shown = await mia.slash(
        roost.channel, "settings rename", server="Survival", description="**new** rules"
    )

    assert "\\*\\*new" in await private(shown)
    assert panel.world.server("Survival").description == "**new** rules"


async def test_a_new_name_is_known_to_the_next_command(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=RENAME)
    await private(
        await mia.slash(roost.channel, "settings rename", server="Lobby", name="Antechamber")
    )
    await _listed(roost, "Antechamber")

    shown = await mia.slash(
        roost.channel, "settings rename", server="Antechamber", description="small"
    )

    assert "small" in await private(shown)


async def _listed(roost: World, name: str) -> None:
    guild_id = int(roost.guild.id)
    while name not in {one.name for one in roost.app.parts.directory.of(guild_id)}:
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("name", ["   ", "\u200b\u200b"])
async def test_a_name_nobody_could_see_is_refused(roost: World, panel: SimPanel, name: str) -> None:
    mia = await roost.member("mia", staff(roost), rights=RENAME)

    shown = await mia.slash(roost.channel, "settings rename", server="Survival", name=name)

    assert "can be seen" in await private(shown)
    assert panel.world.server("Survival").name == "Survival"


async def test_a_rename_without_anything_says_what_is_missing(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=RENAME)

    shown = await mia.slash(roost.channel, "settings rename", server="Survival")

    assert "`name`, `description`" in await private(shown)


@pytest.mark.parametrize(("fails", "says"), [(False, "reinstalled"), (True, "failed")])
async def test_a_reinstallation_is_typed_published_and_followed_to_its_true_end(
    roost: World, panel: SimPanel, fails: bool, says: str
) -> None:
    server = panel.world.server("Creative")
    server.fails_install = fails
    mia = await roost.member("mia", staff(roost), rights=REINSTALL)
    shown = await mia.slash(roost.channel, "settings reinstall", server="Creative")
    assert "may overwrite some" in await private(shown)

    form = await mia.click(shown.message, label="Reinstall")
    sent = await mia.submit(form, "CREA")

    assert "**Mia**" in await roost.posted(says)
    await sent.until(lambda: "has begun" in sent.text)
    assert len(roost.channel.public()) == 1


async def test_another_name_typed_reinstalls_nothing(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=REINSTALL)
    shown = await mia.slash(roost.channel, "settings reinstall", server="Creative")
    await private(shown)

    form = await mia.click(shown.message, label="Reinstall")
    sent = await mia.submit(form, "Survival")

    await sent.until(lambda: "Nothing was done" in sent.text)
    assert not [asked for asked in panel.asked if asked.endswith("/reinstall")]


async def test_an_image_is_chosen_by_its_label_and_read_back(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=IMAGE)

    shown = await mia.slash(roost.channel, "settings image", server="Survival", image="Java 21")

    assert "from its next start on" in await private(shown)
    assert panel.world.server("Survival").docker_image.endswith("java_21")


async def test_an_image_the_egg_does_not_know_is_told_with_those_it_does(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=IMAGE)

    shown = await mia.slash(
        roost.channel, "settings image", server="Survival", image="evil/image:latest"
    )

    said = await private(shown)
    assert "`Java 21`" in said
    assert not [asked for asked in panel.asked if asked.startswith("PUT")]


async def test_an_image_set_by_hand_is_told_to_be_fixed_and_not_sent(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").docker_image = "registry.example/own:1"
    mia = await roost.member("mia", staff(roost), rights=IMAGE)

    shown = await mia.slash(roost.channel, "settings image", server="Survival", image="Java 21")

    assert "by hand" in await private(shown)
    assert not [asked for asked in panel.asked if asked.startswith("PUT")]


async def test_options_offer_the_images_of_the_egg(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=IMAGE)
    await private(await mia.slash(roost.channel, "settings image", server="Survival", image="nope"))

    choices = await mia.autocomplete(
        roost.channel, "settings image", "image", "21", server="Survival"
    )

    assert [one["value"] for one in choices] == ["Java 21"]
