"""The panel's own error answers (contract: README.md, errors)."""

import uuid
from collections.abc import Iterable
from typing import Final

UNEXPECTED: Final = (
    "An unexpected error was encountered while processing this request, please try again."
)
NO_CONNECTION: Final = (
    "Could not establish a connection to the machine running this server. Please try again."
)


class Refusal(Exception):
    """An answer with an error body; raised wherever a check says no."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: dict[str, str] | None = None,
        has_budget: bool = True,
    ) -> None:
        super().__init__(detail)
        self.status: Final = status
        self.headers: Final = headers or {}
        self.has_budget: Final = has_budget  # whether the rate limit's headers go with it
        self.errors: list[dict[str, object]] = [
            {"code": code, "status": str(status), "detail": detail}
        ]


class Invalid(Refusal):
    """422, one entry for each broken rule: (field, rule, text)."""

    def __init__(self, broken: Iterable[tuple[str, str, str]]) -> None:
        super().__init__(422, "ValidationException", "")
        self.errors = [
            {
                "code": "ValidationException",
                "status": "422",
                "detail": text,
                "meta": {"source_field": field, "rule": rule},
            }
            for field, rule, text in broken
        ]


def unauthenticated() -> Refusal:
    return Refusal(401, "AuthenticationException", "Unauthenticated.", has_budget=False)


def unknown(*, has_budget: bool = False) -> Refusal:
    """404 of a lookup in the path."""
    detail = "The requested resource could not be found on the server."
    return Refusal(404, "NotFoundHttpException", detail, has_budget=has_budget)


def foreign() -> Refusal:
    """404 for a server one has no access to."""
    detail = "The requested resource does not exist on this server."
    return Refusal(404, "NotFoundHttpException", detail)


def of_another_server() -> Refusal:
    detail = "The requested resource was not found for this server."
    return Refusal(404, "NotFoundHttpException", detail)


def unauthorized() -> Refusal:
    return Refusal(403, "AccessDeniedHttpException", "This action is unauthorized.")


def forbidden(detail: str) -> Refusal:
    return Refusal(403, "HttpForbiddenException", detail)


def bad_request(detail: str) -> Refusal:
    return Refusal(400, "BadRequestHttpException", detail)


def display(detail: str) -> Refusal:
    return Refusal(400, "DisplayException", detail)


def bug(code: str) -> Refusal:
    """500: the panel's own trouble, always with the same neutral text."""
    return Refusal(500, code, UNEXPECTED)


def too_many(retry_after: int, reset: int, limit: int) -> Refusal:
    """429 of a request budget."""
    return Refusal(
        429,
        "ThrottleRequestsException",
        "Too Many Attempts.",
        headers={
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": "0",
            "Retry-After": str(retry_after),
            "X-RateLimit-Reset": str(reset),
        },
        has_budget=False,
    )


def no_connection() -> Refusal:
    """504: the node can't be reached, or did not answer in time."""
    return Refusal(504, "DaemonConnectionException", NO_CONNECTION)


def node_said(status: int, message: str = "", *, has_id: bool = True) -> Refusal:
    """The node answered with an error: below 500 its message comes through."""
    request_id = str(uuid.uuid4()) if has_id else ""
    if status < 500 and message:
        detail = f"An error occurred on the remote host: {message}. (request id: {request_id})"
    else:
        detail = (
            "There was an error while communicating with the machine running this server. This"
            f" error has been logged, please try again. (code: {status}) (request_id: {request_id})"
        )
    return Refusal(status if status >= 400 else 502, "DaemonConnectionException", detail)


def node_trouble(status: int) -> Refusal:
    """504 with the node's own status in the text: what `resources` makes of every node error."""
    detail = (
        "There was an error while communicating with the machine running this server. This"
        f" error has been logged, please try again. (code: {status}) (request_id: )"
    )
    return Refusal(504, "DaemonConnectionException", detail)


def offline() -> Refusal:
    """502: a command to a server that is not running, or any 502 of the node there."""
    return Refusal(502, "HttpException", "Server must be online in order to send commands.")
