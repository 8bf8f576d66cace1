"""The wrapping that the panel puts around its objects (contract: README.md, envelope)."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, overload

from msgspec import UNSET, Struct, UnsetType
from msgspec.json import Decoder

from bot.secret import Secret

T = TypeVar("T")


class Item(Struct, Generic[T], frozen=True):
    """`{"object": …, "attributes": {…}}`."""

    attributes: T


class Data(Struct, Generic[T], frozen=True):
    """`{"data": {…}}`: websocket credentials and the two-factor setup come so."""

    data: T


class Listing(Struct, Generic[T], frozen=True):
    """`{"object": "list", "data": [item, …]}` of a list that has no pages."""

    data: tuple[Item[T], ...]

    def unwrapped(self) -> list[T]:
        return [item.attributes for item in self.data]


class One(Struct, Generic[T], frozen=True):
    """A related object; null where the account may not see it."""

    attributes: T | None


class Many(Struct, Generic[T], frozen=True):
    """Related objects; no `data` and null attributes where the account may not see them."""

    data: tuple[Item[T], ...] | UnsetType = UNSET
    attributes: UnsetType | None = UNSET

    def unwrapped(self) -> tuple[T, ...] | None:
        """The objects; None where the account may not see them."""
        if self.data is UNSET:
            return None
        return tuple(item.attributes for item in self.data)


class Pagination(Struct, frozen=True):
    """Where a page lies in its list. Count pages by number: the panel's links lose parameters."""

    total: int  # hits of the filter, over all pages
    count: int  # on this page
    per_page: int
    current_page: int  # from 1; as asked, also past the end
    total_pages: int
    links: dict[str, str] | tuple[str, ...] = {}  # PHP's empty map comes as a list

    @property
    def is_last(self) -> bool:
        return self.current_page >= self.total_pages


class PageMeta(Struct, frozen=True):
    pagination: Pagination


class Paged(Struct, Generic[T], frozen=True):
    """A list with pages, as it comes."""

    data: tuple[Item[T], ...]
    meta: PageMeta

    def page(self) -> "Page[T]":
        return Page(tuple(item.attributes for item in self.data), self.meta.pagination)


class Rows(Struct, Generic[T], frozen=True):
    """What a list method gives back: iterate it, index it, ask its length."""

    rows: tuple[T, ...]

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...
    def __getitem__(self, at: int | slice) -> T | tuple[T, ...]:
        return self.rows[at]


class Page(Rows[T], Generic[T], frozen=True):
    """One page of a list."""

    pagination: Pagination


def decoder(kind: type[T]) -> Decoder[T]:
    """A decoder from the panel's bytes; made once, at import."""
    return Decoder(kind, dec_hook=_from_wire)


def _from_wire(kind: type, value: Any) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    if kind is object:  # whatever an activity's properties hold
        return value
    raise TypeError(f"expected {kind.__name__}")
