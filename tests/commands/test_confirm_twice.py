"""Every red button pressed twice at once: it is done once, and the second press is told so.

The commands whose confirmation opens at once are pressed in `test_bad_input.py`; here are those
behind a form, a select or a state of things. A new confirmation needs a row in one of the two.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from demo.panel import SimPanel
from demo.panel.records import Backup
from tests.commands.test_access import grouped
from tests.commands.test_bad_input import CONFIRMED_VERBS
from tests.commands.test_do import made
from tests.wirecord import Shown, components_of
from tests.world import World, private

ROOT = Path(__file__).resolve().parent.parent.parent
TAKEN = re.compile(r'\.take\(\s*press,\s*"([a-z-]+)"')
SERVER = "Survival"
TWICE = "once, not twice"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPKSUTyz1HwHReFVvD5obVsALAgJRNarH4TRpNePnAS a@b"
Asks = Callable[[World, SimPanel], Awaitable[Shown]]
ASKS: dict[str, Asks] = {}
"""By the verb: what leads to the red button."""


def asks(verb: str) -> Callable[[Asks], Asks]:
    def keep(lead: Asks) -> Asks:
        ASKS[verb] = lead
        return lead

    return keep


def backup(panel: SimPanel, number: int, *, minutes_ago: int = 60, locked: bool = False) -> None:
    made_at = panel.clock.now() - timedelta(minutes=minutes_ago)
    server = panel.world.server(SERVER)
    server.backups.append(
        Backup(
            uuid=f"1a94000{number}-0d8c-4e6d-8e1e-9631c54bb1ce",
            name=f"nightly {number}",
            ignored_files=[],
            is_locked=locked,
            created_at=made_at,
            completed_at=made_at,
            is_successful=True,
            checksum="sha1:" + "ab" * 20,
            archive=server.files.archive([]),
            size_bytes=1024,
        )
    )


async def slash(world: World, command: str, **options: object) -> Shown:
    shown = await world.admin.slash(world.channel, command, **options)
    return await shown.answered()


@asks("account-key-delete")
async def _account_key(world: World, panel: SimPanel) -> Shown:
    await world.switch("account_commands")
    form = await slash(world, "account key-create")
    await private(await world.admin.submit(form, "Second", "", False))
    card = await slash(world, "account key-delete")
    (second,) = [one for one in panel.world.user("alice").keys if one.description == "Second"]
    await world.admin.select(card.message, [second.identifier])
    return await card.until(lambda: "valid for" in str(card.message))


@asks("account-ssh-remove")
async def _account_ssh(world: World, panel: SimPanel) -> Shown:
    await world.switch("account_commands")
    form = await slash(world, "account ssh-add")
    await private(await world.admin.submit(form, "laptop", PUBLIC_KEY))
    card = await slash(world, "account ssh-remove")
    (key,) = panel.world.user("alice").ssh_keys
    await world.admin.select(card.message, [key.fingerprint])
    return await card.until(lambda: "valid for" in str(card.message))


@asks("backup-create-now")
async def _backup_past_the_throttle(world: World, panel: SimPanel) -> Shown:
    backup(panel, 1, minutes_ago=2)
    backup(panel, 2, minutes_ago=1)
    return await slash(world, "backup create", server=SERVER, name="third")


@asks("backup-unlock-now")
async def _backup_unlock(world: World, panel: SimPanel) -> Shown:
    backup(panel, 1, locked=True)
    return await slash(world, "backup lock", server=SERVER, backup="nightly 1", locked=False)


@asks("bulk-now")
async def _bulk(world: World, panel: SimPanel) -> Shown:
    shown = await slash(world, "bulk power", action="stop")
    (found,) = world.app.parts.directory.find(int(world.guild.id), "Lobby")
    asked = await world.admin.select(shown.message, [found.id])
    return await asked.until(lambda: "valid for" in str(asked.message))


@asks("config-group-drop-now")
async def _group(world: World, panel: SimPanel) -> Shown:
    group_id = await grouped(world, "Lobby")
    shown = await slash(world, "config", page="servers")
    opened = await world.admin.select(shown.message, [group_id], custom_id="r:config-group")
    await opened.until(lambda: "Evening" in opened.text)
    asked = await world.admin.click(opened.message, label="Delete the group")
    return await asked.answered()


@asks("console-preset-set")
async def _console_preset(world: World, panel: SimPanel) -> Shown:
    await slash(world, "access console", server=SERVER, preset="minecraft-java")
    return await slash(world, "access console", server=SERVER, preset="rust")


@asks("file-edit-save")
async def _file_edit(world: World, panel: SimPanel) -> Shown:
    shown = await slash(world, "files read", server=SERVER, path="/server.properties")
    form = await world.admin.click(shown.message, label="Edit …")
    asked = await world.admin.submit(form, "pvp=false\n")
    return await asked.until(lambda: "Write this to" in asked.text)


@asks("file-extract-now")
async def _file_extract(world: World, panel: SimPanel) -> Shown:
    files = panel.world.server(SERVER).files
    files.compress("/", ["eula.txt"], panel.clock.now())
    (packed,) = [one.name for one in files.listing("/") if one.name.endswith(".tar.gz")]
    return await slash(world, "files decompress", server=SERVER, path=f"/{packed}")


@asks("file-pull-now")
async def _file_pull(world: World, panel: SimPanel) -> Shown:
    panel.internet["https://example.com/eula.txt"] = b"theirs"
    return await slash(world, "files pull", server=SERVER, url="https://example.com/eula.txt")


@asks("file-upload-now")
async def _file_upload(world: World, panel: SimPanel) -> Shown:
    return await slash(world, "files upload", server=SERVER, attachment=("eula.txt", b"mine"))


@asks("menu-run")
async def _menu(world: World, panel: SimPanel) -> Shown:
    mia = await world.member("mia", rights={"control.console"}, server=SERVER)
    written = await mia.say(world.channel, "say hello")
    shown = await mia.menu(world.channel, "Run as console command", written)
    return await shown.answered()


@asks("panel-add-root")
async def _panel_root(world: World, panel: SimPanel) -> Shown:
    form = await slash(world, "panel add")
    asked = await world.admin.submit(form, "Root", panel.url, panel.key("admin"))
    return await asked.settled()


@asks("panel-import")
async def _panel_import(world: World, panel: SimPanel) -> Shown:
    content = json.dumps({"roost": 1, "settings": {"language": "de"}}).encode()
    return await slash(world, "panel import", file=("roost.json", content))


@asks("policy-clear-now")
async def _policy(world: World, panel: SimPanel) -> Shown:
    where = world.app.parts
    guild_id = int(world.guild.id)
    shown = await slash(world, "policy edit", action="start")
    offered = [c for c in components_of(shown.message["components"]) if c.get("type") == 3]
    preset = next(one for one in offered if "preset" in str(one["custom_id"]))
    await world.admin.select(shown.message, ["anyone"], custom_id=preset["custom_id"])
    await shown.until(lambda: where.gate.book(guild_id).policies)
    return await slash(world, "policy clear", action="start")


@asks("privacy-me-now")
async def _privacy(world: World, panel: SimPanel) -> Shown:
    shown = await slash(world, "privacy")
    asked = await world.admin.click(shown.message, label="Erase what is about me …")
    return await asked.until(lambda: "erases your name" in asked.text)


@asks("recipe-drop-now")
async def _recipe(world: World, panel: SimPanel) -> Shown:
    card = await made(world, "whitelist", "whitelist add {player: name}")
    asked = await world.admin.click(card.message, label="Delete …")
    return await asked.answered()


@asks("subuser-invite")
async def _subuser(world: World, panel: SimPanel) -> Shown:
    shown = await slash(world, "subuser add", server=SERVER, email="mia@example.com")
    (select,) = [
        one["custom_id"]
        for one in components_of(shown.message["components"])
        if one.get("type") == 3 and "control" in str(one["custom_id"])
    ]
    await world.admin.select(shown.message, ["control.start"], custom_id=select)
    asked = await world.admin.click(shown.message, label="Invite …")
    return await asked.until(lambda: "letter by letter" in shown.text + asked.text)


@pytest.mark.parametrize("verb", ASKS)
async def test_a_confirmation_clicked_twice_is_done_once(
    roost: World, panel: SimPanel, verb: str
) -> None:
    shown = await ASKS[verb](roost, panel)
    found = [
        one
        for one in components_of(shown.message["components"])
        if str(one.get("custom_id", "")).startswith(f"r:{verb}:")
    ]
    assert len(found) == 1, shown.text
    before = len(_changes(panel))

    answers = await asyncio.gather(
        *(shown.who.click(shown.message, custom_id=found[0]["custom_id"]) for _ in range(2))
    )

    for answer in answers:
        await answer.settled()
    first, second = answers
    await first.until(lambda: TWICE in first.text + second.text)
    assert [TWICE in answer.text for answer in answers].count(True) == 1
    assert len(_changes(panel)[before:]) <= 1, _changes(panel)[before:]


def test_every_confirmation_is_pressed_twice_by_a_test() -> None:
    found = {
        verb
        for folder in ("bot", "cogs")
        for file in (ROOT / folder).rglob("*.py")
        for verb in TAKEN.findall(file.read_text(encoding="utf-8"))
    }

    assert found == set(ASKS) | CONFIRMED_VERBS


def _changes(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if not asked.startswith("GET ")]
