"""Reads activity logs; the account's and a server's differ in their path only."""

from collections.abc import AsyncIterator, Iterable
from typing import Final

from bot.pterodactyl.http import PanelHttp, Query
from bot.pterodactyl.models import Activity, Page
from bot.pterodactyl.models.envelope import Paged, decoder

PER_PAGE_AT_MOST: Final = 100
_PAGED: Final = decoder(Paged[Activity])


async def activity_page(
    http: PanelHttp,
    segments: tuple[str, ...],
    *,
    page: int,
    per_page: int,
    event: str | None,
    oldest_first: bool,
    includes: Iterable[str],
) -> Page[Activity]:
    """One page (contract: activity.md). Without a wish for order the panel gives the oldest first.

    Raises:
        NotAllowed: `activity.read` is missing.
        Conflict: The server's state.
    """
    params: dict[str, str | int] = {
        "page": max(1, page),
        "per_page": max(1, min(per_page, PER_PAGE_AT_MOST)),
        "sort": "timestamp" if oldest_first else "-timestamp",
    }
    if event:
        params["filter[event]"] = event
    if included := joined(includes):
        params["include"] = included
    return (await http.fetch(_PAGED, "GET", *segments, params=params)).page()


async def activity_pages(
    http: PanelHttp,
    segments: tuple[str, ...],
    *,
    event: str | None,
    oldest_first: bool,
    includes: Iterable[str],
) -> AsyncIterator[Page[Activity]]:
    """Page after page. New entries push old ones on meanwhile, so one may come twice."""
    number = 1
    while True:
        page = await activity_page(
            http,
            segments,
            page=number,
            per_page=PER_PAGE_AT_MOST,
            event=event,
            oldest_first=oldest_first,
            includes=includes,
        )
        yield page
        if not page.rows or page.pagination.is_last:
            return
        number += 1


def joined(includes: Iterable[str] | None) -> str:
    """Includes as the panel wants them: with commas between."""
    return includes if isinstance(includes, str) else ",".join(includes or ())


def with_includes(params: Query | None, includes: Iterable[str] | None) -> dict[str, str | int]:
    """A query and the includes in it."""
    query = dict(params or {})
    if included := joined(includes):
        query["include"] = included
    return query
