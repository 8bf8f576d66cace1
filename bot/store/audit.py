"""The audit trail: append-only, one chain of hashes per guild.

A hash covers the one before, the place in the chain, and the digest of what the entry says.
Personal fields enter that only as salted digests, so that erasing a person (text and salt) leaves
the chain whole. Who holds the database can rewrite it from some entry to the end; the head hash
posted elsewhere is the witness against that, and later edits show. No more is claimed.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Final, Literal
from uuid import uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import String, cast, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.tables import audit

Kind = Literal["intent", "result", "refusal", "change"]

FIRST: Final = "0" * 64
"""What stands for the hash before the first entry."""
LONGEST_TEXT: Final = 2000
_PAGE: Final = 500


class NewEntry(Struct, frozen=True, kw_only=True):
    """What happened. Nobody but actor and `about_id` may be named in the texts."""

    kind: Kind
    reference: str
    """Ties an intent to its result, and both to what the member was told."""
    actor_id: int | None
    """None: the bot itself."""
    action: str
    channel_id: int | None = None
    right: str | None = None
    server_id: str | None = None
    about_id: int | None = None
    """The member it was done to or for, such as the one who got a grant."""
    why: str | None = None
    """The reason given, in the member's words; cut at 2,000 characters, as `detail`."""
    outcome: str | None = None
    detail: str | None = None
    duration_ms: int | None = None


class AuditRow(NewEntry, frozen=True, kw_only=True):
    """An entry in its place. `salt` is None when the actor was erased, so are their texts."""

    id: str
    guild_id: int
    seq: int
    at: datetime
    salt: bytes | None
    digest: str
    about_salt: bytes | None
    about_digest: str | None
    previous_hash: str
    hash: str


class Head(Struct, frozen=True):
    """The end of a chain: what a witness is told."""

    seq: int
    hash: str


class Verdict(Struct, frozen=True, kw_only=True):
    """What a walk along the chain found; `broken_at` is the first entry that doesn't hold."""

    entries: int
    erased: int
    head: Head | None
    broken_at: int | None = None
    problem: str | None = None

    @property
    def is_intact(self) -> bool:
        return self.problem is None


async def append(
    session: AsyncSession, *, guild_id: int, entry: NewEntry, now: datetime
) -> AuditRow:
    """Add an entry at the end.

    One statement reads the end of the chain and writes the entry, so two writers can't both
    follow the same one. Needs the writer's session (`Database.write`).
    """
    entry = msgspec.structs.replace(entry, why=_cut(entry.why), detail=_cut(entry.detail))
    entry_id = str(uuid4())
    salt = secrets.token_bytes(16)
    digest = _digest(salt, entry.actor_id, entry.why, entry.detail)
    about_salt = about_digest = None
    if entry.about_id is not None:
        about_salt = secrets.token_bytes(16)
        about_digest = _digest(about_salt, entry.about_id)
    body = _body(
        entry,
        guild_id=guild_id,
        entry_id=entry_id,
        at=now,
        digest=digest,
        about_digest=about_digest,
    )
    last = select(audit.c.seq, audit.c.hash).where(audit.c.guild_id == guild_id)
    end = last.order_by(audit.c.seq.desc()).limit(1).subquery()
    seq = func.coalesce(select(end.c.seq).scalar_subquery(), 0) + 1
    previous = func.coalesce(select(end.c.hash).scalar_subquery(), FIRST)
    statement = (
        insert(audit)
        .values(
            **msgspec.structs.asdict(entry),
            id=entry_id,
            guild_id=guild_id,
            seq=seq,
            at=now,
            salt=salt,
            digest=digest,
            about_salt=about_salt,
            about_digest=about_digest,
            previous_hash=previous,
            hash=func.sha256_hex(previous + ":" + cast(seq, String) + ":" + body),
        )
        .returning(audit)
    )
    made = (await session.execute(statement)).one()
    return msgspec.convert(made, AuditRow, from_attributes=True)


async def search(
    session: AsyncSession,
    *,
    guild_id: int,
    actor_id: int | None = None,
    server_id: str | None = None,
    action: str | None = None,
    kind: Kind | None = None,
    reference: str | None = None,
    since: datetime | None = None,
    before_seq: int | None = None,
    limit: int = 25,
) -> list[AuditRow]:
    """The latest entries that fit all that is given, newest first.

    Args:
        action: Its beginning: `power` finds `power restart`.
        before_seq: Go on before this entry, for the next page.
    """
    statement = select(audit).where(audit.c.guild_id == guild_id)
    exactly = {
        audit.c.actor_id: actor_id,
        audit.c.server_id: server_id,
        audit.c.kind: kind,
        audit.c.reference: reference,
    }
    for column, value in exactly.items():
        if value is not None:
            statement = statement.where(column == value)
    if action is not None:
        statement = statement.where(audit.c.action.startswith(action, autoescape=True))
    if since is not None:
        statement = statement.where(audit.c.at >= since)
    if before_seq is not None:
        statement = statement.where(audit.c.seq < before_seq)
    found = (await session.execute(statement.order_by(audit.c.seq.desc()).limit(limit))).all()
    return msgspec.convert(found, list[AuditRow], from_attributes=True)


