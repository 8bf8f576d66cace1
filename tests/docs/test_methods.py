"""Each method of the client is reached by a command that exists."""

from operator import attrgetter

import pytest

from bot.client import bare_tree
from bot.pterodactyl import Client
from docs.methods import COMMANDS

SEED = {
    "account": (
        "api_key_create api_key_delete api_key_list disable_2fa enable_2fa get_2fa_setup_code "
        "get_account update_email update_password"
    ),
    "servers": (
        "get_server get_server_utilization get_websocket list_permissions list_servers "
        "send_console_command send_power_action"
    ),
    "servers.backups": (
        "create_backup delete_backup get_backup_detail get_backup_download list_backups "
        "restore_backup"
    ),
    "servers.databases": "create_database delete_database list_databases rotate_database_password",
    "servers.files": (
        "compress_files copy_file create_folder decompress_file delete_files download_file "
        "get_file_contents get_upload_file_url list_files rename_file write_file"
    ),
    "servers.network": (
        "assign_allocation list_allocations set_allocation_note set_primary_allocation "
        "unassign_allocation"
    ),
    "servers.settings": "reinstall_server rename_server",
    "servers.startup": "list_variables update_variable",
    "servers.users": "create_user delete_user get_user list_users update_user",
}
"""What Pydactyl's client can do, by area; written down from its reference."""


def test_all_fifty_one_are_named() -> None:
    named = {f"{area}.{method}" for area, methods in SEED.items() for method in methods.split()}

    assert len(named) == 51
    assert set(COMMANDS) == named


async def test_every_method_is_there() -> None:
    async with Client("https://panel.example.com", "ptlc_" + "a" * 43) as client:
        for method in COMMANDS:
            assert callable(attrgetter(method)(client)), method


@pytest.mark.parametrize("method", sorted(COMMANDS))
def test_its_commands_exist(method: str) -> None:
    there = {one.qualified_name for one in bare_tree().walk_commands()}

    assert set(COMMANDS[method]) <= there
