"""Whether somebody would recommend the company: what they answer from 0 to 10, and say about it."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from .arrays import Bools, Floats
from .person_reactions import Answer

Comments: TypeAlias = Mapping[tuple[str, str], Sequence[str]]
"""By language and promoter, passive or detractor."""
HOSTILE = 0.01
"""One in a hundred comments is."""


def nps_of(engaged: Floats, unhappy: Bools, noise: Floats) -> Floats:
    """What somebody answers; `noise` is standard normal."""
    mark: Floats = np.clip(np.rint(5.2 + 4.4 * engaged - 4.0 * unhappy + 1.2 * noise), 0, 10).astype(np.float32)
    return mark


def nps_answer(mark: int, language: int, draw: float, comments: Comments, hostile: str) -> Answer:
    """The answer with its comment."""
    mood = "promoter" if mark >= 9 else "passive" if mark >= 7 else "detractor"
    says = comments[("ja", "en")[language], mood]
    return Answer("nps", str(mark), hostile if draw < HOSTILE else says[int(draw * len(says))])
