"""What the panel tells, one frozen struct per object of the contract.

Unknown fields are tolerated; a field that only some versions have is `UNSET` (and false) where it
was left out, which is not the same as None. Moments are aware and keep the offset they came with.
"""

from bot.pterodactyl.models.account import (
    Account,
    ApiKey,
    NewApiKey,
    Permissions,
    RecoveryTokens,
    RightGroup,
    SshKey,
    TwoFactorSetup,
)
from bot.pterodactyl.models.activity import Activity, Actor
from bot.pterodactyl.models.backups import Backup, BackupList
from bot.pterodactyl.models.databases import Database, DatabaseHost
from bot.pterodactyl.models.envelope import Page, Pagination
from bot.pterodactyl.models.files import FileObject, SignedUrl
from bot.pterodactyl.models.network import Allocation
from bot.pterodactyl.models.schedules import Cron, Schedule, Task
from bot.pterodactyl.models.servers import (
    Egg,
    FeatureLimits,
    Limits,
    Resources,
    Server,
    SftpDetails,
    Stats,
    WebsocketCredentials,
)
from bot.pterodactyl.models.startup import Startup, Variable, VariableUpdate
from bot.pterodactyl.models.users import Subuser

__all__ = [
    "Account",
    "Activity",
    "Actor",
    "Allocation",
    "ApiKey",
    "Backup",
    "BackupList",
    "Cron",
    "Database",
    "DatabaseHost",
    "Egg",
    "FeatureLimits",
    "FileObject",
    "Limits",
    "NewApiKey",
    "Page",
    "Pagination",
    "Permissions",
    "RecoveryTokens",
    "Resources",
    "RightGroup",
    "Schedule",
    "Server",
    "SftpDetails",
    "SignedUrl",
    "SshKey",
    "Startup",
    "Stats",
    "Subuser",
    "Task",
    "TwoFactorSetup",
    "Variable",
    "VariableUpdate",
    "WebsocketCredentials",
]
