"""Names that nobody should have, on everything a panel can name, in every card that shows them.

Nothing pings, nothing breaks out of its place, nothing turns the text round or hides in it, and an
empty name is still something to read.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta

import pytest

from demo.panel import SimPanel
from demo.panel.records import Backup, Database, Key, Schedule, SshKey
from tests.wirecord import Json, components_of
from tests.world import World

NAMES = {
    "empty": "",
    "191 characters": "W" * 191,
    "long word with blanks": "server " * 27,
    "right to left": "שרת ראשי",
    "turned round": "\u202egnp.exe\u2066\u200f",
    "emoji": "👩‍👩‍👧‍👦🎉🏳️‍🌈",
    "everyone": "@everyone @here",
    "role": "<@&1> <@1> <#1> </help:1> <t:1:R>",
    "backticks": "```x``` `y` ``",
    "markdown": "# **b** _i_ ||s|| [x](https://evil.example) > q\n- l",
    "zero width": "\u200b\u200c\u2060\ufeff",
    "control": "\x00\x07\x1b[31mred\r\n",
}
CARDS: dict[str, dict[str, object]] = {
    "server list": {},
    "server info": {"server": "SERVER"},
    "server usage": {"server": "SERVER"},
    "server join": {"server": "SERVER"},
    "power kill": {"server": "SERVER"},
    "backup list": {"server": "SERVER"},
    "backup info": {"server": "SERVER", "backup": "BACKUP"},
    "backup delete": {"server": "SERVER", "backup": "BACKUP"},
    "backup restore": {"server": "SERVER", "backup": "BACKUP"},
    "database list": {"server": "SERVER"},
    "database rotate": {"server": "SERVER", "database": "MYD0eoe0"},
    "database delete": {"server": "SERVER", "database": "MYD0eoe0"},
    "network list": {"server": "SERVER"},
    "network remove": {"server": "SERVER", "allocation": "25700"},
    "startup list": {"server": "SERVER"},
    "startup set": {"server": "SERVER", "variable": "SERVER_JARFILE"},
    "subuser list": {"server": "SERVER"},
    "subuser info": {"server": "SERVER", "user": "bob@example.com"},
    "subuser remove": {"server": "SERVER", "user": "bob@example.com"},
    "schedule list": {"server": "SERVER"},
    "schedule show": {"server": "SERVER", "schedule": "9"},
    "schedule delete": {"server": "SERVER", "schedule": "9"},
    "settings reinstall": {"server": "SERVER"},
    "files browse": {"server": "SERVER", "path": "/"},
    "bulk power": {"action": "restart"},
    "why": {"command": "power stop", "server": "SERVER"},
    "panel list": {},
    "panel test": {"panel": "Nova"},
    "setup": {},
    "config": {"page": "channels"},
    "account info": {},
    "account keys": {},
    "account ssh-keys": {},
    "audit list": {},
}
ALLOWED = {"\n", "\u200d", "\ufe0f"}
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
ACTIVE = re.compile(r"@everyone|@here|<@&?1>|<#1>|</help:1>|<t:1:R>|\[x\]\(|\|\|s\|\||\*\*b\*\*")


def call_everything(panel: SimPanel, name: str) -> str:
    """Give everything that can have a name this one; the identifier of the server."""
    world, now = panel.world, panel.clock.now()
    server = world.server("Survival")
    server.name, server.description = name, name
    server.primary.notes = name
    for allocation in server.allocations:
        allocation.notes = name
    for variable in server.egg.variables:
        variable.name, variable.description = name, name
    world.user("bob").username = name
    alice = world.user("alice")
    alice.first_name, alice.last_name = name, name
    alice.keys.append(Key(alice, "ptlc_0123456789a", "b" * 32, "second", description=name))
    alice.ssh_keys.append(SshKey(name, "aGVsbG8", "-----BEGIN PUBLIC KEY-----", now))
    server.backups.append(
        Backup(
            uuid="1a940000-0d8c-4e6d-8e1e-9631c54bb1ce",
            name=name,
            ignored_files=[name],
            is_locked=False,
            created_at=now - timedelta(hours=1),
            completed_at=now,
            is_successful=True,
            checksum="sha1:" + "ab" * 20,
            archive=server.files.archive([]),
            size_bytes=1024,
        )
    )
    server.databases.append(
        Database(
            id="MYD0eoe0",
            number=1,
            name=name or "s1_world",
            username=name or "u1",
            remote="%",
            password="correct-horse-battery",
            is_new=False,
        )
    )
    server.schedules.append(
        Schedule(
            id=9,
            name=name,
            minute="0",
            hour="4",
            day_of_month="*",
            month="*",
            day_of_week="*",
            is_active=True,
            only_when_online=False,
            created_at=now,
            updated_at=now,
        )
    )
    folder = name.replace("/", "").replace("\x00", "").strip()[:100]
    if folder:
        server.files.put(f"/{folder}", b"x")
    return server.identifier


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
async def test_a_hostile_name_is_safe_and_tidy_on_every_card(
    guild: World, panel: SimPanel, name: str
) -> None:
    identifier = call_everything(panel, name)
    await guild.connect(panel)
    await guild.switch("account_commands")
    words = {"SERVER": identifier, "BACKUP": "1a940000-0d8c-4e6d-8e1e-9631c54bb1ce"}
    for command, options in CARDS.items():
        given = {key: words.get(str(value), value) for key, value in options.items()}

        shown = await guild.admin.slash(guild.channel, command, **given)

        await shown.answered()
        has_failed = re.search(r"`R-\w{4}`", shown.text) and command != "audit list"
        assert not has_failed, (command, shown.text)
        for message in shown.messages:
            assert not message["_pings"], command
            for text in _texts(message):
                assert _is_tame(text), (command, text)
            for label in _labels(message):
                assert label.strip(), (command, "something to choose has no name")
                assert not _hides(label), (command, label)
    assert not any(message["_pings"] for message in guild.channel.public())


def _texts(message: Json) -> Iterator[str]:
    yield message.get("content") or ""
    for one in components_of(message.get("components")):
        if one.get("content"):
            yield str(one["content"])


def _labels(message: Json) -> Iterator[str]:
    """What is shown as it is, without markdown."""
    for one in components_of(message.get("components")):
        if one.get("label"):
            yield str(one["label"])
        for option in one.get("options") or ():
            yield option["label"]
            yield option.get("description") or "none"


def _hides(text: str) -> bool:
    return any(c not in ALLOWED and unicodedata.category(c) in ("Cc", "Cf") for c in text)


def _is_tame(text: str) -> bool:
    """No character that hides or turns, no mention or markup of the name's own outside of code."""
    if _hides(text):
        return False
    plain = re.sub(r"\\.", "", text)
    if plain.count("`") % 2:
        return False
    return not ACTIVE.search(CODE.sub("", plain))
