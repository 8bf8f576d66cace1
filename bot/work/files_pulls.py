"""Letting the node fetch a file from the web: judged before, watched until it is there."""

from typing import Final
from urllib.parse import unquote

import discord
from msgspec import Struct
from yarl import URL

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.posts.messages import Message
from bot.pterodactyl import AddressGuard, AddressRefused, Client, FileObject, NodeFailed, PanelError
from bot.texts import _
from bot.ui.confirm import Confirmations
from bot.ui.doors import Press, answer_of
from bot.ui.errors import Unfit
from bot.ui.files_cards import Showing, done_card
from bot.ui.files_paths import clean_name, crumbs, folder_of, join, name_of
from bot.ui.text import bold, code, size
from bot.work.consent_state import Deed
from bot.work.consents import Consents
from bot.work.files_calls import FileCalls, StillRunning
from bot.work.files_folders import Folders

LOOK_EVERY_SECONDS: Final = 3.0
APPEARS_SECONDS: Final = 30.0
"""What has begun by then is seen in the folder; what hasn't, failed without a word."""
FOLLOW_SECONDS: Final = 13 * 60.0
QUIET_LOOKS: Final = 3
"""So often of the same size is taken for whole: the node doesn't tell how much is to come."""
_PRIVATE_NAMES: Final = (
    ".localhost",
    ".local",
    ".lan",
    ".internal",
    ".home",
    ".home.arpa",
    ".test",
)
_GUARD: Final = AddressGuard(allow_http=True)


class Wanted(Struct, frozen=True):
    """What the node is to fetch, and where it puts it."""

    url: str
    path: str


def wanted(url: str, folder: str, name: str) -> Wanted:
    """Judge a typed URL; the node judges it again, but silently.

    Args:
        url: As typed.
        folder: An absolute path.
        name: What to call the file; empty takes the end of the URL.

    Raises:
        Unfit: No web address, one inside a private network, or no name can be told.
    """
    text = url.strip()
    try:
        target = URL(text)
        host = (target.host or "").rstrip(".").lower()
        port = target.port
    except ValueError:
        raise _no_url(url) from None
    if target.scheme not in ("http", "https") or not host or not port:
        raise _no_url(url)
    if len(text) > 2000 or any(c.isspace() for c in text):
        raise _no_url(url)
    try:
        _GUARD.check_url(target)
        is_private = "." not in host and ":" not in host
    except AddressRefused:
        is_private = True
    if is_private or host == "localhost" or host.endswith(_PRIVATE_NAMES):
        raise Unfit(
            _(
                "{url} is no address of the public web, and the node fetches from there alone. "
                "Send the file with `/files upload` instead.",
                url=code(text, 120),
            )
        )
    file_name = name or unquote(target.raw_path.rpartition("/")[2])
    if not file_name:
        raise Unfit(_("That address ends without a file's name. Give one with the `name` option."))
    return Wanted(text, join(folder, clean_name(file_name)))


