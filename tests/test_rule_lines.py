"""Rules and keys in words: what belongs together stands together."""

from datetime import UTC, datetime

import pytest

from bot.access.rights import PRESETS, RIGHTS
from bot.access.rules import Rule
from bot.ui.keys import key_lines, rights_words
from bot.ui.rules import in_presets, rule_lines

AT = datetime(2026, 11, 23, tzinfo=UTC)


def rule(right: str, *, subject: int = 7, denies: bool = False, scope: str | None = None) -> Rule:
    return Rule(
        id=right,
        kind="role",
        subject_id=subject,
        right=right,
        scope_id=scope,
        denies=denies,
        made_by=1,
        made_at=AT,
    )


def lines(*rules: Rule) -> list[str]:
    return rule_lines(rules, lambda one: one.scope_id or "all servers")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_shown_by_its_name_alone(preset: str) -> None:
    assert lines(*map(rule, PRESETS[preset])) == [f"✅ <@&7>: **{preset}** · all servers"]


def test_what_stands_beside_a_preset_is_named() -> None:
    said = lines(*map(rule, PRESETS["player"]), rule("file.read"))

    assert said == ["✅ <@&7>: **player**, `file.read` · all servers"]


def test_denials_and_other_places_have_lines_of_their_own() -> None:
    said = lines(
        rule("file.read"), rule("file.read", scope="Lobby"), rule("file.delete", denies=True)
    )

    assert said == [
        "✅ <@&7>: `file.read` · all servers",
        "✅ <@&7>: `file.read` · Lobby",
        "⛔ <@&7>: `file.delete` · all servers",
    ]


def test_many_rights_are_all_there_in_lines_that_can_be_read() -> None:
    said = lines(*(rule(right) for right in RIGHTS if right.startswith(("file.", "backup."))))

    assert len(said) == 2
    assert all(f"`{right}`" in "".join(said) for right in RIGHTS if right.startswith("file."))


def test_nothing_is_no_preset() -> None:
    assert in_presets([]) == (None, [])


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (["*"], "everything"),
        (list(RIGHTS), "everything"),
        (["control.*", "file.*"], "start and stop, console, files; not backups"),
        (["websocket.connect"], "not start and stop, console, files"),
        (["backup.read"], "in part backups; not start and stop"),
    ],
)
def test_a_keys_rights_in_words(rights: list[str], said: str) -> None:
    assert rights_words(rights).startswith(said)


def test_servers_with_the_same_rights_are_one_line_the_most_common_first() -> None:
    said = key_lines([("A", ["backup.read"]), ("B", ["*"]), ("C", ["*"])])

    assert said[0] == "On **B**, **C**: everything."
    assert said[1].startswith("On **A**: in part backups")
