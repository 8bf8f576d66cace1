"""Words for what went wrong: what it is, what it means, and the next step."""

from bot.access.conditions import NotNow
from bot.access.consent import Consent, NeedsConsent
from bot.access.gate import NoSuchServer, SeveralServers
from bot.access.pace import TooFast
from bot.access.reach import BeyondOwnGrants, BoundYourself, RoleAboveYours
from bot.access.recipes import BadArgument, BrokenTemplate
from bot.pterodactyl.errors import (
    AddressRefused,
    Conflict,
    ConflictState,
    Declined,
    Invalid,
    IpNotAllowed,
    KeyRejected,
    Limited,
    NodeFailed,
    NotAllowed,
    NotFound,
    NotThePanel,
    PanelBug,
    PanelDown,
    PanelError,
    Reason,
    ServerOffline,
    TwoFactorDemanded,
    WrongKeyKind,
)
from bot.texts import _
from bot.ui.doors import OutsideGuild, UnknownDoor
from bot.ui.policy_words import unmet_words
from bot.ui.recipe_words import recipe_words
from bot.ui.text import bold, code, duration, plain


class Unfit(Exception):
    """An input that can't be used; the text is the sentence and the next step, for the member."""


def panel_words(error: PanelError, *, panel: str, server: str | None) -> str:
    """Say a panel's error in the member's terms. `panel` and `server` are bare names."""
    said = panel_cause(error, panel=panel, server=server)
    if error.maybe_done:
        return f"{said} " + _(
            "It may have happened all the same. Look before you try again: `/server info` shows it."
        )
    return f"{said} " + _("Nothing was changed.")


def panel_cause(error: PanelError, *, panel: str, server: str | None) -> str:
    """The same without what it means for what was asked, where the sentence before says that."""
    where = bold(server) if server else _("the server")
    host = bold(panel)
    return (
        _reachable_words(error, host)
        or _key_words(error, host)
        or _refused_words(error, host, where)
    )


def _reachable_words(error: PanelError, host: str) -> str | None:
    match error:
        case AddressRefused():
            said = _("The address of the panel {panel} may not be dialled.", panel=host)
            if error.setting:
                said += " " + _(
                    "The operator of this bot can allow it with {setting}.",
                    setting=code(error.setting, 200),
                )
            return said
        case PanelDown(is_maintenance=True):
            return _("The panel {panel} is in maintenance. Try again later.", panel=host)
        case PanelDown():
            return _("The panel {panel} doesn't answer. Try again in a few minutes.", panel=host)
        case NotThePanel():
            return _(
                "Something else than the panel answers at the address of {panel}: a wrong URL, or "
                "a protection page in front of it. An admin can check it with `/panel test`.",
                panel=host,
            )
        case NodeFailed():
            return _("The node of this server is in trouble; the panel {panel} works.", panel=host)
    return None


def _key_words(error: PanelError, host: str) -> str | None:
    match error:
        case WrongKeyKind():
            return _(
                "That is an application key. Roost needs a key of an account: on the panel, open "
                "your account, then **API Credentials**, and make one there (`ptlc_…`)."
            )
        case IpNotAllowed():
            return _(
                "The panel {panel} refuses our key from this address. Clear the key's **Allowed "
                "IPs** on the panel, or add this bot's address there.",
                panel=host,
            )
        case TwoFactorDemanded():
            return _(
                "The panel {panel} demands two-factor sign-in, and the account of the key has "
                "none. Switch it on on the panel, then try again.",
                panel=host,
            )
        case KeyRejected() if error.answer.status == 0:
            return _(
                "That is no key: it is empty, or has blanks, line breaks or foreign letters "
                "inside. Copy it once more, in one piece."
            )
        case KeyRejected():
            return _(
                "The panel {panel} no longer accepts the connected key. An admin can connect a "
                "new one with `/panel remove` and `/panel add`.",
                panel=host,
            )
    return None


def _refused_words(error: PanelError, host: str, where: str) -> str:
    match error:
        case NotAllowed():
            right = _(" ({right})", right=code(error.right)) if error.right else ""
            return _(
                "The panel {panel} doesn't let the connected account do that on {server}{right}.",
                panel=host,
                server=where,
                right=right,
            )
        case NotFound():
            return _(
                "The panel {panel} knows no such thing any more. It may have been deleted, or the "
                "connected account may no longer see it.",
                panel=host,
            )
        case Conflict():
            return conflict_words(error.state, where)
        case Limited():
            return _(
                "The panel {panel} has had too many requests. Try again in {time}.",
                panel=host,
                time=duration(error.retry_after),
            )
        case ServerOffline():
            return _("{server} isn't running, so it can't take commands.", server=where)
        case Invalid():
            said = "; ".join(plain(f"{f.field}: {f.detail}", 120) for f in error.fields[:3])
            return _("The panel didn't take that: {said}.", said=code(said, 300))
        case Declined():
            return _declined_words(error)
        case PanelBug(reason=Reason.FEATURE_OFF):
            return _("The panel {panel} has this switched off.", panel=host)
        case PanelBug():
            return _(
                "The panel {panel} broke over this; its own log says why. Trying again seldom "
                "helps; tell who runs the panel.",
                panel=host,
            )
    return _("The panel {panel} gave an answer that makes no sense.", panel=host)


