"""/link: a member's own key adds to what the guild grants, and is gone when they wish."""

import asyncio

import pytest

from bot.access.facts import Action, Actor
from bot.access.reach import BeyondOwnGrants, Subject
from bot.access.rights import ADMIN
from demo.panel import SimPanel
from tests.wirecord import Member
from tests.world import World, private


@pytest.fixture
async def open_guild(roost: World) -> World:
    """The guild with linking allowed."""
    await roost.switch("linking_allowed")
    return roost


async def _link(who: Member, world: World, panel: SimPanel, account: str = "bob") -> str:
    form = await who.slash(world.channel, "link")
    return await private(await who.submit(form, panel.key(account)))


def _database(world: World) -> bytes:
    path = world.app.parts.database.path
    wal = path.with_name(path.name + "-wal")
    return path.read_bytes() + (wal.read_bytes() if wal.exists() else b"")


async def test_linking_is_off_until_the_guild_allows_it(roost: World) -> None:
    mia = await roost.member("mia")

    assert "doesn't take members' own panel keys" in await private(
        await mia.slash(roost.channel, "link")
    )


async def test_an_own_key_allows_what_the_guild_didn_t_grant_and_is_used_for_it(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    refused = await mia.slash(open_guild.channel, "power start", server="Creative")
    assert "found no server" in await private(refused) or "can't use" in refused.text

    said = await _link(mia, open_guild, panel)
    assert "you are **bob** on **Nova**" in said
    assert "**Survival**" in said
    shown = await mia.slash(open_guild.channel, "power start", server="Creative")

    await shown.until(lambda: "is running" in shown.text)
    entry = next(e for e in panel.world.activities if e.event == "server:power.start")
    assert entry.actor is panel.world.user("bob")
    tail = await mia.slash(open_guild.channel, "why", command="power start", server="Creative")
    assert "The member's own panel key allows it" in await private(tail)


async def test_the_guilds_grant_is_acted_on_with_the_guilds_key(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia", rights={"control.start"})
    await _link(mia, open_guild, panel)

    shown = await mia.slash(open_guild.channel, "power start", server="Creative")

    await shown.until(lambda: "is running" in shown.text)
    entry = next(e for e in panel.world.activities if e.event == "server:power.start")
    assert entry.actor is panel.world.user("alice")


async def test_a_denial_of_the_guild_beats_the_own_key(open_guild: World, panel: SimPanel) -> None:
    mia = await open_guild.member("mia", denied={"control.start"})
    await _link(mia, open_guild, panel)

    shown = await mia.slash(open_guild.channel, "power start", server="Creative")

    assert "is denied" in await private(shown)
    assert not [asked for asked in panel.asked if asked.endswith("/power")]


async def test_what_the_own_key_lacks_stays_refused(open_guild: World, panel: SimPanel) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)

    shown = await mia.slash(open_guild.channel, "power restart", server="Creative")

    assert "can't use" in await private(shown)


async def test_unlinking_erases_the_key_and_what_it_allowed(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)

    assert "Your key is erased" in await private(await mia.slash(open_guild.channel, "unlink"))

    refused = await mia.slash(open_guild.channel, "power start", server="Creative")
    assert "found no server" in await private(refused) or "can't use" in refused.text
    assert "No key of yours" in await private(await mia.slash(open_guild.channel, "unlink"))
    assert not open_guild.app.parts.links.of(int(open_guild.guild.id), int(mia.id))


async def test_forbidding_links_ends_what_they_allowed_at_once(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)

    await open_guild.switch("linking_allowed")

    refused = await mia.slash(open_guild.channel, "power start", server="Creative")
    assert "found no server" in await private(refused) or "can't use" in refused.text


async def test_the_key_lies_sealed_and_is_never_repeated(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")

    said = await _link(mia, open_guild, panel)

    secret = panel.key("bob")[16:]
    assert secret not in said
    assert secret.encode() not in _database(open_guild)


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("ptlc_" + "a" * 43, "no longer accepts"),
        ("ptla_" + "a" * 43, "application key"),
        ("with blank", "That is no key"),
    ],
)
async def test_a_key_that_can_t_be_used_isn_t_kept(open_guild: World, key: str, says: str) -> None:
    mia = await open_guild.member("mia")
    form = await mia.slash(open_guild.channel, "link")

    said = await private(await mia.submit(form, key))

    assert says in said
    assert "The key wasn't kept" in said
    assert key not in said


