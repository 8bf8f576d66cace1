"""Whatever is typed, a member hears a clear answer, and the panel is called at most once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from demo.panel import SimPanel, demo_world
from demo.panel.records import Backup, Database
from tests.commands.matrix import OPTIONS, RIGHTS
from tests.logs import Secrets
from tests.wirecord import Json, Member, Shown, components_of, eventually, is_public
from tests.world import World, private

SERVER, OTHER = "Survival", "Creative"
Options = list[Json]
GROUPS = sorted({name.split()[0] for name in RIGHTS})
STRING, INTEGER, USER, ROLE, ATTACHMENT = 3, 4, 6, 8, 11
RED = 4  # the style of a dangerous button
TEXT_INPUT, FILE_UPLOAD = 4, 19

NAMES = frozenset(
    {"server", "backup", "database", "schedule", "user", "allocation", "variable", "image", "panel"}
)
"""Options that name a thing: what isn't there can't be acted on."""
PATHS = frozenset({"path", "folder"})
TRAVERSALS = ("../../../etc/passwd", "..", "/plugins/../../secret", "..%2f..%2fapi\\..\\x")
HOSTILE = "@everyone `<@&1>` \u202egnp.exe\u200b\x07||"
OURS = OPTIONS | {"schedule": "Nightly", "allocation": "25700", "backup": "nightly"}
CONFIRMED = {
    "power kill": "kill-now",
    "backup restore": "backup-restore-now",
    "backup delete": "backup-delete-now",
    "files delete": "file-delete-now",
    "database rotate": "database-rotate-now",
    "database delete": "database-delete-now",
    "network remove": "network-remove-now",
    "settings reinstall": "settings-reinstall",
    "subuser remove": "subuser-remove-now",
    "schedule delete": "schedule-delete-now",
    "schedule task-remove": "schedule-task-remove",
    "panel remove": "panel-remove",
}
"""Commands that ask at once, and the door behind the red button."""
CONFIRMED_VERBS = frozenset(CONFIRMED.values())


@pytest.fixture
async def panel(clock: Clock, recordings: Path, secrets: Secrets) -> AsyncIterator[SimPanel]:
    """A panel whose budget is no part of what is tried here."""
    people = demo_world(boot_seconds=0.05, stop_seconds=0.05)
    secrets.add(*(key.text for key in people.keys.values()))
    secrets.add(*(user.password for user in people.users))
    world = SimPanel(people, clock=clock, recordings=recordings, requests_a_minute=100_000)
    async with world as panel:
        left_there(panel)
        yield panel


@pytest.mark.parametrize("group", GROUPS)
async def test_bad_options_get_an_answer_and_change_nothing(
    roost: World, panel: SimPanel, group: str
) -> None:
    if group == "schedule":
        await _nightly(roost)
    if group == "account":
        await roost.switch("account_commands")
    server_id = panel.world.server(SERVER).identifier
    for number, (command, options) in enumerate(commands_of(roost, group).items()):
        boss = _another_admin(roost, number) if group != "account" else roost.admin
        good = good_options(roost, options, server_id)
        for option in (one for one in options if one["type"] == STRING and not one.get("choices")):
            for text in _bad(option, panel):
                changed = len(_changes(panel))
                shown = await boss.slash(roost.channel, command, **good | {_key(option): text})
                said = await _said(shown)

                changes = _changes(panel)[changed:]
                about = f"/{command} {option['name']}:{text[:60]!r} → {said!r}, {changes}"
                assert said, about
                assert len(changes) <= 1, about
                if option["name"] in NAMES or (option["name"] in PATHS and text in TRAVERSALS):
                    assert not changes or _is_none(option["name"], text), about
                assert not any(one["_pings"] for one in shown.messages), about
    assert not any(one["_pings"] for one in roost.channel.public())


@pytest.mark.parametrize("group", sorted({name.split()[0] for name in CONFIRMED}))
async def test_a_confirmation_clicked_twice_is_done_once(
    roost: World, panel: SimPanel, group: str
) -> None:
    if group == "schedule":
        await _nightly(roost)
    commands = commands_of(roost, group)
    # what ends the others' thing comes last
    asked = CONFIRMED.keys() & set(commands)
    asking = sorted(asked, key=lambda name: name.endswith((" delete", "all")))
    for command in asking:
        good = good_options(roost, commands[command], panel.world.server(SERVER).identifier)
        shown = await roost.admin.slash(roost.channel, command, **good)
        await private(shown)
        red = [one for one in components_of(shown.message["components"]) if one.get("style") == RED]
        assert len(red) == 1, f"/{command}: {shown.text}"
        before = len(_changes(panel))

        answers = await _twice(roost.admin, shown, red[0]["custom_id"])

        said = [answer.text for answer in answers]
        assert sum("confirmed already" in one for one in said) == 1, f"/{command}: {said}"
        wanted = int(command != "panel remove")
        # what takes several steps is done by a job, after the answer
        await eventually(lambda: len(_changes(panel)) - before >= wanted)  # noqa: B023
        changes = _changes(panel)[before:]
        assert len(changes) == wanted, f"/{command}: {changes} {said}"


async def test_a_form_sent_when_its_command_is_long_over_is_still_answered(
    roost: World, panel: SimPanel
) -> None:
    await roost.switch("account_commands")
    forms: list[str] = []
    for number, (command, options) in enumerate(commands_of(roost).items()):
        # who connected the panel alone uses its account
        is_own = command.startswith("account ")
        boss = roost.admin if is_own else _another_admin(roost, number)
        good = good_options(roost, options, panel.world.server(SERVER).identifier)
        shown = await boss.slash(roost.channel, command, **good)
        await _said(shown)
        if shown.modal is None:
            continue
        forms.append(command)
        shown.expire()
        changed = len(_changes(panel))

        sent = await boss.submit(shown, *_filled(shown.modal))

        await sent.answered()
        assert sent.text, command
        assert len(_changes(panel)[changed:]) <= 1, command
    assert {"panel add", "files write", "account password", "account key-create"} <= set(forms)


async def test_an_attachment_over_the_limit_is_refused_and_nothing_of_it_is_kept(
    roost: World, panel: SimPanel
) -> None:
    panel.world.nodes[0].upload_limit_mib = 1
    server = panel.world.server(SERVER)
    before = {path for path, _entry in server.files.files()}
    tried: list[str] = []
    for command, options in commands_of(roost).items():
        for option in (one for one in options if one["type"] == ATTACHMENT):
            tried.append(command)
            good = good_options(roost, options, server.identifier)
            changed = len(_changes(panel))

            sent = good | {_key(option): ("large.bin", bytes((1 << 20) + 1))}
            said = await _said(await roost.admin.slash(roost.channel, command, **sent))

            assert "limit" in said or "at most" in said, f"/{command}: {said}"
            assert "Nothing was changed" in said or "I take at most" in said, f"/{command}: {said}"
            assert len(_changes(panel)[changed:]) <= 1, command
    assert {path for path, _entry in server.files.files()} == before
    assert {"files upload", "panel import"} <= set(tried)


def left_there(panel: SimPanel) -> None:
    """A backup and a database on two servers, so that there is something to name."""
    for number, server in enumerate((SERVER, OTHER)):
        lies_there(panel, server, number)


def lies_there(panel: SimPanel, server: str, number: int) -> None:
    """A backup and a database of the same names on each server."""
    owner = panel.world.server(server)
    made_at = panel.clock.now() - timedelta(hours=1)
    owner.backups.append(
        Backup(
            uuid=f"1a94000{number}-0d8c-4e6d-8e1e-9631c54bb1ce",
            name="nightly",
            ignored_files=[],
            is_locked=False,
            created_at=made_at,
            completed_at=made_at,
            is_successful=True,
            checksum="sha1:" + "ab" * 20,
            archive=owner.files.archive([]),
            size_bytes=1024,
        )
    )
    owner.databases.append(
        Database(
            id=f"MYD0eoe{number}",
            number=number + 1,
            name="s1_world",
            username=f"u1_rNIRHme73{number}",
            remote="%",
            password="correct-horse-battery",
            is_new=False,
        )
    )


async def _nightly(roost: World) -> None:
    made = await roost.admin.slash(
        roost.channel, "schedule create", server=SERVER, name="Nightly", when="4:00"
    )
    assert "Made." in await private(made)
    added = await roost.admin.slash(
        roost.channel,
        "schedule task-add",
        server=SERVER,
        schedule="Nightly",
        action="command",
        payload="save-all",
    )
    assert "Added." in await private(added)


def _another_admin(world: World, number: int) -> Member:
    """Each with a count of interactions of their own."""
    return world.guild.member(f"boss{number}", *world.admin.roles)


def commands_of(world: World, group: str | None = None) -> dict[str, Options]:
    """The options of each command; what renames or ends things for the others comes last."""
    tops = [one for one in world.wire.commands["global"] if one["type"] == 1]
    found = dict(_leaves([one for one in tops if group in (None, one["name"])], ""))
    late = ("rename", "remove", "delete", "import", "privacy", "kill")
    return dict(sorted(found.items(), key=lambda item: item[0].endswith(late)))


def _leaves(commands: list[Json], before: str) -> Iterator[tuple[str, list[Json]]]:
    for one in commands:
        parts = [option for option in one.get("options") or [] if option["type"] in (1, 2)]
        if parts:
            yield from _leaves(parts, f"{before}{one['name']} ")
        else:
            yield f"{before}{one['name']}", one.get("options") or []


def good_options(world: World, options: Options, server_id: str) -> dict[str, Any]:
    """What is demanded, filled in well."""
    people: dict[int, object] = {ROLE: world.mods, USER: world.admin, INTEGER: 1}
    found: dict[str, Any] = {}
    for option in options:
        if option["name"] == "server":
            found["server"] = server_id
        elif option.get("required"):
            choices = option.get("choices")
            value = people.get(option["type"]) or OURS.get(option["name"])
            found[_key(option)] = choices[0]["value"] if choices else value
    return found


def _key(option: Json) -> str:
    return str(option["name"]).replace("-", "__")


def _bad(option: Json, panel: SimPanel) -> Iterator[str]:
    """Bad values for an option that Discord would let through."""
    least, most = option.get("min_length") or 0, option.get("max_length") or 6000
    other = panel.world.server(OTHER)
    foreign = {
        "server": "8f0f8b6e-5d3a-4c39-9a5e-2f7c6f6f7a11",  # a row of a guild elsewhere
        "backup": other.backups[0].uuid,
        "database": other.databases[0].id,
        "allocation": str(other.primary.port),
    }
    texts = ["", "   ", "x" * most, "no-such-thing", "-1", "9" * 30, HOSTILE, *TRAVERSALS]
    if option["name"] in NAMES:  # others than those by which something was called meanwhile
        texts = ["", "   ", "y" * most, "nobody", "-17", "7" * 30, f"y{HOSTILE}", "../../nowhere"]
    if option["name"] in foreign:
        texts.append(foreign[option["name"]])
    for text in texts:
        cut = text[:most]
        if len(cut) >= least:
            yield cut


def _is_none(name: str, text: str) -> bool:
    """An empty name names nothing: the server is the channel's then, or the only one."""
    return name in ("server", "panel") and not text.strip()


def _changes(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if not asked.startswith("GET ")]


async def _said(shown: Shown) -> str:
    if shown.modal is not None:
        return f"form: {shown.modal['title']}"
    await shown.answered()
    assert not any(is_public(one) for one in shown.messages)
    return shown.text or "files alone"


async def _twice(who: Member, shown: Shown, custom_id: str) -> list[Shown]:
    """Click at once and again; where the server's name is to be typed, do that twice."""
    clicks = [who.click(shown.message, custom_id=custom_id) for _ in range(2)]
    pressed = await asyncio.gather(*clicks)
    if pressed[0].modal is not None:
        pressed = await asyncio.gather(*(who.submit(one, SERVER) for one in pressed))
    return [await one.answered() for one in pressed]


def _filled(modal: Json) -> list[object]:
    """Something for each field that takes text or a file; the rest keeps what it offers."""
    filled: list[object] = []
    for row in modal["components"]:
        field = row.get("component") or (row.get("components") or [{}])[0]
        if field.get("type") == TEXT_INPUT:
            least, most = field.get("min_length") or 1, field.get("max_length") or 4000
            filled.append("x" * min(max(8, least), most))
        elif field.get("type") == FILE_UPLOAD:
            filled.append(("a.txt", b"hello"))
    return filled
