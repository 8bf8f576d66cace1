"""A server as the panel shows it, its load, and the way to its console (contract: servers.md)."""

from msgspec import UNSET, Struct, UnsetType, field

from bot.pterodactyl.errors import ConflictState
from bot.pterodactyl.models.envelope import Many, One
from bot.pterodactyl.models.network import Allocation
from bot.pterodactyl.models.startup import Variable
from bot.pterodactyl.models.users import Subuser
from bot.secret import Secret


class SftpDetails(Struct, frozen=True, kw_only=True):
    ip: str  # the node's host name or address
    port: int
    alias: str | UnsetType | None = UNSET  # Pelican


class Limits(Struct, frozen=True, kw_only=True):
    """What the server may use."""

    memory_mib: int = field(name="memory")  # 0: unlimited
    swap_mib: int = field(name="swap")  # 0: none, -1: unlimited
    disk_mib: int = field(name="disk")  # 0: unlimited
    io_weight: int = field(name="io")  # 10..1000
    cpu_percent: int = field(name="cpu")  # 100 is one core; 0: unlimited
    threads: str | None = None  # CPU set as "0,2-3"; None: any
    oom_disabled: bool | UnsetType = UNSET
    oom_killer: bool | UnsetType = UNSET  # Pelican


class FeatureLimits(Struct, frozen=True, kw_only=True):
    """How many of each the account may make."""

    databases: int | None  # None: unlimited, 0: none
    allocations: int | None  # None and 0: none
    backups: int | None  # None and 0: none


class Egg(Struct, frozen=True, kw_only=True):
    uuid: str
    name: str


class ServerRelations(Struct, frozen=True, kw_only=True):
    allocations: Many[Allocation] = Many(data=())
    variables: Many[Variable] | UnsetType = UNSET
    egg: One[Egg] | UnsetType = UNSET
    subusers: Many[Subuser] | UnsetType = UNSET


class ServerMeta(Struct, frozen=True, kw_only=True):
    is_server_owner: bool
    user_permissions: tuple[str, ...]


class Server(Struct, frozen=True, kw_only=True):
    """A server. Whether its game runs is not in here: see `Stats`, or the console.

    `repr` leaves out the start command and the variables, which may hold passwords.
    """

    identifier: str  # the uuid's first 8 characters
    uuid: str
    internal_id: int  # of no use in calls
    name: str
    node: str  # its name
    server_owner: bool  # the account owns it
    sftp_details: SftpDetails
    limits: Limits
    feature_limits: FeatureLimits
    invocation: str  # start command; `[hidden]` for values the account may not see
    docker_image: str
    egg_features: tuple[str, ...] | None
    status: str | None  # see `conflict`
    is_suspended: bool
    is_installing: bool  # also after a failed installation
    is_transferring: bool = False
    is_node_under_maintenance: bool = False  # since 1.11.0
    description: str | UnsetType | None = UNSET  # "" when unset; left out on some Pelican
    relationships: ServerRelations = ServerRelations()
    is_server_owner: bool | UnsetType = UNSET  # of get_server only
    user_permissions: tuple[str, ...] | UnsetType = UNSET  # of get_server only

    @property
    def conflict(self) -> ConflictState | None:
        """Which state makes the panel answer 409 to all but the view; the first that holds."""
        if self.is_suspended or self.status == "suspended":
            return ConflictState.SUSPENDED
        if self.is_node_under_maintenance:
            return ConflictState.MAINTENANCE
        if self.status in {"installing", "install_failed"}:
            return ConflictState.INSTALLING
        if self.status == "restoring_backup":
            return ConflictState.RESTORING
        return ConflictState.TRANSFERRING if self.is_transferring else None

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        """All, or only the primary one without `allocation.read`; () where Pelican has none."""
        return self.relationships.allocations.unwrapped() or ()

    @property
    def default_allocation(self) -> Allocation | None:
        return next((each for each in self.allocations if each.is_default), None)

    @property
    def variables(self) -> tuple[Variable, ...] | None:
        """None where the account may not see them."""
        related = self.relationships.variables
        return None if related is UNSET else related.unwrapped()

    @property
    def egg(self) -> Egg | None:
        """None where `include=["egg"]` was not asked."""
        related = self.relationships.egg
        return None if related is UNSET else related.attributes

    @property
    def subusers(self) -> tuple[Subuser, ...] | None:
        """None where `include=["subusers"]` was not asked, or the account may not see them."""
        related = self.relationships.subusers
        return None if related is UNSET else related.unwrapped()

    def may(self, right: str) -> bool | None:
        """Whether the account has a right here; None where only get_server could tell.

        Pelican writes `database.view-password` for `database.view_password`; both are known.
        """
        if self.user_permissions is UNSET:
            return True if self.server_owner else None
        wanted = right.replace("_", "-")
        return any(
            each in {"*", right} or each.replace("_", "-") == wanted
            for each in self.user_permissions
        )

    def __repr__(self) -> str:
        return f"Server(identifier={self.identifier!r}, name={self.name!r}, status={self.status!r})"


class ServerView(Struct, frozen=True):
    """The answer to get_server, as it comes."""

    attributes: Server
    meta: ServerMeta


class Resources(Struct, frozen=True, kw_only=True):
    """What a server uses; bytes here, while `Limits` counts MiB."""

    memory_bytes: int
    cpu_percent: float = field(name="cpu_absolute")  # of one core; may exceed 100
    disk_bytes: int  # the node's own cached reckoning
    network_rx_bytes: int  # since the container's start
    network_tx_bytes: int
    uptime_ms: int = field(name="uptime")  # 0 when offline


class Stats(Struct, frozen=True, kw_only=True):
    """A server's state and load, up to 20 s old: the panel caches it."""

    current_state: str  # "offline", "starting", "running", "stopping"; Pelican knows more
    is_suspended: bool
    resources: Resources


class WebsocketCredentials(Struct, frozen=True, kw_only=True):
    """The way to a server's console: the node's address and a token for 10 minutes."""

    token: Secret
    socket: str  # ws:// or wss://, on the node
