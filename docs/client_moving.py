"""What changes for somebody who moves from py-dactyl to our client, method by method.

A test makes the same calls with both and holds this table to what it sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Difference:
    """Why a method sends or gives something else."""

    reason: str
    kinds: Sequence[str] = ()  # of "sends", "gives", "raises": what the comparison sees


DIFFERENCES: Final[dict[str, Difference]] = {}
