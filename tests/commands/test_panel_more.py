"""/panel rekey, rename, export, import."""

import json
from typing import Any

import pytest
from msgspec import structs

from bot.store.policies import Terms
from demo.panel import SimPanel
from tests.commands.community import allow
from tests.world import World, private


async def ask(world: World, command: str, **options: object) -> str:
    return await private(await world.admin.slash(world.channel, command, **options))


async def exported(world: World) -> dict[str, Any]:
    shown = await world.admin.slash(world.channel, "panel export")
    await private(shown)
    await shown.until(lambda: shown.message.get("attachments"))
    (attached,) = shown.message["attachments"]
    found: dict[str, Any] = json.loads(world.wire.files[attached["id"]])
    return found


async def imported(world: World, file: dict[str, Any]) -> str:
    content = json.dumps(file).encode()
    shown = await world.admin.slash(world.channel, "panel import", file=("roost.json", content))
    said = await private(shown)
    if "Take these settings over?" not in said:
        return said
    done = await world.admin.click(shown.message, label="Take it over")
    await done.until(lambda: "Taken over" in done.text)
    return said


async def test_another_key_takes_the_place_of_the_old_one_on_the_same_servers(
    roost: World, panel: SimPanel
) -> None:
    guild_id = int(roost.guild.id)
    before = {s.uuid: s.id for s in roost.app.parts.directory.of(guild_id)}
    form = await roost.admin.slash(roost.channel, "panel rekey", panel="Nova")

    said = await private(await roost.admin.submit(form, panel.key("bob")))

    assert "**Nova** is used as **bob** now" in said
    after = {s.uuid: s.id for s in roost.app.parts.directory.of(guild_id)}
    assert after.items() <= before.items()
    assert after


@pytest.mark.parametrize("key", ["ptlc_" + "a" * 43, "ptla_" + "a" * 43, "with blank inside"])
async def test_a_key_that_does_not_work_leaves_the_old_one_in_use(
    roost: World, panel: SimPanel, key: str
) -> None:
    form = await roost.admin.slash(roost.channel, "panel rekey")

    said = await private(await roost.admin.submit(form, key))

    assert "The old key stays in use" in said
    assert key not in said
    assert "answers in" in await ask(roost, "panel test", panel="Nova")


async def test_a_root_administrators_key_does_not_slip_in_by_rekey(
    roost: World, panel: SimPanel
) -> None:
    form = await roost.admin.slash(roost.channel, "panel rekey")

    said = await private(await roost.admin.submit(form, panel.key("admin")))

    assert "root administrator" in said
    assert roost.app.parts.panels.of(int(roost.guild.id))[0].account_name == "alice"


async def test_a_renamed_panel_is_found_by_its_new_name(roost: World) -> None:
    assert "**Moon**" in await ask(roost, "panel rename", panel="Nova", name="Moon")

    assert "Moon" in await ask(roost, "panel list")
    assert "I know no panel" in await ask(roost, "panel test", panel="Nova")
    assert {s.panel_name for s in roost.app.parts.directory.of(int(roost.guild.id))} == {"Moon"}


async def test_a_name_that_is_taken_or_blank_is_not_given(roost: World, panel: SimPanel) -> None:
    form = await roost.admin.slash(roost.channel, "panel add")
    second = await roost.admin.submit(form, "Second", panel.url, panel.key("bob"))
    await private(second)

    assert "of that name already" in await ask(roost, "panel rename", panel="Second", name="nova")
    assert "Give the panel a name" in await ask(roost, "panel rename", panel="Second", name=" ")


async def test_the_file_holds_the_rules_and_no_secret(roost: World, panel: SimPanel) -> None:
    await roost.grant(roost.mods, "control.*", server="Survival")

    file = await exported(roost)

    assert file["panels"] == [{"name": "Nova", "url": panel.url}]
    (rule,) = file["rules"]
    assert rule["subject"] == {"id": roost.mods.id, "name": "Mods"}
    assert rule["server"] == panel.world.server("Survival").uuid
    text = json.dumps(file)
    assert panel.key("alice")[5:] not in text
    assert "sealed" not in text


async def test_a_file_taken_over_elsewhere_sets_the_same_by_uuid_and_name(
    roost: World, panel: SimPanel
) -> None:
    await roost.grant(roost.mods, "control.*", server="Survival")
    await roost.enter("time_zone", "Berlin")
    file = await exported(roost)
    gone = {"kind": "role", "subject": {"id": "7", "name": "Only here"}, "right": "backup.read"}
    file["rules"].append({**gone, "effect": "allow"})
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)
        said = await imported(other, file)
        assert "Left out" in said
        assert "Only here" in said
        book = other.app.parts.gate.book(int(other.guild.id))
        assert book.settings.time_zone == "Europe/Berlin"
        (rule,) = book.all
        (server,) = other.app.parts.directory.find(int(other.guild.id), "Survival")
        assert (rule.subject_id, rule.right, rule.scope_id) == (
            int(other.mods.id),
            "control.*",
            server.id,
        )
        assert "nothing to change" in await imported(
            other, {**file, "rules": file["rules"][:1], "panels": [], "servers": []}
        )
    finally:
        await other.close()


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"roost": 2},
        {"roost": 1, "surprise": True},
        {"roost": 1, "rules": [{"kind": "role"}]},
        {"roost": 1, "settings": {"language": 7}},
        {"roost": 1, "settings": {"language": "klingon"}},
        {"roost": 1, "settings": {"time_zone": "Atlantis"}},
        {"roost": 1, "settings": {"groups": {}}},
        {"roost": 1, "settings": {"surprise": True}},
        {"roost": 1, "groups": [{"name": "g"}] * 21},
        {
            "roost": 1,
            "rules": [
                {"kind": "role", "subject": {"id": "1"}, "right": "x.y", "effect": "allow"},
            ],
        },
        {
            "roost": 1,
            "rules": [
                {"kind": "role", "subject": {"id": "x"}, "right": "*", "effect": "allow"},
            ],
        },
    ],
)
async def test_a_file_with_something_wrong_in_it_changes_nothing(
    roost: World, broken: dict[str, Any]
) -> None:
    said = await imported(roost, broken)

    assert "Nothing was changed" in said
    assert roost.app.parts.gate.book(int(roost.guild.id)).all == ()


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"[" * 5000, b"a" * 300_000])
async def test_what_is_no_such_file_is_told(roost: World, content: bytes) -> None:
    shown = await roost.admin.slash(roost.channel, "panel import", file=("x.json", content))

    assert "Nothing was changed" in await private(shown)


