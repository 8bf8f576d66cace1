"""/database: ready to copy, covered, gone after a while; what would break is said before."""

import asyncio
from urllib.parse import quote

import pytest

from demo.panel import SimPanel
from demo.panel.records import Database
from tests.wirecord import Member, Permission, Role
from tests.world import World, private, public

ALL = {"database.*"}
PASSWORD = "a!@b+c^d.e=f1234567890xy"


def staff(roost: World) -> Role:
    """Whom Discord shows the staff's commands."""
    return roost.guild.role("Staff", Permission.MANAGE_MESSAGES)


def made(panel: SimPanel, name: str, *, server: str = "Survival", number: int = 1) -> Database:
    """A database that is there."""
    database = Database(
        id=f"MYD0eoe{number}",
        number=number,
        name=name,
        username=f"u1_rNIRHme73{number}",
        remote="%",
        password=PASSWORD,
        is_new=False,
    )
    panel.world.server(server).databases.append(database)
    return database


def posts(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if asked.startswith(("POST", "DELETE"))]


async def test_a_list_shows_where_each_is_and_the_room_but_no_password(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "database list", server="Survival"))

    assert "`s1_players` at `127.0.0.1:3306`" in said
    assert "1 of 2 used" in said
    assert PASSWORD not in said


async def test_revealing_gives_strings_to_copy_behind_spoilers(
    roost: World, panel: SimPanel
) -> None:
    database = made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "database reveal", server="Survival", database="s1_players"
    )

    said = await private(shown)
    url = f"mysql://{database.username}:{quote(PASSWORD, safe='')}@127.0.0.1:3306/s1_players"
    assert f"||`{PASSWORD}`||" in said
    assert f"||`{url}`||" in said
    assert f"||`jdbc:{url}`||" in said
    assert "goes away" in said
    assert public(roost.channel) == []


async def test_a_password_with_a_backtick_is_shown_whole(roost: World, panel: SimPanel) -> None:
    made(panel, "s1_players").password = "a`b||c"
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "database reveal", server="Survival", database="s1_players"
    )

    assert "`` a`b||c ``" in await private(shown)


async def test_seeing_databases_is_no_right_to_their_passwords(
    roost: World, panel: SimPanel
) -> None:
    made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights={"database.read"})

    shown = await mia.slash(
        roost.channel, "database reveal", server="Survival", database="s1_players"
    )

    assert "You can't use" in await private(shown)


async def test_a_new_database_comes_with_everything_to_connect(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "database create", server="Survival", name="players")

    said = await private(shown)
    (database,) = panel.world.server("Survival").databases
    assert database.name in said
    assert database.remote == "%"
    assert f"||`{database.password}`||" in said


async def test_who_may_make_but_not_see_is_told_whom_to_ask(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights={"database.create"})

    shown = await mia.slash(roost.channel, "database create", server="Survival", name="players")

    said = await private(shown)
    assert "`database.view_password`" in said
    assert panel.world.server("Survival").databases[0].password not in said


async def test_the_limit_is_told_before(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").database_limit = 0
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "database create", server="Survival", name="players")

    assert "may have 0 databases" in await private(shown)
    assert posts(panel) == []


@pytest.mark.parametrize(
    ("name", "remote", "says"),
    [
        ("ab", "%", "3 to 48"),
        ("x" * 49, "%", "3 to 48"),
        ("a; DROP", "%", "3 to 48"),
        ("../../x", "%", "3 to 48"),
        ("players", "not an address", "no address"),
    ],
)
async def test_what_the_panel_would_not_take_is_told_and_not_sent(
    roost: World, panel: SimPanel, name: str, remote: str, says: str
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "database create", server="Survival", name=name, remote=remote
    )

    assert says in await private(shown)
    assert posts(panel) == []


async def test_a_name_that_is_taken_is_told(roost: World, panel: SimPanel) -> None:
    server = panel.world.server("Survival")
    made(panel, f"s{server.id}_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "database create", server="Survival", name="players")

    assert "one like that already" in await private(shown)


async def test_a_panel_with_databases_switched_off_is_told(roost: World, panel: SimPanel) -> None:
    panel.gives_databases = False
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(roost.channel, "database create", server="Survival", name="players")

    assert "switched off" in await private(shown)


async def _rotate(roost: World, mia: Member) -> str:
    shown = await mia.slash(
        roost.channel, "database rotate", server="Survival", database="s1_players"
    )
    said = await private(shown)
    assert "ends the old one at once" in said
    assert "`u1" in said
    clicked = await mia.click(shown.message, label="Rotate")
    await clicked.until(lambda: "new password" in clicked.text)
    return clicked.text


async def test_rotating_says_what_breaks_and_then_shows_the_new_password(
    roost: World, panel: SimPanel
) -> None:
    database = made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await _rotate(roost, mia)

    assert database.password != PASSWORD
    assert database.password in said


async def test_a_rotation_without_an_answer_is_looked_up_and_not_repeated(
    roost: World, panel: SimPanel
) -> None:
    database = made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)
    panel.fault("drop", route="POST */rotate-password", times=1, is_done=True)

    said = await _rotate(roost, mia)

    assert database.password in said
    assert len(posts(panel)) == 1


async def test_deleting_asks_first_and_happens_once(roost: World, panel: SimPanel) -> None:
    made(panel, "s1_players")
    mia = await roost.member("mia", staff(roost), rights=ALL)
    shown = await mia.slash(
        roost.channel, "database delete", server="Survival", database="s1_players"
    )
    assert "every table and row" in await private(shown)

    first, second = await asyncio.gather(
        mia.click(shown.message, label="Delete"), mia.click(shown.message, label="Delete")
    )

    await first.until(lambda: "is deleted" in first.text + second.text)
    await first.until(lambda: "once, not twice" in first.text + second.text)
    assert panel.world.server("Survival").databases == []
    assert len(posts(panel)) == 1


async def test_options_offer_databases_and_take_what_is_typed(
    roost: World, panel: SimPanel
) -> None:
    database = made(panel, "s1_players")
    made(panel, "s1_plots", number=2)
    mia = await roost.member("mia", staff(roost), rights=ALL)
    await private(await mia.slash(roost.channel, "database list", server="Survival"))

    choices = await mia.autocomplete(
        roost.channel, "database rotate", "database", "play", server="Survival"
    )
    ambiguous = await mia.slash(
        roost.channel, "database rotate", server="Survival", database="s1_pl"
    )
    unknown = await mia.slash(roost.channel, "database rotate", server="Survival", database="nope")

    assert [one["value"] for one in choices] == [database.id]
    assert "Which one" in await private(ambiguous)
    assert "no such database" in await private(unknown)
