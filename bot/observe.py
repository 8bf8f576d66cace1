"""What an operator's monitoring asks: /healthz, and /metrics for Prometheus.

Labels take few values each: no guild, server or member is one.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

import structlog
from aiohttp import web
from msgspec import Struct, json
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

log = structlog.stdlib.get_logger(__name__)

HEARTBEAT_MAX_S: Final = 120.0
"""Discord asks for a heartbeat about every 41 s; without an answer for this long it is no link."""
_COMMAND_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 35)
_PANEL_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30)

CommandOutcome = Literal["answered", "refused", "panel_error", "bug"]
PanelOutcome = Literal["answered", "refused", "limited", "unreachable"]
Loss = Literal["full_queue", "node"]
SendOutcome = Literal["done", "limited", "refused", "failed"]
AuditKind = Literal["intent", "result", "refusal", "change"]


class Metrics:
    """The numbers of one process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._commands = Histogram(
            "roost_command_seconds",
            "From the interaction to its answer, by command and outcome",
            ["command", "outcome"],
            buckets=_COMMAND_BUCKETS,
            registry=self.registry,
        )
        self._panel = Histogram(
            "roost_panel_request_seconds",
            "Requests to panels, by outcome",
            ["outcome"],
            buckets=_PANEL_BUCKETS,
            registry=self.registry,
        )
        self._audit = Counter(
            "roost_audit_entries", "Entries of the audit trail", ["kind"], registry=self.registry
        )
        self._dropped = Counter(
            "roost_console_dropped",
            "Console lines our queues dropped, and floods in which nodes dropped some",
            ["where"],
            registry=self.registry,
        )
        self._sent = Counter(
            "roost_sent",
            "Messages and edits given to Discord, by outcome; answers to interactions aside",
            ["outcome"],
            registry=self.registry,
        )
        self._sockets = Gauge(
            "roost_open_websockets", "Console connections to nodes", registry=self.registry
        )
        self._guilds = Gauge("roost_guilds", "Guilds the bot is in", registry=self.registry)
        self._tasks = Gauge("roost_tasks", "Tasks under way", registry=self.registry)
        self._requests = Gauge(
            "roost_panel_requests_under_way",
            "Panel requests sent and not yet answered",
            registry=self.registry,
        )

    def command_done(self, command: str, outcome: CommandOutcome, seconds: float) -> None:
        """Count an interaction; `command` is its name in the tree, or the verb of a component."""
        self._commands.labels(command, outcome).observe(seconds)

    def panel_answered(self, outcome: PanelOutcome, seconds: float) -> None:
        """Count a request to a panel."""
        self._panel.labels(outcome).observe(seconds)

    def audit_written(self, kind: AuditKind) -> None:
        """Count an entry of the audit trail."""
        self._audit.labels(kind).inc()

    def lines_dropped(self, where: Loss, count: int = 1) -> None:
        """Count console lines lost in our queues, or a flood in which the node dropped some."""
        self._dropped.labels(where).inc(count)

    def sent(self, outcome: SendOutcome) -> None:
        """Count a message or an edit given to Discord."""
        self._sent.labels(outcome).inc()

    def watch(
        self,
        *,
        guilds: Callable[[], int],
        sockets: Callable[[], int],
        tasks: Callable[[], int],
        requests: Callable[[], int],
    ) -> None:
        """Say where the numbers are read that have a value at every moment."""
        self._guilds.set_function(guilds)
        self._sockets.set_function(sockets)
        self._tasks.set_function(tasks)
        self._requests.set_function(requests)

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


class Health(Struct, frozen=True, kw_only=True):
    """What the bot needs to be of use."""

    gateway: bool
    """Connected to Discord and ready."""
    database: bool
    """The file answers."""
    heartbeat_age_s: float | None
    """Since Discord last acknowledged a heartbeat; None before the first."""

    @property
    def ok(self) -> bool:
        """Whether an orchestrator should leave the process alone."""
        fresh = self.heartbeat_age_s is None or self.heartbeat_age_s <= HEARTBEAT_MAX_S
        return self.gateway and self.database and fresh


class Observer:
    """The small HTTP server; made and closed by bot/app.py."""

    def __init__(self, metrics: Metrics, probe: Callable[[], Awaitable[Health]]) -> None:
        self._metrics = metrics
        self._probe = probe
        self._runner: web.AppRunner | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port (0 lets the system choose one).

        Raises:
            OSError: The address can't be had.
        """
        app = web.Application()
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/metrics", self._show_metrics)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        bound: int = self._runner.addresses[0][1]
        log.info("observable", host=host, port=bound)
        return bound

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        health = await self._probe()
        age = health.heartbeat_age_s
        told = {
            "ok": health.ok,
            "gateway": health.gateway,
            "database": health.database,
            "heartbeat_age_s": None if age is None else round(age, 1),
        }
        return web.Response(
            body=json.encode(told),
            status=200 if health.ok else 503,
            content_type="application/json",
        )

    async def _show_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