@pytest.mark.parametrize(
    ("account", "says"), [("admin", "root administrator"), ("eve", "would change nothing")]
)
async def test_a_key_that_opens_everything_or_nothing_isn_t_kept(
    open_guild: World, panel: SimPanel, account: str, says: str
) -> None:
    mia = await open_guild.member("mia")

    said = await _link(mia, open_guild, panel, account)

    assert says in said
    assert not open_guild.app.parts.links.of(int(open_guild.guild.id), int(mia.id))


async def test_linked_rights_follow_the_panel_when_they_are_read_again(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)
    creative = panel.world.server("Creative")
    creative.subusers[0].permissions = ["websocket.connect"]

    await open_guild.app.parts.links.refresh()

    refused = await mia.slash(open_guild.channel, "power start", server="Creative")
    assert "can't use" in await private(refused)


async def test_a_guild_opened_again_has_the_keys_and_their_rights(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)
    links, guild_id = open_guild.app.parts.links, int(open_guild.guild.id)

    links.close_guild(guild_id)
    assert not links.of(guild_id, int(mia.id))
    await links.open_guild(guild_id)
    await links.refresh()

    shown = await mia.slash(open_guild.channel, "power start", server="Creative")
    await shown.until(lambda: "is running" in shown.text)


async def test_removing_the_panel_takes_the_linked_keys_along(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)
    asked = await open_guild.admin.slash(open_guild.channel, "panel remove", panel="Nova")
    await private(asked)
    done = await open_guild.admin.click(asked.message, label="Remove")
    await done.until(lambda: "disconnected" in done.text)

    await open_guild.app.parts.links.refresh()

    links, guild_id = open_guild.app.parts.links, int(open_guild.guild.id)
    assert not links.of(guild_id, int(mia.id))
    links.close_guild(guild_id)
    await links.open_guild(guild_id)
    assert not links.members(guild_id)


async def test_an_admin_by_role_gives_nothing_that_only_their_own_key_allows(
    open_guild: World, panel: SimPanel
) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)
    parts, guild_id = open_guild.app.parts, int(open_guild.guild.id)
    role = open_guild.mods
    boss = Actor(int(open_guild.admin.id), "boss", frozenset(), owns_guild=True, top_role=9)
    may = parts.gate.admit(guild_id, 1, boss, Action("config", ADMIN), "R-BOSS")
    await parts.ruling.set_admin_role(may, Subject("role", int(role.id), 1))
    keeper = Actor(int(mia.id), "mia", frozenset({int(role.id)}), top_role=5)
    admitted = parts.gate.admit(guild_id, 1, keeper, Action("access grant", ADMIN), "R-KEEP")
    (creative,) = parts.directory.find(guild_id, "Creative")

    with pytest.raises(BeyondOwnGrants):
        await parts.ruling.make(
            admitted,
            Subject("member", 4711),
            frozenset({"control.start"}),
            scope=creative,
            denies=False,
            lasts=None,
        )


async def test_the_audit_says_that_the_own_key_was_used(open_guild: World, panel: SimPanel) -> None:
    mia = await open_guild.member("mia")
    await _link(mia, open_guild, panel)
    shown = await mia.slash(open_guild.channel, "power start", server="Creative")
    await shown.until(lambda: "is running" in shown.text)

    assert b"own key of bob" in _database(open_guild)


async def test_two_members_keys_stay_apart(open_guild: World, panel: SimPanel) -> None:
    mia, tom = await open_guild.member("mia"), await open_guild.member("tom")
    await _link(mia, open_guild, panel)

    one, other = await asyncio.gather(
        mia.slash(open_guild.channel, "server list"), tom.slash(open_guild.channel, "server list")
    )

    assert "**Creative**" in await private(one)
    assert "Creative" not in await private(other)


OWN_READS = {
    "backup list": {},
    "files browse": {"path": "/"},
    "files read": {"path": "server.properties"},
    "database list": {},
    "network list": {},
    "startup list": {},
    "schedule list": {},
    "subuser list": {},
}
OWN_RIGHTS = (
    *("backup.read", "file.read", "file.read-content", "database.read", "allocation.read"),
    *("startup.read", "schedule.read", "user.read"),
)


async def test_who_is_allowed_by_their_own_key_alone_reads_with_it(
    open_guild: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").subusers[0].permissions += OWN_RIGHTS
    mia = await open_guild.member("mia")
    mia.sees_everything = True
    await _link(mia, open_guild, panel)
    for command, options in OWN_READS.items():
        before = len(panel.requests)

        shown = await mia.slash(open_guild.channel, command, server="Survival", **options)

        await shown.answered()
        users = {one.user for one in panel.requests[before:] if one.user}
        assert users == {"bob"}, f"/{command}: {users}, {shown.text}"
