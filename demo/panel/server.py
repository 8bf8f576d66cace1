"""A game server as the panel knows it, with handles for tests to move it about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from demo.panel.filesystem import FileSystem
from demo.panel.game import Lobby
from demo.panel.records import (
    LONG_AGO,
    Allocation,
    Backup,
    Database,
    Egg,
    Schedule,
    Subuser,
    User,
)

if TYPE_CHECKING:
    from demo.panel.instance import Instance
    from demo.panel.node import Node

Status = Literal[
    "installing", "install_failed", "reinstall_failed", "suspended", "restoring_backup"
]
ProcessState = Literal["offline", "starting", "running", "stopping"]


@dataclass(eq=False)
class Server:
    """One server: its row in the panel, its files, and (while a panel runs) its instance."""

    id: int
    uuid: str
    name: str
    owner: User
    node: "Node"
    egg: Egg
    description: str = ""
    external_id: str | None = None
    memory_mib: int = 4096
    disk_mib: int = 10240
    cpu_percent: int = 200
    database_limit: int | None = 2
    allocation_limit: int | None = 3
    backup_limit: int | None = 3
    status: Status | None = None
    is_transferring: bool = False
    docker_image: str = ""
    values: dict[str, str | None] = field(default_factory=dict)
    allocations: list[Allocation] = field(default_factory=list)
    primary: Allocation = field(default_factory=lambda: Allocation(0, "127.0.0.1", 0))
    subusers: list[Subuser] = field(default_factory=list)
    backups: list[Backup] = field(default_factory=list)
    databases: list[Database] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    lobby: Lobby = field(default_factory=Lobby)
    first_state: ProcessState = "offline"
    boot_seconds: float = 6.0
    stop_seconds: float = 2.0
    crash_seconds: float = 0.3  # until the node notices
    backup_seconds: float = 3.0
    install_seconds: float = 4.0
    restore_seconds: float = 2.0
    chatter: bool = False
    crashes_on_start: bool = False
    fails_backups: bool = False
    fails_install: bool = False
    base_disk_bytes: int = 4_800_335
    memory_now_bytes: int | None = None
    cpu_now_percent: float | None = None
    """What it uses while it runs; None lets it waver as a game does."""
    created_at: datetime = LONG_AGO
    instance: "Instance | None" = None
    _files: FileSystem | None = None
    _templates: dict[str, str | bytes] = field(default_factory=dict)

    @property
    def identifier(self) -> str:
        return self.uuid[:8]

    @property
    def files(self) -> FileSystem:
        """Its files, made from the template on first use."""
        if self._files is None:
            self._files = FileSystem(LONG_AGO)
            for path, contents in self._templates.items():
                self._files.put(path, contents, LONG_AGO)
        return self._files

    def place(self, files: dict[str, str | bytes]) -> None:
        """What lies in its folders from the start."""
        self._templates = files

    @property
    def state(self) -> ProcessState:
        """What the process does, as the node knows it."""
        return self.instance.state if self.instance is not None else self.first_state

    @property
    def players(self) -> list[str]:
        """Who plays; tests may change the list."""
        return self.lobby.players

    def permissions_of(self, user: User) -> list[str] | None:
        """A subuser's rights; None for somebody who is none."""
        for subuser in self.subusers:
            if subuser.user is user:
                return subuser.permissions
        return None

    def set_state(self, state: str) -> None:
        """Put it into a state of the process or of the panel, without the way there.

        Args:
            state: `offline`, `running`; `normal`, `suspended`, `installing`, `install_failed`,
                `reinstall_failed`, `restoring`, `transferring`, `maintenance`.
        """
        match state:
            case "offline" | "running":
                if self.instance is None:
                    self.first_state = state
                else:
                    self.instance.jump(state)
            case "normal":
                self.status, self.is_transferring = None, False
                self.node.is_under_maintenance = False
            case "restoring":
                self.status = "restoring_backup"
            case "transferring":
                self.is_transferring = True
            case "maintenance":
                self.node.is_under_maintenance = True
            case "suspended":
                self.status = "suspended"
                if self.instance is not None:
                    self.instance.suspended()
            case "installing" | "install_failed" | "reinstall_failed":
                self.status = state
            case _:
                raise ValueError(f"no such state: {state}")

    def crash(self, code: int = 1, *, is_oom: bool = False) -> None:
        """Let the running game end badly."""
        self._running().crash(code, is_oom=is_oom)

    def line(self, text: str) -> None:
        """Let the game print one line."""
        self._running().printed(text)

    def lines(self, texts: Iterable[str]) -> None:
        """Let the game print many lines at once: a flood."""
        running = self._running()
        for text in texts:
            running.printed(text)

    def join(self, name: str) -> None:
        self._running().game().join(name)

    def leave(self, name: str) -> None:
        self._running().game().leave(name)

    def chat(self, name: str, text: str) -> None:
        self._running().game().chat(name, text)

    def _running(self) -> "Instance":
        if self.instance is None:
            raise RuntimeError("the simulated panel is not running")
        return self.instance