class FilePulls:
    """Starts pulls and follows them in the folder, the only place that shows how they went."""

    def __init__(
        self,
        calls: FileCalls,
        folders: Folders,
        confirmations: Confirmations,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._folders = folders
        self._confirmations = confirmations
        self._consents = consents
        consents.carry_out_with("file-pull", self._pull_agreed, self._is_pulled)
        self._clock = clock

    async def ask_or_pull(self, press: Press, what: Wanted, showing: Showing) -> Message:
        """Begin; asks first where something would be replaced.

        Raises:
            Unfit: A folder has that name, or nothing came.
            PanelError: It was refused.
        """
        there = await self._folders.seek(press.admitted, what.path)
        if there is None:
            waits = await self._instead(press, what)
            return waits or await self._pulled(press, what, None, showing)
        if not there.is_file:
            raise Unfit(
                _(
                    "There is a folder {path} already. Give another `name`.",
                    path=code(what.path, 200),
                )
            )
        text = _(
            "There is a {path} already ({size}). Fetching {url} replaces it; the old one can't be "
            "brought back.",
            path=code(what.path, 200),
            size=size(there.size_bytes),
            url=code(what.url, 200),
        )
        return await self._confirmations.ask(
            press.admitted,
            "file-pull-now",
            text,
            label=_("Replace"),
            payload={"url": what.url, "path": what.path},
        )

    async def replace(self, press: Press, showing: Showing) -> Message:
        """The yes to a pull over something.

        Raises:
            Unfit: It was answered before; or as `ask_or_pull`.
            PanelError: It was refused.
        """
        asked = await self._confirmations.take(press, "file-pull-now")
        what = Wanted(str(asked.payload["url"]), str(asked.payload["path"]))
        waits = await self._instead(press, what)
        if waits is not None:
            return waits
        before = await self._folders.seek(press.admitted, what.path)
        return await self._pulled(press, what, before, showing)

    async def _instead(self, press: Press, what: Wanted) -> Message | None:
        return await self._consents.instead(
            press.interaction,
            press.admitted,
            "file-pull",
            {"url": what.url, "path": what.path},
            what=lambda: _(
                "fetch {url} to {path} on {server}",
                url=code(what.url, 200),
                path=code(what.path, 200),
                server=bold(press.admitted.server.name),
            ),
        )

    async def _pull_agreed(self, deed: Deed) -> str:
        what = Wanted(str(deed.payload["url"]), str(deed.payload["path"]))
        before = await self._folders.seek(deed.admitted, what.path)
        return await self._pull(None, deed.admitted, what, before)

    async def _is_pulled(self, _deed: Deed) -> bool | None:
        """A file of that name may be the old one."""
        return None

    async def _pulled(
        self, press: Press, what: Wanted, before: FileObject | None, showing: Showing
    ) -> Message:
        text = await self._pull(press.interaction, press.admitted, what, before)
        return done_card(showing, text, folder_of(what.path))

    async def _pull(
        self,
        interaction: discord.Interaction | None,
        admitted: Admitted,
        what: Wanted,
        before: FileObject | None,
    ) -> str:
        folder = folder_of(what.path)

        async def call(panel: Client) -> None:
            # in the background the node fails without a word; like this it has 15 s to say so
            await panel.servers.files.pull_file(
                admitted.server.uuid,
                what.url,
                folder,
                filename=name_of(what.path),
                foreground=True,
            )

        is_over = True
        try:
            await self._calls.make(admitted, f"{what.url} → {what.path}", call)
        except StillRunning:
            is_over = False
        except NodeFailed as error:
            if error.node_status == 500:
                raise Unfit(_failed(what)) from error
            is_over = False
        except PanelError as error:
            if not error.maybe_done:
                raise
            is_over = False
        finally:
            self._folders.forget(admitted.server, *crumbs(folder))
        if not is_over:
            told = _("The node is still fetching {url}. I'll say here what comes of it.",
                     url=code(what.url, 200))  # fmt: skip
            if interaction is not None:
                await answer_of(interaction).show(Message(told))
        found = await self._arrived(admitted, what, before, looks=QUIET_LOOKS if not is_over else 0)
        if found is None:
            raise Unfit(_failed(what))
        text = _("Fetched {path} to {server}, {size}.", path=code(what.path, 200),
                 server=bold(admitted.server.name), size=size(found.size_bytes))  # fmt: skip
        if not is_over:
            text += " " + _("It no longer grows, so it should be whole; the node doesn't tell.")
        return (
            text
            + "\n-# "
            + _("A panel lets the node fetch 10 files in 5 minutes, newer ones 5 in 10.")
        )

    async def _arrived(
        self, admitted: Admitted, what: Wanted, before: FileObject | None, *, looks: int
    ) -> FileObject | None:
        """The fetched file once it was the same at `looks` looks more; None when none comes."""
        began = self._clock.monotonic()
        seen, quiet = await self._fetched(admitted, what, before), 0
        while quiet < looks:
            waited = self._clock.monotonic() - began
            if waited > (APPEARS_SECONDS if seen is None else FOLLOW_SECONDS):
                break
            await self._clock.sleep(LOOK_EVERY_SECONDS)
            found = await self._fetched(admitted, what, before)
            is_same = found is not None and seen is not None and found.size_bytes == seen.size_bytes
            quiet = quiet + 1 if is_same else 0
            seen = found
        return seen

    async def _fetched(
        self, admitted: Admitted, what: Wanted, before: FileObject | None
    ) -> FileObject | None:
        found = await self._folders.seek(admitted, what.path)
        is_old = found is not None and before is not None and _stamp(found) == _stamp(before)
        return None if is_old else found


def _stamp(entry: FileObject) -> tuple[int, object, object]:
    return entry.size_bytes, entry.modified_at, entry.created_at


def _no_url(url: str) -> Unfit:
    return Unfit(
        _(
            "{url} is no web address that a node could fetch. It begins with https:// and names a "
            "file, without a name or password in it.",
            url=code(url, 120),
        )
    )


def _failed(what: Wanted) -> str:
    return _(
        "The node didn't fetch {url}, and doesn't say why. It follows no redirects, so give the "
        "final address; it wants a file whose length is announced; and it may be told not to "
        "fetch at all. `/files upload` works without it.",
        url=code(what.url, 200),
    )
