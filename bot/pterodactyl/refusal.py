"""Reads what the panel says when it says no, and chooses the error to raise for it.

Tables, not ladders: a new code or text of a panel is a new row (contract: README.md, errors).
"""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from bot.pterodactyl.errors import (
    Answer,
    Conflict,
    Declined,
    FieldError,
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
    Refused,
    ServerOffline,
    TwoFactorDemanded,
    WrongKeyKind,
)
from bot.pterodactyl.routes import RIGHTS, Asked, budget_of

DETAIL_CHARACTERS: Final = 500
"""No more of a panel's own words is kept: a hostile panel may send megabytes."""

_S: Final = "servers/{server}"
NODE_CODES: Final = frozenset(
    {
        "DaemonConnectionException",
        # Pelican (contract: pelican.md, errors and states)
        "ConnectionException",
        "RequestException",
        "FileNotFoundException",
        "FileNotEditableException",
        "FileExistsException",
    }
)
"""The node said so, whatever the status."""

_REASONS: Final = {
    "InvalidPasswordProvidedException": Reason.WRONG_PASSWORD,
    "TwoFactorAuthenticationTokenInvalid": Reason.WRONG_CODE,
    "TooManyBackupsException": Reason.LIMIT_REACHED,
    "TooManyDatabasesException": Reason.LIMIT_REACHED,
    "ServiceLimitExceededException": Reason.LIMIT_REACHED,
    "BackupLockedException": Reason.LOCKED,
    "DuplicateDatabaseNameException": Reason.DUPLICATE,
    "ServerSubuserExistsException": Reason.DUPLICATE,
    "UserIsServerOwnerException": Reason.IS_OWNER,
    "NoSuitableDatabaseHostException": Reason.NO_DATABASE_HOST,
    "AutoAllocationNotEnabledException": Reason.FEATURE_OFF,
    "NoAutoAllocationSpaceAvailableException": Reason.NO_ALLOCATION_FREE,
    "FileSizeTooLargeException": Reason.TOO_LARGE,
    "PostTooLargeException": Reason.TOO_LARGE,
    "InvalidFilterQuery": Reason.BAD_QUERY,
    "InvalidSortQuery": Reason.BAD_QUERY,
}

# Plain codes say nothing by themselves: code, request, what the text holds; the first row wins.
_BAD_REQUEST: Final = "BadRequestHttpException"
_DISPLAY: Final = "DisplayException"
_MALFORMED: Final = "The JSON data passed in the request"
_REASONS_BY_ROUTE: Final = (
    (_BAD_REQUEST, "GET account/two-factor", "", Reason.ALREADY_ON),
    (_BAD_REQUEST, "POST account/two-factor", "password", Reason.WRONG_PASSWORD),
    (_BAD_REQUEST, "POST account/two-factor/disable", "password", Reason.WRONG_PASSWORD),
    (_BAD_REQUEST, "DELETE account/two-factor", "password", Reason.WRONG_PASSWORD),
    (_BAD_REQUEST, f"PUT {_S}/startup/variable", "read-only", Reason.READ_ONLY),
    (_BAD_REQUEST, f"PUT {_S}/startup/variable", "does not exist", Reason.UNKNOWN_VARIABLE),
    (_BAD_REQUEST, f"PUT {_S}/settings/docker-image", "manually set", Reason.CUSTOM_IMAGE),
    (_BAD_REQUEST, f"POST {_S}/backups/{{backup}}/restore", "not comp", Reason.BACKUP_UNFINISHED),
    (_BAD_REQUEST, f"POST {_S}/backups/{{backup}}/restore", "server", Reason.SERVER_BUSY),
    (_BAD_REQUEST, f"GET {_S}/backups/{{backup}}/download", "", Reason.STORAGE_UNKNOWN),
    (_DISPLAY, f"POST {_S}/network/allocations", "limit", Reason.LIMIT_REACHED),
    (_DISPLAY, f"DELETE {_S}/network/allocations/{{allocation}}", "no allocation limit",
     Reason.NO_ALLOCATION_LIMIT),
    (_DISPLAY, f"DELETE {_S}/network/allocations/{{allocation}}", "primary", Reason.IS_PRIMARY),
    (_DISPLAY, f"POST {_S}/schedules", "cron", Reason.BAD_CRON),
    (_DISPLAY, f"POST {_S}/schedules/{{schedule}}", "cron", Reason.BAD_CRON),
    (_DISPLAY, f"POST {_S}/schedules/{{schedule}}/execute", "no tasks", Reason.NO_TASKS),
    (_DISPLAY, "POST account/api-keys", "limit", Reason.LIMIT_REACHED),
)  # fmt: skip

_TOKENS: Final = re.compile(
    r"\b(?:ptl[ac]|pacc|papp)_[A-Za-z0-9]+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?i:bearer)\s+\S+"
)
_NODE_STATUS: Final = re.compile(r"\(code: (\d{3})\)")


def refusal(asked: Asked, status: int, headers: Mapping[str, str], body: bytes) -> PanelError:
    """Return the error to raise for an answer of 300 or more to `asked`.

    Pure: no I/O, no clock. The code is read before the status, since the node's errors come with
    any status; text only where code and route leave a choice.

    Args:
        asked: Method and path.
        status: HTTP status.
        headers: Looked up by lower-case names.
        body: As much of it as was read.
    """
    said = _said(body)
    if said is None:
        return _no_panel_error(asked, status, headers, body)
    first = said[0]
    answer = Answer(
        status=status,
        code=first.code,
        detail=scrub(first.detail),
        request=asked,
        retry_after=seconds(headers.get("retry-after")),
    )
    if first.code in NODE_CODES:
        return _node_failed(answer)
    if status == 422:
        return Invalid(answer, fields=_fields(said))
    return _by_status(answer, headers)


