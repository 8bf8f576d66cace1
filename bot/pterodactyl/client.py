"""The panel client: `async with Client(url, key) as panel: await panel.servers.list_servers()`."""

from types import TracebackType
from typing import Final, Self

from bot.clock import SYSTEM, Clock
from bot.pterodactyl.account import AccountArea
from bot.pterodactyl.address import AddressGuard
from bot.pterodactyl.archives import Archives
from bot.pterodactyl.budget import Budget, Budgets
from bot.pterodactyl.dial import Network, parsed
from bot.pterodactyl.errors import AddressRefused, Answer, KeyRejected, WrongKeyKind
from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.routes import Asked
from bot.pterodactyl.servers import Servers
from bot.secret import Secret

APPLICATION_KEYS: Final = ("ptla_", "papp_")


class Client:
    """One panel with one key.

    Args:
        url: The panel's address as in a browser, without what follows its root; `/api/client` and
            slashes at the end are cut off.
        key: A client key (`ptlc_…`, on Pelican `pacc_…`); blanks around it are.
        network: Shared sockets and what they may dial; it is not closed here. None makes an own
            one that dials everything but a cloud's metadata service, over http too.
        budgets: Shared with the other clients of this process, so that keys of one account share
            its requests; None counts for this client alone.
        account: `Account.account_id`, where it is known; else `get_account` finds out.
        archives: Shared with the other clients of this process, so that two of them never pack
            into one folder in the same second; None looks after this client alone.
        clock: By which every limit and wait is measured.

    Raises:
        AddressRefused: Not an address, not http(s), or the guard's no.
        WrongKeyKind: An application key. Nothing was sent.
        KeyRejected: Empty, or with blanks, line breaks or foreign letters inside. Nothing was sent.
    """

    url: str = ""
    """The panel's address, without a slash at its end."""

    def __init__(
        self,
        url: str,
        key: str | Secret,
        *,
        network: Network | None = None,
        budgets: Budgets | None = None,
        account: str | None = None,
        archives: Archives | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        key = Secret(key) if isinstance(key, str) else key
        key = checked_key(key)
        self._own_network: Network | None = None
        if network is None:
            network = self._own_network = Network(AddressGuard.open(), clock=clock)
        http = PanelHttp(
            panel_root(url, network),
            key,
            network=network,
            budgets=budgets or Budgets(clock),
            account=account,
            clock=clock,
        )
        self._open(http, archives or Archives(clock))

    @property
    def budget(self) -> Budget:
        """What is known of the account's requests."""
        return self._http.budget

    @property
    def background(self) -> "Client":
        """The same client for work nobody waits for.

        Its calls leave a reserve of the budget to the others, go after them, and are not repeated
        when they fail: who loops tries again by itself.
        """
        return self._view(self._http.background())

    def patient(self, wait_seconds: float) -> "Client":
        """The same client, whose calls raise Limited rather than wait longer for the budget."""
        return self._view(self._http.patient(wait_seconds))

    async def close(self) -> None:
        """Close the connections, unless the network was handed in."""
        if self._own_network is not None:
            await self._own_network.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _open(self, http: PanelHttp, archives: Archives) -> None:
        self.url = http.panel_url
        self._http = http
        self._archives = archives
        self.account = AccountArea(http)
        self.servers = Servers(http, archives)

    def _view(self, http: PanelHttp) -> "Client":
        view = object.__new__(Client)
        view._own_network = None
        view._open(http, self._archives)
        return view

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def __reduce__(self) -> str:
        raise TypeError("a Client holds a key and is not pickled")


def checked_key(key: Secret) -> Secret:
    """A key that may be sent: of the right kind, without anything that breaks a header.

    Raises:
        WrongKeyKind: An application key.
        KeyRejected: Empty, or with blanks, line breaks or foreign letters inside.
    """
    key = Secret(key.reveal().strip())
    if key.reveal().startswith(APPLICATION_KEYS):
        raise WrongKeyKind(_unsent("an application key; the client API wants a key of the account"))
    if not _is_header_word(key):
        raise KeyRejected(_unsent("the key is empty or has blanks or foreign letters inside"))
    return key


def _is_header_word(key: Secret) -> bool:
    value = key.reveal()
    return bool(value) and value.isascii() and value.isprintable() and " " not in value


def panel_root(url: str, network: Network) -> str:
    """The panel's address in one form, judged by the guard.

    Raises:
        AddressRefused: Not an address, not http(s), or the guard's no.
    """
    target = parsed(url.strip())
    if target.scheme not in {"http", "https"}:
        raise AddressRefused("a panel's address begins with https://")
    network.guard.check_url(target)
    path = target.path.rstrip("/").removesuffix("/api/client").rstrip("/")
    return str(target.with_path(path)).rstrip("/")


def _unsent(detail: str) -> Answer:
    return Answer(0, "", detail, Asked("GET", ("account",)))
