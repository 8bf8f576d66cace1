"""Which call a method and path name; unknown ones are answered before any key is looked at."""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from demo.panel.ask import Route
from demo.panel.refusal import Refusal

BASE: Final = "/api/client"


@dataclass
class _Step:
    names: "dict[str, _Step]" = field(default_factory=dict)
    any: "tuple[str, _Step] | None" = None
    routes: dict[str, Route] = field(default_factory=dict)


class Router:
    """All calls of one version of the panel."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._root = _Step()
        for route in routes:
            step = self._root
            for part in route.path.split("/") if route.path else []:
                if part.startswith("{"):
                    if step.any is None:
                        step.any = part[1:-1], _Step()
                    step = step.any[1]
                else:
                    step = step.names.setdefault(part, _Step())
            step.routes[route.method] = route

    def find(self, method: str, raw_path: str) -> tuple[Route | None, dict[str, str]]:
        """The call and the values in its path; None with the methods allowed for OPTIONS.

        Raises:
            Refusal: 404 or 405, without the headers of the budget.
        """
        path = raw_path.rstrip("/")
        args: dict[str, str] = {}
        step: _Step | None = self._root if path.startswith(BASE) else None
        for part in path.removeprefix(BASE).split("/")[1:]:
            if step is not None:
                step = self._next(step, unquote(part), args)
        if step is None or not step.routes:
            detail = f"The route {path.strip('/')} could not be found."
            raise Refusal(404, "NotFoundHttpException", detail, has_budget=False)
        allowed = [name for one in sorted(step.routes) for name in _with_head(one)]
        if method == "OPTIONS":
            return None, {"Allow": ",".join(allowed)}
        route = step.routes.get("GET" if method == "HEAD" else method)
        if route is None:
            raise Refusal(
                405,
                "MethodNotAllowedHttpException",
                f"The {method} method is not supported for route {path.strip('/')}."
                f" Supported methods: {', '.join(allowed)}.",
                headers={"Allow": ", ".join(allowed)},
                has_budget=False,
            )
        return route, args

    @staticmethod
    def _next(step: _Step, part: str, args: dict[str, str]) -> _Step | None:
        if part in step.names:
            return step.names[part]
        if step.any is None or not part:
            return None
        name, following = step.any
        args[name] = part
        return following


def _with_head(method: str) -> tuple[str, ...]:
    return ("GET", "HEAD") if method == "GET" else (method,)
