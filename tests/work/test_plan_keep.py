"""Which backups a plan may delete: held to a plain statement of the rules."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.pterodactyl.models import Backup
from bot.work.plan_keep import to_delete

START = datetime(2026, 1, 1, tzinfo=UTC)
STATES = ("good", "failed", "running")


def backup(number: int, state: str, is_locked: bool, at: int) -> Backup:
    made = START + timedelta(hours=at)
    return Backup(
        uuid=str(number),
        name=f"plan {number}",
        is_successful=state == "good",
        is_locked=is_locked,
        ignored_files=(),
        checksum=None,
        size_bytes=1,
        created_at=made,
        completed_at=None if state == "running" else made,
    )


backups = st.lists(
    st.tuples(st.sampled_from(STATES), st.booleans(), st.integers(0, 50)), max_size=12
).map(lambda rows: [backup(number, *row) for number, row in enumerate(rows)])


@given(listed=backups, own=st.sets(st.integers(0, 14)), keep=st.integers(-1, 8))
@settings(max_examples=600)
def test_nothing_goes_that_must_stay(listed: list[Backup], own: set[int], keep: int) -> None:
    made = {str(number) for number in own}

    going = to_delete(listed, made, keep)

    left = [one for one in listed if one not in going]
    assert all(one.uuid in made for one in going), "another's"
    assert not any(one.is_locked for one in going), "a locked one"
    assert all(one.is_successful for one in going), "a failed or running one"
    assert not any(one.is_successful for one in listed) or any(one.is_successful for one in left), (
        "the last good one"
    )
    mine = [one for one in listed if one.uuid in made and one.is_successful and not one.is_locked]
    kept = [one for one in mine if one not in going]
    if keep < 1:
        assert not going
    else:
        assert len(kept) == min(keep, len(mine)), "so many of its own stay"
        assert all(old.created_at <= new.created_at for old in going for new in kept), (
            "the newest stay"
        )


@given(listed=backups, keep=st.integers(1, 5))
def test_failed_ones_take_the_place_of_no_good_one(listed: list[Backup], keep: int) -> None:
    made = {one.uuid for one in listed}
    without = [one for one in listed if one.is_successful]

    assert to_delete(listed, made, keep) == to_delete(without, made, keep)
