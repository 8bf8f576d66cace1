"""By which command each method of the panel client is reached."""

from typing import Final

COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    "account.api_key_create": ("account key-create",),
    "account.api_key_delete": ("account key-delete",),
    "account.api_key_list": ("account keys",),
    "account.disable_2fa": ("account two-factor",),
    "account.enable_2fa": ("account two-factor",),
    "account.get_2fa_setup_code": ("account two-factor",),
    "account.get_account": ("account info", "panel test"),
    "account.update_email": ("account email",),
    "account.update_password": ("account password",),
    "servers.get_server": ("server info", "why"),
    "servers.get_server_utilization": ("server usage", "server info"),
    "servers.get_websocket": ("console tail", "console run"),
    "servers.list_permissions": ("subuser add", "subuser edit"),
    "servers.list_servers": ("panel test", "panel add"),
    "servers.send_console_command": ("console run",),
    "servers.send_power_action": ("power start", "power stop", "power restart", "power kill"),
    "servers.backups.create_backup": ("backup create",),
    "servers.backups.delete_backup": ("backup delete",),
    "servers.backups.get_backup_detail": ("backup info",),
    "servers.backups.get_backup_download": ("backup download",),
    "servers.backups.list_backups": ("backup list",),
    "servers.backups.restore_backup": ("backup restore",),
    "servers.databases.create_database": ("database create",),
    "servers.databases.delete_database": ("database delete",),
    "servers.databases.list_databases": ("database list", "database reveal"),
    "servers.databases.rotate_database_password": ("database rotate",),
    "servers.files.compress_files": ("files compress",),
    "servers.files.copy_file": ("files copy",),
    "servers.files.create_folder": ("files mkdir",),
    "servers.files.decompress_file": ("files decompress",),
    "servers.files.delete_files": ("files delete",),
    "servers.files.download_file": ("files download",),
    "servers.files.get_file_contents": ("files read", "files edit"),
    "servers.files.get_upload_file_url": ("files upload-link", "files upload"),
    "servers.files.list_files": ("files browse",),
    "servers.files.rename_file": ("files rename", "files move"),
    "servers.files.write_file": ("files write", "files edit"),
    "servers.network.assign_allocation": ("network add",),
    "servers.network.list_allocations": ("network list",),
    "servers.network.set_allocation_note": ("network note",),
    "servers.network.set_primary_allocation": ("network primary",),
    "servers.network.unassign_allocation": ("network remove",),
    "servers.settings.reinstall_server": ("settings reinstall",),
    "servers.settings.rename_server": ("settings rename",),
    "servers.startup.list_variables": ("startup list",),
    "servers.startup.update_variable": ("startup set",),
    "servers.users.create_user": ("subuser add",),
    "servers.users.delete_user": ("subuser remove",),
    "servers.users.get_user": ("subuser info",),
    "servers.users.list_users": ("subuser list",),
    "servers.users.update_user": ("subuser edit",),
}
"""The methods that came with the client from the start; each is open to people by a command."""


def table() -> str:
    """Method and commands, as a table."""
    rows = [
        f"| `{method}` | {', '.join(f'`/{name}`' for name in names)} |"
        for method, names in COMMANDS.items()
    ]
    return "\n".join(("| method | command |", "|---|---|", *rows))
