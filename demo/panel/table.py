"""All calls of the client API, by version of the panel (contract: routes.md, pelican.md)."""

from demo.panel.ask import Route
from demo.panel.routes import (
    account,
    activity,
    backups,
    databases,
    files,
    keys,
    network,
    schedules,
    servers,
    settings,
    startup,
    users,
)


def routes(version: str) -> tuple[Route, ...]:
    """The calls that a panel of this version knows."""
    common = (
        *servers.ROUTES,
        *account.ROUTES,
        *account.CHANGES,
        *keys.ROUTES,
        *activity.ROUTES,
        *databases.ROUTES,
        *files.ROUTES,
        *schedules.ROUTES,
        *network.ROUTES,
        *users.ROUTES,
        *backups.ROUTES,
        *startup.ROUTES,
        *settings.ROUTES,
    )
    if version == "pelican":
        return (
            *common,
            *account.PELICAN_ROUTES,
            *keys.PELICAN_ROUTES,
            *backups.PELICAN_ROUTES,
            *settings.PELICAN_ROUTES,
        )
    return (*common, *account.PANEL_ROUTES, *keys.PANEL_ROUTES)