def conflict_words(state: ConflictState | None, where: str) -> str:
    """Why a server's state forbids everything just now."""
    match state:
        case ConflictState.SUSPENDED:
            return _("{server} is suspended. Who runs the panel can lift that.", server=where)
        case ConflictState.MAINTENANCE:
            return _("The node of {server} is in maintenance. Try again later.", server=where)
        case ConflictState.INSTALLING:
            return _(
                "{server} is being installed, or its installation failed. Wait for it to end.",
                server=where,
            )
        case ConflictState.RESTORING:
            return _("{server} is being restored from a backup. Wait for it to end.", server=where)
        case ConflictState.TRANSFERRING:
            return _("{server} is moving to another node. Wait for it to end.", server=where)
    return _("{server} is in a state that doesn't allow this just now.", server=where)


def _declined_words(error: Declined) -> str:
    said = _declined_account_words(error.reason) or _declined_server_words(error.reason)
    return said or _("The panel said no: {said}.", said=code(error.answer.detail, 200))


def _declined_account_words(reason: Reason) -> str | None:
    return {
        Reason.WRONG_PASSWORD: _("The panel says that this is not the account's password."),
        Reason.WRONG_CODE: _(
            "The panel says that this code is wrong. Codes change every 30 seconds."
        ),
        Reason.TOO_LARGE: _("That is too large for the panel."),
        Reason.LIMIT_REACHED: _("The panel's limit for this server is reached."),
        Reason.LOCKED: _("It is locked. Unlock it first."),
        Reason.DUPLICATE: _("There is one like that already."),
    }.get(reason)


def _declined_server_words(reason: Reason) -> str | None:
    return {
        Reason.BACKUP_UNFINISHED: _("The backup is still being made. Wait for its end."),
        Reason.SERVER_BUSY: _("The panel is at work on the server. Wait for that to end."),
        Reason.NO_DATABASE_HOST: _(
            "The panel has no place for databases of this server. Who runs it can add one."
        ),
        Reason.NO_ALLOCATION_FREE: _(
            "The node has no free port left for this. Who runs the panel can add some."
        ),
        Reason.FEATURE_OFF: _("The panel has this switched off. Who runs it can switch it on."),
        Reason.IS_PRIMARY: _("It is the primary address. Make another one primary first."),
        Reason.NO_ALLOCATION_LIMIT: _(
            "The panel sets no number of addresses for this server, and then takes none back."
        ),
        Reason.READ_ONLY: _("It is read-only: only who runs the panel can change it."),
        Reason.UNKNOWN_VARIABLE: _("The server has no such variable, or the panel hides it."),
        Reason.CUSTOM_IMAGE: _(
            "Who runs the panel set the image by hand, and nobody else may change that."
        ),
    }.get(reason)


def door_words(error: BaseException) -> str | None:
    """Say what is wrong with how somebody came in; None where it is none of these."""
    match error:
        case Unfit():
            return str(error)
        case NotNow() | NeedsConsent():
            return _consent_words(error)
        case RoleAboveYours() | BoundYourself() | BeyondOwnGrants():
            return _ruling_words(error)
        case BrokenTemplate() | BadArgument():
            return recipe_words(error)
        case TooFast():
            return _(
                "That was a lot in a short time. Go on in {time}.",
                time=duration(error.wait_seconds),
            )
        case OutsideGuild():
            return _("This works in a server only, not in a private chat.")
        case UnknownDoor():
            return _(
                "I don't know this button or form any more: it is from an older version of me. "
                "Run the command again for a fresh one."
            )
        case NoSuchServer(text=""):
            return _(
                "Which server? Name it with the `server` option; `/server list` shows the ones "
                "you may see."
            )
        case NoSuchServer():
            return _(
                "I found no server {text}. `/server list` shows the ones you may see.",
                text=code(error.text, 60),
            )
        case SeveralServers():
            some = ", ".join(f"{bold(s.name)} ({code(s.identifier)})" for s in error.servers[:8])
            return _("Which one do you mean: {servers}? Pick it from the list.", servers=some)
    return None


def _consent_words(error: NotNow | NeedsConsent) -> str:
    match error:
        case NotNow():
            return unmet_words(error.met, error.server) + " " + _("Nothing was done.")
        case NeedsConsent(consent=Consent.SECOND_PERSON):
            return _(
                "In this guild a second member has to agree to that, and from here nobody can be "
                "asked. Nothing was done; use the command itself."
            )
    return _(
        "Here you may only ask for that, and others decide. Nothing was done; ask with the "
        "`/power` command."
    )


def _ruling_words(error: RoleAboveYours | BoundYourself | BeyondOwnGrants) -> str:
    match error:
        case RoleAboveYours():
            return _(
                "That role stands at or above your own highest one, so its rules are not yours to "
                "change. Ask somebody above it."
            )
        case BoundYourself():
            return _(
                "Those console rules bind you too, so loosening them is not yours. Ask somebody "
                "with *Manage Server*."
            )
    return _(
        "You can give and take only what you hold yourself, and for as long: {right} is not among "
        "it here.",
        right=code(error.right),
    )
