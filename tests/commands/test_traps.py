"""The panel's traps, and the test by which no member falls into each.

| What the panel or node does | What Roost does instead |
|---|---|
| a lock call toggles | it reads first, and asks before it unlocks |
| a second power action while one runs is dropped with 204 | it joins the first and says so |
| `execute` of a schedule answers 202 having done nothing | it looks before, and reads back |
| two archives of one second share a name and ruin each other | they are made a second apart |
| restoring a failed backup wipes first | only a whole one is offered |
| inviting a mistyped address makes an account | the address is asked about, letter by letter |
| a rename with an empty description wipes it | what isn't named is sent along as it is |
| a schedule's update without `is_active` switches it off | it is sent along as it is |
| a signed link is spent by the first look | it is made at the click, and says that it works once |
| an empty file can't be written | it is uploaded instead |
| an expired link is a 500 of the node | it is replaced once, before anything moved |
"""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
TRAPS = {
    "a lock call toggles": (
        "commands/test_backup.py::test_locking_what_is_locked_does_not_unlock_it",
        "commands/test_backup.py::test_unlocking_asks_first",
    ),
    "a second power action while one runs is dropped with 204": (
        "commands/test_power.py::test_a_second_action_on_the_same_server_joins_the_first",
    ),
    "`execute` of a schedule answers 202 having done nothing": (
        (
            "commands/test_schedule.py::"
            "test_a_run_that_the_panel_says_yes_to_and_ignores_is_told_before"
        ),
        "commands/test_schedule.py::test_a_schedule_that_runs_isn_t_run_twice",
    ),
    "two archives of one second share a name and ruin each other": (
        "commands/test_files_changes.py::test_two_archives_of_one_moment_do_not_ruin_each_other",
        (
            "commands/test_files_changes.py::"
            "test_two_guilds_on_one_panel_do_not_ruin_each_others_archives"
        ),
    ),
    "restoring a failed backup wipes first": (
        (
            "commands/test_backup.py::"
            "test_what_is_not_whole_is_offered_neither_for_restore_nor_for_download"
        ),
    ),
    "inviting a mistyped address makes an account": (
        "commands/test_subuser.py::test_an_address_is_asked_about_before_it_can_make_an_account",
    ),
    "a rename with an empty description wipes it": (
        "commands/test_settings.py::test_renaming_keeps_the_description",
        "pterodactyl/test_areas.py::test_rename_without_description_leaves_it_alone",
    ),
    "a schedule's update without `is_active` switches it off": (
        "commands/test_schedule.py::test_a_change_of_the_times_leaves_the_schedule_switched_on",
    ),
    "a signed link is spent by the first look": (
        "commands/test_backup.py::test_the_download_link_is_made_at_the_click_and_not_before",
        "commands/test_files_transfers.py::test_a_link_is_made_at_the_click_and_works",
    ),
    "an empty file can't be written": (
        "commands/test_files.py::test_an_empty_file_can_be_written_although_the_node_refuses_that",
        "commands/test_files_transfers.py::test_an_empty_attachment_makes_an_empty_file",
    ),
    "an expired link is a 500 of the node": (
        "pterodactyl/test_transfers.py::test_a_spent_link_is_replaced_once_before_anything_moved",
    ),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_each_trap_has_a_test_that_is_there(trap: str) -> None:
    assert f"| {trap} |" in (__doc__ or "")
    for place in TRAPS[trap]:
        file, name = place.split("::")
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {one.name for one in tree.body if isinstance(one, functions)}, place


def test_every_line_of_the_table_is_a_trap_with_a_test() -> None:
    lines = [line for line in (__doc__ or "").splitlines() if line.startswith("| ")]

    assert {line.split(" | ")[0].removeprefix("| ") for line in lines[1:]} == set(TRAPS)
