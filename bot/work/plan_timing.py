"""When a plan begins, how long it waits, and what warning it gives. Pure: no I/O, no clock."""

from datetime import datetime, timedelta
from typing import Final

from bot.ui.when import due_after
from bot.ui.when_read import latest_moment
from bot.work.plan_state import Plan

WARNING: Final = timedelta(minutes=5)
"""A restart begins its countdown so long before it is due."""
SHORT_WARNING_SECONDS: Final = 60
"""Where it comes later than planned."""
LATE_AT_MOST: Final = timedelta(minutes=15)
"""A time that was missed by more, because the bot was away, is left out."""
WAIT_AT_MOST: Final = timedelta(days=1)


def lead(plan: Plan) -> timedelta:
    """How long before it is due it begins: players are warned, unless it waits for none."""
    is_warned = plan.what == "restart" and not plan.only_empty
    return WARNING if is_warned else timedelta()


def warning_seconds(plan: Plan, now: datetime) -> int:
    """How long players are warned who are there when it begins."""
    target = plan.until if plan.only_empty else plan.due_at
    left = (target - now).total_seconds() if target is not None else 0.0
    return max(SHORT_WARNING_SECONDS, round(left))


def until(plan: Plan, due: datetime) -> datetime:
    """When the wait for an empty server is over."""
    if plan.latest is not None:
        return latest_moment(plan.latest, due, plan.when.zone)
    following = due_after(plan.when, due)
    return due + WAIT_AT_MOST if following is None else min(following, due + WAIT_AT_MOST)