async def test_rules_of_a_role_above_are_left_out(roost: World) -> None:
    above = roost.guild.role("Above")
    file = {
        "roost": 1,
        "rules": [
            {
                "kind": "role",
                "subject": {"id": above.id, "name": "Above"},
                "right": "*",
                "effect": "allow",
            }
        ],
    }

    said = await imported(roost, file)

    assert "nothing to change" in said
    assert roost.app.parts.gate.book(int(roost.guild.id)).all == ()


async def test_lists_of_the_console_and_recipes_go_along(roost: World, panel: SimPanel) -> None:
    await private(
        await roost.admin.slash(
            roost.channel, "access console", server="Survival", preset="minecraft-java"
        )
    )
    shown = await roost.admin.slash(roost.channel, "access console", server="Survival")
    await private(shown)
    listed = await roost.admin.click(shown.message, label="Recipes")
    await listed.until(lambda: "Recipes for" in listed.text)
    form = await roost.admin.click(listed.message, label="New recipe …")
    made = await roost.admin.submit(form, "online", "list {who: name}")
    await made.until(lambda: "Who may run it" in made.text)
    file = await exported(roost)
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)
        await imported(other, file)
        mine = roost.app.parts.gate.book(int(roost.guild.id))
        theirs = other.app.parts.gate.book(int(other.guild.id))
        assert [one.commands for one in theirs.console] == [one.commands for one in mine.console]
        (server,) = other.app.parts.directory.find(int(other.guild.id), "Survival")
        assert {one.scope_id for one in theirs.console} == {server.id}
        assert theirs.recipes["online"].template == "list {who: name}"
        assert theirs.recipes["online"].scope_id == server.id
        assert "nothing to change" in await imported(other, file)
        file["recipes"][0]["template"] = "{who: name} op"
        assert "names the command itself" in await imported(other, file)
    finally:
        await other.close()


async def test_policies_and_where_games_are_asked_go_along(roost: World, panel: SimPanel) -> None:
    terms = Terms(how="vote", quorum=2, role_id=int(roost.mods.id), quiet_from=60, quiet_until=120)
    await allow(roost, "restart", terms)
    shown = await roost.admin.slash(roost.channel, "config", page="servers")
    await private(shown)
    listed = await roost.admin.click(shown.message, label="Player counts …")
    await listed.until(lambda: "I ask the game itself" in listed.text)
    (survival,) = roost.app.parts.directory.find(int(roost.guild.id), "Survival")
    card = await roost.admin.select(listed.message, [survival.id])
    await card.until(lambda: "Survival" in card.text)
    form = await roost.admin.click(card.message, label="Query address …")
    set_up = await roost.admin.submit(form, ":27016")
    await set_up.until(lambda: "27016" in set_up.text)
    file = await exported(roost)
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)
        said = await imported(other, file)
        assert "1 policy: what members may ask for" in said
        book = other.app.parts.gate.book(int(other.guild.id))
        (policy,) = book.policies
        (server,) = other.app.parts.directory.find(int(other.guild.id), "Survival")
        assert policy.terms == structs.replace(terms, role_id=int(other.mods.id))
        assert book.settings.queries[server.id].address == ":27016"
        assert "nothing to change" in await imported(other, file)
        file["policies"][0]["role"] = {"id": "7", "name": "Only here"}
        assert "nothing to change" in await imported(other, file)
    finally:
        await other.close()


@pytest.mark.parametrize(
    "broken",
    [
        {"policies": [{"action": "kill"}]},
        {"policies": [{"action": "restart", "quorum": 0}]},
        {"policies": [{"action": "restart", "window_minutes": 525600}]},
        {"policies": [{"action": "restart", "quorum_of": "role", "quorum": 101}]},
        {"policies": [{"action": "restart", "quiet_from": 60}]},
        {"queries": [{"server": "1" * 36, "game": "chess"}]},
        {"queries": [{"server": "1" * 36, "address": "http://x/"}]},
    ],
)
async def test_a_policy_or_address_that_can_t_be_is_refused(
    roost: World, broken: dict[str, Any]
) -> None:
    assert "Nothing was changed" in await imported(roost, {"roost": 1, **broken})
