"""Lists in pages, with the panel's odd manners (contract: README.md, lists)."""

import re
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from demo.panel.ask import Ask
from demo.panel.refusal import Refusal, bug

T = TypeVar("T")


def listed(items: Iterable[object], meta: dict[str, object] | None = None) -> dict[str, object]:
    """A collection in its envelope."""
    body: dict[str, object] = {"object": "list", "data": list(items)}
    if meta is not None:
        body["meta"] = meta
    return body


def paged(
    ask: Ask,
    rows: Sequence[T],
    show: Callable[[T], object],
    *,
    default: int,
    maximum: int,
    keeps_query: bool = True,
    meta: dict[str, object] | None = None,
) -> dict[str, object]:
    """One page of `rows`, as the query asks for it.

    Raises:
        Refusal: 500 for a negative size, as the real one.
    """
    size = _size(ask, default, maximum)
    number = _integer(ask.query.get("page", "1")) or 1
    number = max(number, 1)
    part = rows[(number - 1) * size : number * size]
    total_pages = max(1, ceil(len(rows) / size))
    links: dict[str, str] = {}
    if number > 1:
        links["previous"] = _link(ask, number - 1, keeps_query=keeps_query)
    if number < total_pages:
        links["next"] = _link(ask, number + 1, keeps_query=keeps_query)
    pagination = {
        "total": len(rows),
        "count": len(part),
        "per_page": size,
        "current_page": number,
        "total_pages": total_pages,
        "links": links,
    }
    return listed([show(row) for row in part], {**(meta or {}), "pagination": pagination})


def filters(ask: Ask, allowed: Sequence[str]) -> dict[str, list[str]]:
    """The asked filters: name to values, of which any may match.

    Raises:
        Refusal: 400, a filter that this list doesn't know.
    """
    asked: dict[str, list[str]] = {}
    unknown = []
    for name, value in ask.query.items():
        if (found := re.fullmatch(r"filter\[(.*)\]", name)) is not None:
            if found[1] in allowed:
                asked[found[1]] = [part for part in value.split(",") if part]
            else:
                unknown.append(found[1])
    if unknown:
        raise Refusal(
            400,
            "InvalidFilterQuery",
            f"Requested filter(s) `{', '.join(unknown)}` are not allowed."
            f" Allowed filter(s) are `{', '.join(allowed)}`.",
        )
    return {name: values for name, values in asked.items() if values}


def sorting(ask: Ask, allowed: Sequence[str]) -> str | None:
    """The asked order.

    Raises:
        Refusal: 400, an order that this list doesn't know.
    """
    asked = ask.query.get("sort")
    if asked and asked.lstrip("-") not in allowed:
        raise Refusal(
            400,
            "InvalidSortQuery",
            f"Requested sort(s) `{asked.lstrip('-')}` is not allowed."
            f" Allowed sort(s) are `{', '.join(allowed)}`.",
        )
    return asked


def _size(ask: Ask, default: int, maximum: int) -> int:
    asked = ask.query.get("per_page")
    if asked is None:
        return default
    size = _integer(asked)
    if size is None:
        return maximum
    if size < 0:
        raise bug("QueryException")
    return min(size or 15, maximum)


def _integer(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def _link(ask: Ask, number: int, *, keeps_query: bool) -> str:
    """The address of another page: the query as it was, with the page last."""
    parts = urlsplit(ask.target)
    pairs = parse_qsl(parts.query, keep_blank_values=True) if keeps_query else []
    if any(name == "page" for name, _ in pairs):
        pairs = [(name, str(number) if name == "page" else value) for name, value in pairs]
    else:
        pairs.append(("page", str(number)))
    path = parts.path.rstrip("/")
    return f"{ask.panel.url}{path}?{urlencode(pairs)}"
