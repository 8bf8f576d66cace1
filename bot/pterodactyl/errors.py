"""What the panel client raises: the one tree that everything above it matches on.

    PanelError                     .maybe_done: may it have happened all the same?
    ├── Unreachable                nothing usable came back
    │   ├── PanelDown                refused, TLS, timed out, a gateway's 502/503/504, maintenance
    │   ├── NotThePanel              HTML or a redirect where the API's JSON belongs
    │   └── AddressRefused           the guard, or no usable address at all; never sent
    └── Refused                    the panel answered with an error of its own   .answer
        ├── KeyRejected              401: this key can't be used here
        │   ├── WrongKeyKind           an application key
        │   ├── IpNotAllowed           the key is tied to other addresses
        │   └── TwoFactorDemanded      the panel demands two-factor, the account has none
        ├── NotAllowed               403   .right where the contract knows it
        ├── NotFound                 404 of the panel
        ├── Conflict                 409   .state
        ├── Invalid                  422   .fields
        ├── Declined                 400, 413   .reason
        ├── Limited                  429   .retry_after .budget
        ├── ServerOffline            502 on a command
        ├── NodeFailed               the node said so, whatever the status   .node_status
        └── PanelBug                 500s and what fits nowhere   .reason

`refusal.py` chooses the class for an answer of 300 or more. A signed link's answers come from the
node in another form and have their own reader (transfers.py).
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from bot.pterodactyl.routes import CLIENT_BUDGET, Asked


class ConflictState(StrEnum):
    """Why a server's routes answer 409, in the order in which the panel looks."""

    SUSPENDED = "suspended"
    MAINTENANCE = "maintenance"
    INSTALLING = "installing"
    RESTORING = "restoring"
    TRANSFERRING = "transferring"


class Reason(StrEnum):
    """Which rule of the panel said no."""

    WRONG_PASSWORD = "wrong_password"  # noqa: S105  # a reason, not a password
    WRONG_CODE = "wrong_code"
    ALREADY_ON = "already_on"
    LOCKED = "locked"
    DUPLICATE = "duplicate"
    IS_OWNER = "is_owner"
    LIMIT_REACHED = "limit_reached"
    NO_ALLOCATION_LIMIT = "no_allocation_limit"
    IS_PRIMARY = "is_primary"
    FEATURE_OFF = "feature_off"
    NO_DATABASE_HOST = "no_database_host"
    NO_ALLOCATION_FREE = "no_allocation_free"
    BAD_CRON = "bad_cron"
    NO_TASKS = "no_tasks"
    BACKUP_UNFINISHED = "backup_unfinished"
    SERVER_BUSY = "server_busy"
    STORAGE_UNKNOWN = "storage_unknown"
    UNKNOWN_VARIABLE = "unknown_variable"
    READ_ONLY = "read_only"
    CUSTOM_IMAGE = "custom_image"
    TOO_LARGE = "too_large"
    BAD_QUERY = "bad_query"
    MALFORMED = "malformed"
    GRANTS_TOO_MUCH = "grants_too_much"
    UNDECODABLE = "undecodable"
    OTHER = "other"


class Answer(Struct, frozen=True):
    """What the panel said."""

    status: int  # 0 where the client itself refused, before anything was sent
    code: str  # the panel's exception class; "" where it gave none
    detail: str  # the panel's words, cut and without tokens: for the log, not for members
    request: Asked
    retry_after: float | None = None  # seconds, from the header


class FieldError(Struct, frozen=True):
    """One rule that one field of a request broke (contract: README.md, validation)."""

    field: str  # dotted path with indexes: "files.0.to"
    rule: str  # snake_case: "required", "max"; "" for the panel's hand-made checks
    detail: str


