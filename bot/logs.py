"""One log for all: structlog and the libraries' own records, one line each, scrubbed of secrets.

Lines go to standard error, so that standard output belongs to commands that print a result.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog

from bot.secret import Secret

HIDDEN: Final = "[hidden]"
LONGEST_LINE: Final = 16_000
"""Characters; what is longer is some body that should not be here."""

# said by name only, so a field that holds a secret under another name is left to the patterns
_SECRET_FIELDS: Final = re.compile(
    r"(?i)(^|_)(tokens?|keys?|password|passwd|secret|authorization|cookie|signature|webhook)(_|$)"
)
_OPEN_FIELDS: Final = frozenset({"key_id", "old_key", "key_kind", "key_rights"})

_SECRETS: Final = (
    # keys of Pterodactyl and Pelican, account and application ones
    (re.compile(r"\b(ptl[a-z]|pacc|papp|peli|plcn)_[A-Za-z0-9]{6,}"), rf"\1_{HIDDEN}"),
    # JSON Web Tokens, whole or cut off
    (re.compile(r"\beyJ[\w-]{10,}(\.[\w-]*){0,2}"), HIDDEN),
    # Discord: bot tokens, then the token within addresses of webhooks and interactions
    (re.compile(r"(?<![\w-])[\w-]{18,30}\.[\w-]{6,7}\.[\w-]{20,}"), HIDDEN),
    (re.compile(r"((?:webhooks|interactions)/\d{5,22}/)[\w-]{16,}"), rf"\1{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)(\s+)[\w.~+/=-]{16,}"), rf"\1\2{HIDDEN}"),
    # signed links of a node and of S3, and whatever else is called so in an address or a form
    (
        re.compile(
            r"(?i)\b((?:access_|refresh_|csrf-?)?token|signature|sig|password|passwd|secret|api_?key"
            r"|x-amz-[a-z-]+)=(?!\[hidden\])[^\s&\"'<>\\,;)\]}]+"
        ),
        rf"\1={HIDDEN}",
    ),
    # name and password before a host
    (re.compile(r"(://)[^\s/@:\"']*:[^\s/@\"']+@"), rf"\1{HIDDEN}@"),
)  # fmt: skip

_QUIET: Final = {  # what these say below is request bodies, statements, and every frame
    "discord": logging.INFO,
    "discord.gateway": logging.WARNING,
    "aiohttp.access": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


def scrub(text: str) -> str:
    """Take out everything that looks like a key, a token or a signed address."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def setup(
    *,
    level: Literal["debug", "info", "warning", "error"] = "info",
    form: Literal["console", "json"] = "console",
    stream: TextIO | None = None,
) -> None:
    """Send every record of the process to `stream` (standard error); again replaces the first."""
    stream = stream if stream is not None else sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderer: structlog.typing.Processor
    if form == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        renderer = structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    formatter = _Scrubbed(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,  # plain text: without the frames' variables
            structlog.processors.StackInfoRenderer(),
            _hide_fields,
            renderer,
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [h for h in root.handlers if isinstance(h.formatter, _Scrubbed)]:
        root.removeHandler(old)
    root.addHandler(handler)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    root.setLevel(threshold)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, threshold))


def log_uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    """A `sys.excepthook` that logs what ends the process, scrubbed as everything else."""
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.stdlib.get_logger(__name__).critical(
        "ended by an error of our own", exc_info=(kind, error, traceback)
    )


class _Scrubbed(structlog.stdlib.ProcessorFormatter):
    """Scrubs the finished line: message, fields and traceback alike."""

    def format(self, record: logging.LogRecord) -> str:
        line = scrub(super().format(record))
        return line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} [cut]"


def _hide_fields(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        hides = _SECRET_FIELDS.search(name) is not None and name not in _OPEN_FIELDS
        if isinstance(value, Secret) or (hides and isinstance(value, str | bytes)):
            event[name] = HIDDEN
        elif isinstance(value, str) and len(value) > LONGEST_LINE // 2:
            event[name] = f"{value[: LONGEST_LINE // 2]} [cut]"
    return event