async def unfinished(session: AsyncSession, *, guild_id: int) -> list[AuditRow]:
    """Intents without a result: the process ended between, so what came of them is unknown.

    What has several steps leaves several intents and results under one reference, in pairs.
    """
    results = (
        select(audit.c.reference, func.count().label("count"))
        .where(audit.c.guild_id == guild_id, audit.c.kind == "result")
        .group_by(audit.c.reference)
        .subquery()
    )
    place = func.row_number().over(partition_by=audit.c.reference, order_by=audit.c.seq)
    intents = (
        select(audit.c.id, audit.c.reference, place.label("place"))
        .where(audit.c.guild_id == guild_id, audit.c.kind == "intent")
        .subquery()
    )
    open_ids = (
        select(intents.c.id)
        .outerjoin(results, results.c.reference == intents.c.reference)
        .where(intents.c.place > func.coalesce(results.c.count, 0))
    )
    statement = select(audit).where(audit.c.guild_id == guild_id, audit.c.id.in_(open_ids))
    found = (await session.execute(statement.order_by(audit.c.seq))).all()
    return msgspec.convert(found, list[AuditRow], from_attributes=True)


async def head(session: AsyncSession, *, guild_id: int) -> Head | None:
    """The end of the guild's chain; None when it is empty."""
    statement = select(audit.c.seq, audit.c.hash).where(audit.c.guild_id == guild_id)
    found = (await session.execute(statement.order_by(audit.c.seq.desc()).limit(1))).one_or_none()
    return None if found is None else Head(found.seq, found.hash)


async def verify(session: AsyncSession, *, guild_id: int, witness: Head | None = None) -> Verdict:
    """Walk the whole chain.

    Args:
        witness: A head that was posted elsewhere; the chain must still contain it.
    """
    end = Head(0, FIRST)
    erased = 0
    while True:
        page = select(audit).where(audit.c.guild_id == guild_id, audit.c.seq > end.seq)
        found = (await session.execute(page.order_by(audit.c.seq).limit(_PAGE))).all()
        for row in msgspec.convert(found, list[AuditRow], from_attributes=True):
            problem = _problem(row, end, witness)
            if problem is not None:
                return Verdict(
                    entries=end.seq,
                    erased=erased,
                    head=end if end.seq else None,
                    broken_at=row.seq,
                    problem=problem,
                )
            erased += row.salt is None or (row.about_digest is not None and row.about_salt is None)
            end = Head(row.seq, row.hash)
        if len(found) < _PAGE:
            break
    missing = witness is not None and witness.seq > end.seq
    return Verdict(
        entries=end.seq,
        erased=erased,
        head=end if end.seq else None,
        broken_at=end.seq + 1 if missing else None,
        problem="entries are missing at the end" if missing else None,
    )


async def erase_member(session: AsyncSession, *, guild_id: int, member_id: int) -> int:
    """Erase a person: who they are, what they wrote, and the salts; return how many entries.

    That something was done, when, on which server and with what result stays, and the chain holds.
    """
    touched = select(func.count()).where(
        audit.c.guild_id == guild_id,
        or_(audit.c.actor_id == member_id, audit.c.about_id == member_id),
    )
    count = (await session.execute(touched)).scalar_one()
    await session.execute(
        update(audit)
        .where(audit.c.guild_id == guild_id, audit.c.actor_id == member_id)
        .values(actor_id=None, why=None, detail=None, salt=None)
    )
    await session.execute(
        update(audit)
        .where(audit.c.guild_id == guild_id, audit.c.about_id == member_id)
        .values(about_id=None, about_salt=None)
    )
    return count


def link(previous_hash: str, seq: int, body: str) -> str:
    """The hash of the entry in place `seq`."""
    return sha256_hex(f"{previous_hash}:{seq}:{body}")


def sha256_hex(text: str) -> str:
    """The function of this name that the writer's connection lends to SQL."""
    return hashlib.sha256(text.encode()).hexdigest()


def _problem(row: AuditRow, end: Head, witness: Head | None) -> str | None:
    body = _body(
        row,
        guild_id=row.guild_id,
        entry_id=row.id,
        at=row.at,
        digest=row.digest,
        about_digest=row.about_digest,
    )
    if row.seq != end.seq + 1:
        return "entries are missing before this one"
    if row.previous_hash != end.hash:
        return "it doesn't follow the one before"
    if row.hash != link(row.previous_hash, row.seq, body):
        return "it was changed"
    if row.salt is not None:
        if row.digest != _digest(row.salt, row.actor_id, row.why, row.detail):
            return "who, why or detail was changed"
    elif (row.actor_id, row.why, row.detail) != (None, None, None):
        return "who, why or detail was added after an erasure"
    if row.about_salt is not None:
        if row.about_digest != _digest(row.about_salt, row.about_id):
            return "the member it is about was changed"
    elif row.about_id is not None:
        return "the member it is about was added"
    if witness is not None and row.seq == witness.seq and row.hash != witness.hash:
        return "it is not the entry that was witnessed"
    return None


def _body(
    entry: NewEntry,
    *,
    guild_id: int,
    entry_id: str,
    at: datetime,
    digest: str,
    about_digest: str | None,
) -> str:
    said = [
        guild_id,
        entry_id,
        at.isoformat(timespec="microseconds"),
        entry.kind,
        entry.reference,
        entry.channel_id,
        entry.action,
        entry.right,
        entry.server_id,
        entry.outcome,
        entry.duration_ms,
        digest,
        about_digest,
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _digest(salt: bytes, *personal: int | str | None) -> str:
    return hashlib.sha256(salt + msgspec.json.encode(personal)).hexdigest()


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
