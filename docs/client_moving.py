"""What changes for somebody who moves from py-dactyl to our client, method by method.

A test makes the same calls with both and holds this table to what it sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Difference:
    """Why a method sends or gives something else."""

    reason: str
    kinds: Sequence[str] = ()  # of "sends", "gives", "raises": what the comparison sees


DIFFERENCES: Final[dict[str, Difference]] = {
    "account.enable_2fa": Difference(
        "Takes the password too: the panel demands it since 1.9.2, so py-dactyl's call always"
        " fails. Gives `RecoveryTokens`.",
        ("raises", "sends"),
    ),
    "account.disable_2fa": Difference(
        "Sends what panels since 1.11.8 know (`POST …/disable`), and py-dactyl's `DELETE` only"
        " where that is unknown.",
        ("raises", "sends"),
    ),
    "account.get_2fa_setup_code": Difference(
        "Gives `TwoFactorSetup`. `image_url_data` is no picture but an `otpauth://` address."
    ),
    "account.api_key_create": Difference(
        "Gives `NewApiKey`; `full_key` is what can be used as key, the secret alone is not."
    ),
    "account.api_key_list": Difference("Gives a list of `ApiKey`."),
    "servers.list_servers": Difference(
        "Awaited once, it gives the servers of all pages. py-dactyl gives the first page, and"
        " loses filters and includes on the others. Page by page: `iter_servers`. `per_page` is"
        " brought within the panel's 1 to 100.",
        ("gives", "sends"),
    ),
    "servers.get_server": Difference(
        "Gives `Server`, with the account's rights in `user_permissions`, which py-dactyl drops"
        " unless asked with `detail`."
    ),
    "servers.get_server_utilization": Difference("Gives `Stats`; names carry their units."),
    "servers.get_websocket": Difference(
        "Gives `WebsocketCredentials`. `console()` does the whole conversation."
    ),
    "servers.send_console_command": Difference(
        "Raises `ServerOffline` where the server is off; there is no 412."
    ),
    "servers.send_power_action": Difference(
        "A signal is judged by the panel, not here. It never needs an online server: no 412."
    ),
    "servers.backups.create_backup": Difference(
        "Takes name, patterns to leave out and the lock as well; sends `{}` where py-dactyl sends"
        " no body, which is the same to the panel.",
        ("sends",),
    ),
    "servers.backups.list_backups": Difference(
        "Gives all pages, and asks for 50 a page where py-dactyl gets the first 20 alone.",
        ("sends",),
    ),
    "servers.backups.get_backup_download": Difference(
        "Gives `SignedUrl`; `download_to` receives and verifies the file."
    ),
    "servers.backups.restore_backup": Difference(
        "`delete_existing_files` is False by default: a forgotten argument must not delete files."
        " py-dactyl's asynchronous call sends no `truncate` at all and is always refused.",
        ("raises", "sends"),
    ),
    "servers.databases.list_databases": Difference(
        "py-dactyl keeps `password` in a shared default list, so each later call asks for"
        " passwords too."
    ),
    "servers.databases.rotate_database_password": Difference(
        "`database_id` is the short `Database.id`, not a uuid."
    ),
    "servers.databases.delete_database": Difference(
        "`database_id` is the short `Database.id`, not a uuid."
    ),
    "servers.files.get_file_contents": Difference(
        "Gives the bytes as they are, with `.text`. py-dactyl parses the file as JSON and gives"
        " `{}` for any other, or the bare response with `json=False`.",
        ("gives",),
    ),
    "servers.files.download_file": Difference(
        "Gives `SignedUrl` instead of text, so that no log shows it: `.url.reveal()`. Takes the"
        " path as it is; a `%` is encoded as often as the panel decodes it.",
        ("gives",),
    ),
    "servers.files.get_upload_file_url": Difference(
        "Gives `SignedUrl` instead of text: `.url.reveal()`. `upload` sends the files.",
        ("gives",),
    ),
    "servers.files.write_file": Difference(
        "Sends `text/plain`, takes bytes too, and uploads an empty file where the node won't"
        " write it."
    ),
    "servers.files.compress_files": Difference(
        "Waits up to 15 minutes, and lets two archives of one folder not be made in the same"
        " second, in which they would ruin each other."
    ),
    "servers.files.decompress_file": Difference("Waits up to 15 minutes."),
    "servers.files.copy_file": Difference("Takes the path as it is: no URL encoding."),
    "servers.startup.list_variables": Difference(
        "Gives `Startup`: iterate it for the variables; images and start command beside them."
    ),
    "servers.startup.update_variable": Difference(
        "Numbers and switches are sent as text, since the panel refuses them otherwise."
    ),
    "servers.settings.rename_server": Difference(
        "Without a description both leave it alone; `set_description` changes it alone."
    ),
    "servers.users.create_user": Difference(
        "`username` is taken and not sent: no panel reads it.", ("sends",)
    ),
}
