"""/privacy: what is stored is told, and erased by who may."""

from demo.panel import SimPanel
from tests.world import World, private


async def test_everybody_reads_what_is_stored_and_only_who_holds_the_guild_may_erase_it(
    roost: World,
) -> None:
    mia = await roost.member("mia")

    shown = await mia.slash(roost.channel, "privacy")

    said = await private(shown)
    assert "encrypted" in said
    assert "who voted how" in said
    assert "mirrors (never their lines)" in said
    assert "days" in said
    assert "Erase everything" not in str(shown.message)
    admins = await roost.admin.slash(roost.channel, "privacy")
    await private(admins)
    assert "Erase everything" in str(admins.message)


async def test_a_member_erases_who_they_are_and_the_record_stays_whole(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", rights={"control.start"})
    done = await mia.slash(roost.channel, "power start", server="Creative", reason="for my cousin")
    await done.until(lambda: "is running" in done.text)
    shown = await mia.slash(roost.channel, "privacy")
    await private(shown)
    asked = await mia.click(shown.message, label="Erase what is about me …")
    await asked.until(lambda: "erases your name" in asked.text)

    erased = await mia.click(asked.message, label="Erase")

    await erased.until(lambda: "Erased: you in" in erased.text)
    listed = await private(
        await roost.admin.slash(roost.channel, "audit list", action="power start")
    )
    assert "somebody (erased)" in listed
    assert "cousin" not in listed
    assert f"<@{mia.id}>" not in listed
    checked = await private(await roost.admin.slash(roost.channel, "audit verify"))
    assert "is intact" in checked
    assert "was erased" in checked or "were erased" in checked
    everything = await private(await roost.admin.slash(roost.channel, "audit list"))
    assert "Roost itself" in everything


async def test_everything_of_a_guild_is_erased_at_once_after_its_name_was_typed(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "control.*")
    shown = await roost.admin.slash(roost.channel, "privacy")
    await private(shown)
    form = await roost.admin.click(shown.message, label="Erase everything …")

    done = await roost.admin.submit(form, "nova")

    assert "Everything is erased" in await private(done)
    listed = await private(await roost.admin.slash(roost.channel, "panel list"))
    assert "No panel is connected" in listed
    rules = await private(await roost.admin.slash(roost.channel, "access list"))
    assert "No rule yet" in rules
    assert roost.app.parts.directory.of(int(roost.guild.id)) == []
    await roost.connect(panel)


async def test_another_name_erases_nothing(roost: World, panel: SimPanel) -> None:
    shown = await roost.admin.slash(roost.channel, "privacy")
    await private(shown)
    form = await roost.admin.click(shown.message, label="Erase everything …")

    done = await roost.admin.submit(form, "Survival")

    assert "Nothing was erased" in await private(done)
    assert roost.app.parts.panels.of(int(roost.guild.id))


async def test_the_admin_role_alone_can_not_erase_a_guild(roost: World, panel: SimPanel) -> None:
    config = await roost.admin.slash(roost.channel, "config")
    await private(config)
    book = roost.app.parts.gate.book
    await roost.admin.select(config.message, [roost.mods.id], custom_id="r:config-admin")
    await config.until(lambda: book(int(roost.guild.id)).admin_role_id == int(roost.mods.id))
    mia = roost.guild.member("mia", roost.mods)
    shown = await roost.admin.slash(roost.channel, "privacy")
    await private(shown)
    forged = dict(shown.message) | {"_seen_by": None}

    answer = await mia.click(forged, label="Erase everything …")

    await answer.until(lambda: "takes *Manage Server*" in answer.text)
    assert answer.modal is None