class PanelError(Exception):
    """Anything the client raises about a call."""

    def __init__(self, message: object, *, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.maybe_done = maybe_done
        """May it have happened all the same? Then look, don't repeat."""


class Unreachable(PanelError):
    """Nothing usable came back."""


class PanelDown(Unreachable):
    """Refused, TLS, broken off, timed out, a gateway's error or maintenance."""

    def __init__(
        self,
        message: object,
        *,
        maybe_done: bool = False,
        retry_after: float | None = None,
        is_maintenance: bool = False,
    ) -> None:
        super().__init__(message, maybe_done=maybe_done)
        self.retry_after = retry_after
        """Seconds, where the panel named them (maintenance does)."""
        self.is_maintenance = is_maintenance


class NotThePanel(Unreachable):
    """HTML or a redirect where the API's JSON belongs: a wrong URL, a challenge page."""


class AddressRefused(Unreachable):
    """The guard refused the address, or it is no usable address at all. Never sent."""

    def __init__(
        self, message: object, *, host: str = "", address: str = "", setting: str = ""
    ) -> None:
        super().__init__(message)
        self.host = host
        """The name asked for; "" where it was none."""
        self.address = address
        """The address it led to; "" where none was looked up."""
        self.setting = setting
        """The line with which the operator would allow it; "" where nothing does."""


class Refused(PanelError):
    """The panel answered with an error of its own."""

    def __init__(self, answer: Answer, *, maybe_done: bool = False) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.answer = answer

    @property
    def route_unknown(self) -> bool:
        """The panel has no such call at all: another version, or Pelican."""
        answer = self.answer
        is_route = answer.detail.startswith("The route ") and "could not be found" in answer.detail
        return answer.status == 405 or (answer.status == 404 and is_route)

    def __str__(self) -> str:
        answer = self.answer
        said = " ".join(filter(None, (str(answer.status), answer.code)))
        return f"{answer.request}: {said}: {answer.detail}"


class KeyRejected(Refused):
    """401, and its kinds: this key can't be used here. Whoever loops stops on it."""


class WrongKeyKind(KeyRejected):
    """An application key; the client API wants a key of the account (`ptlc_…`, `pacc_…`)."""


class IpNotAllowed(KeyRejected):
    """The key is tied to other addresses than the one the panel sees us from."""


class TwoFactorDemanded(KeyRejected):
    """The panel wants two-factor on this account before it lets the key do anything."""


class NotAllowed(Refused):
    """403: the account may not."""

    def __init__(
        self,
        answer: Answer,
        *,
        maybe_done: bool = False,
        right: str | None = None,
        reason: Reason | None = None,
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.right = right
        """The panel's permission key that is missing; None where the contract doesn't tell."""
        self.reason = reason
        """GRANTS_TOO_MUCH where a subuser was to get what the account itself lacks, else None."""


class NotFound(Refused):
    """404 of the panel: unknown, another server's, or not this account's to see."""


class Conflict(Refused):
    """409: the server's state forbids it."""

    @property
    def state(self) -> ConflictState | None:
        """Which state, as the text begins; None where it says something else: read the view."""
        for state, begins in _STATES.items():
            if self.answer.detail.startswith(begins):
                return state
        return None


class Invalid(Refused):
    """422: fields of the request broke the panel's rules."""

    def __init__(
        self, answer: Answer, *, maybe_done: bool = False, fields: tuple[FieldError, ...] = ()
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.fields = fields


class Declined(Refused):
    """400 or 413: a rule of the panel said no."""

    def __init__(
        self, answer: Answer, *, maybe_done: bool = False, reason: Reason = Reason.OTHER
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.reason = reason


class Limited(Refused):
    """429: too much of something; nothing was done."""

    def __init__(
        self, answer: Answer, *, maybe_done: bool = False, budget: str = CLIENT_BUDGET
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.budget = budget
        """`CLIENT_BUDGET`, or the route whose own small budget it is."""

    @property
    def retry_after(self) -> float:
        """Seconds to wait, from the header; 60 where a proxy in front dropped it."""
        return 60.0 if self.answer.retry_after is None else self.answer.retry_after


class ServerOffline(Refused):
    """502 on a command: the server is off, or the node in trouble; read the state."""


class NodeFailed(Refused):
    """The node said no, failed or was not there; the panel itself works."""

    def __init__(
        self, answer: Answer, *, maybe_done: bool = False, node_status: int | None = None
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.node_status = node_status
        """The node's own status; None where it didn't answer or the panel keeps it to itself."""

    @property
    def is_missing(self) -> bool:
        """The node has no such file or server. False may still mean so: real Wings says 500."""
        return self.node_status == 404 or self.answer.code == "FileNotFoundException"


class PanelBug(Refused):
    """500s, answers that don't decode, and what fits nowhere."""

    def __init__(
        self, answer: Answer, *, maybe_done: bool = False, reason: Reason | None = None
    ) -> None:
        super().__init__(answer, maybe_done=maybe_done)
        self.reason = reason
        """FEATURE_OFF, UNKNOWN_VARIABLE, UNDECODABLE where that much can be told, else None."""


_STATES: Final = {
    ConflictState.SUSPENDED: "This server is currently suspended",
    ConflictState.MAINTENANCE: "The node of this server is currently under maintenance",
    ConflictState.INSTALLING: "This server has not yet completed its installation",
    ConflictState.RESTORING: "This server is currently restoring from a backup",
    ConflictState.TRANSFERRING: "This server is currently being transferred",
}
