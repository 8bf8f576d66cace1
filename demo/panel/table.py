"""All calls of the client API, by version of the panel (contract: routes.md, pelican.md)."""

from demo.panel.ask import Route
from demo.panel.routes import account, servers


def routes(version: str) -> tuple[Route, ...]:
    """The calls that a panel of this version knows."""
    common = (*servers.ROUTES, *account.ROUTES, *account.CHANGES)
    if version == "pelican":
        return (*common, *account.PELICAN_ROUTES)
    return (*common, *account.PANEL_ROUTES)