def seconds(header: str | None) -> float | None:
    """A `Retry-After` in seconds; None without one, and for a date, which needs a clock."""
    value = (header or "").strip()
    return float(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def scrub(text: str) -> str:
    """Cut foreign words to a bounded piece without keys and tokens, fit for a log line."""
    cut = _TOKENS.sub("[token]", text[: 2 * DETAIL_CHARACTERS])
    return " ".join(cut.split())[:DETAIL_CHARACTERS]


class _Meta(Struct):
    source_field: str = ""
    rule: str = ""


class _Error(Struct):
    code: str = ""
    detail: str = ""
    meta: _Meta | None = None


class _Errors(Struct):
    errors: list[_Error]


_ERRORS: Final = Decoder(_Errors)


def _said(body: bytes) -> list[_Error] | None:
    """The panel's own errors; None where the body is nothing of the panel's."""
    try:
        return _ERRORS.decode(body).errors or None
    except (DecodeError, UnicodeDecodeError):
        return None


def _fields(said: list[_Error]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(
            field=scrub(error.meta.source_field) if error.meta else "",
            rule=scrub(error.meta.rule) if error.meta else "",
            detail=scrub(error.detail),
        )
        for error in said
    )


def _node_failed(answer: Answer) -> NodeFailed:
    code = _NODE_STATUS.search(answer.detail)
    node_status: int | None = None
    if code:
        node_status = int(code[1])
    elif answer.detail.startswith("An error occurred on the remote host"):
        node_status = answer.status
    known_undone = answer.code.startswith("File") or answer.status < 500
    asked = answer.request
    return NodeFailed(
        answer,
        maybe_done=not asked.is_read and (asked.is_partial or not known_undone),
        node_status=node_status,
    )


def _by_status(answer: Answer, headers: Mapping[str, str]) -> PanelError:
    asked, status = answer.request, answer.status
    unsure = not asked.is_read
    match status:
        case 401:
            return KeyRejected(answer)
        case 403:
            return _forbidden(answer)
        case 404:
            return NotFound(answer)
        case 409:
            return Conflict(answer)
        case 429:
            from_route = answer.code == "TooManyRequestsHttpException"
            return Limited(answer, budget=str(asked) if from_route else budget_of(asked, headers))
        case 400 | 413:
            return _declined(answer)
        case 502 if asked.segments[-1:] == ("command",) and answer.code == "HttpException":
            return ServerOffline(answer, maybe_done=unsure)
        case 503:
            # the panel looks at this before anything else, so it did not happen
            return PanelDown(answer.detail, retry_after=answer.retry_after, is_maintenance=True)
        case 502 | 504:
            return PanelDown(answer.detail, maybe_done=unsure, retry_after=answer.retry_after)
    return PanelBug(answer, maybe_done=unsure and status >= 500, reason=_bug_reason(answer))


def _forbidden(answer: Answer) -> Refused:
    if answer.code == "AccessDeniedHttpException":
        if "application API key" in answer.detail:
            return WrongKeyKind(answer)
        if answer.detail.startswith("This IP address"):
            return IpNotAllowed(answer)
    asked = answer.request
    if answer.code == "HttpForbiddenException" and "/users" in asked.route:
        return NotAllowed(answer, reason=Reason.GRANTS_TOO_MUCH)
    return NotAllowed(answer, right=asked.right or RIGHTS.get((asked.method, asked.route)))


def _declined(answer: Answer) -> Refused:
    if answer.code == "TwoFactorAuthRequiredException":
        return TwoFactorDemanded(answer)
    if answer.status == 413:
        return Declined(answer, reason=Reason.TOO_LARGE)
    if reason := _REASONS.get(answer.code):
        return Declined(answer, reason=reason)
    if answer.code == _BAD_REQUEST and answer.detail.startswith(_MALFORMED):
        return Declined(answer, reason=Reason.MALFORMED)
    for code, request, text, reason in _REASONS_BY_ROUTE:
        if code == answer.code and request == str(answer.request) and text in answer.detail:
            return Declined(answer, reason=reason)
    return Declined(answer)


def _bug_reason(answer: Answer) -> Reason | None:
    if answer.code == "DatabaseClientFeatureNotEnabledException":
        return Reason.FEATURE_OFF
    if answer.code == "ErrorException" and answer.request.route == f"{_S}/startup/variable":
        return Reason.UNKNOWN_VARIABLE  # the panel trips over a key it doesn't know
    return None


def _no_panel_error(
    asked: Asked, status: int, headers: Mapping[str, str], body: bytes
) -> PanelError:
    """An answer that is not the panel's own error: of a proxy, a web server, somebody else."""
    unsure = not asked.is_read
    kind = headers.get("content-type", "").partition(";")[0].strip()
    is_json = kind == "application/json" or body[:1] in {b"{", b"["}
    said = f"{status} {kind or 'without a content type'}"
    if 300 <= status < 400:
        return NotThePanel(f"{asked}: redirected ({said})")
    answer = Answer(
        status=status,
        code="",
        detail=said,
        request=asked,
        retry_after=seconds(headers.get("retry-after")),
    )
    if status in {413, 429} or (is_json and status in {400, 401, 403, 409}):
        return _by_status(answer, headers)
    if is_json and status == 422:
        return Invalid(answer)
    if status in {500, 505}:
        return PanelBug(answer, maybe_done=unsure)
    if status > 500:
        return PanelDown(f"{asked}: {said}", maybe_done=unsure, retry_after=answer.retry_after)
    return NotThePanel(f"{asked}: {said}", maybe_done=unsure)
