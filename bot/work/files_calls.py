"""One changing call about files: noted, followed past the interaction, its node's no in words."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.clock import Clock
from bot.pterodactyl import Client, NodeFailed, PanelError
from bot.supervisor import Supervisor
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

T = TypeVar("T")

ANSWER_SECONDS: Final = 14 * 60.0
"""How long an answer can be waited for: its token dies after 15 minutes."""


class StillRunning(Exception):
    """The answer's time is nearly over; the call goes on without it."""


class FileCalls:
    """Makes changing calls; each is shielded, so that it ends even when nobody waits for it."""

    def __init__(self, acting: Acting, supervisor: Supervisor, clock: Clock) -> None:
        self._acting = acting
        self._supervisor = supervisor
        self._clock = clock

    async def make(
        self, admitted: Admitted, detail: str, call: Callable[[Client], Awaitable[T]]
    ) -> T:
        """Act once, between the audit's intent and its result.

        Args:
            admitted: Who, where.
            detail: What exactly, for the audit.
            call: The call on the panel's client.

        Raises:
            StillRunning: It takes longer than an answer lives.
            Unfit: The node's no, where it can be said better than in general.
            PanelError: Any other.
        """

        async def work() -> T:
            async with self._acting(admitted, detail=detail) as panel:
                return await call(panel)

        task = self._supervisor.run(f"files {admitted.reference}", work())
        try:
            async with self._clock.timeout(ANSWER_SECONDS):
                return await task
        except TimeoutError:
            raise StillRunning(detail) from None
        except NodeFailed as error:
            said = None if error.maybe_done else refused_words(error)
            if said is None:
                raise
            raise Unfit(said) from error

    async def settle(
        self,
        admitted: Admitted,
        detail: str,
        call: Callable[[Client], Awaitable[T]],
        is_done: Callable[[], Awaitable[bool]],
    ) -> None:
        """The same for a change that can be looked up: an unknown outcome is looked up.

        Raises:
            Unfit: It did not happen.
            StillRunning, PanelError: As `make`; also when looking it up fails.
        """
        try:
            await self.make(admitted, detail, call)
        except PanelError as error:
            if not error.maybe_done:
                raise
            try:
                has_happened = await is_done()
            except PanelError:
                raise error from None
            if not has_happened:
                raise Unfit(_not_happened()) from error
        else:
            if not await is_done():
                raise Unfit(_not_happened())


def refused_words(error: NodeFailed) -> str | None:
    """What the node's no means; None where the general words say it as well."""
    said = error.answer.detail
    if "denylist" in said or error.node_status == 403:
        return _(
            "This kind of server forbids changing that file from outside. Who runs the panel "
            "decides that in the egg. Nothing was changed."
        )
    if "disk space" in said:
        return _("The server's disk is full. Delete something first; nothing was changed.")
    if error.node_status == 400:
        return _("The node said no: {said}. Nothing was changed.", said=code(said, 200))
    return None


def _not_happened() -> str:
    return _(
        "I looked: it did not happen. The node didn't do it, and doesn't say why. "
        "You can try again."
    )
