"""A linear model over a text's figures (multinomial logistic regression): its weights are data, learnt offline.

Figures -> one probability per class, for each of `topic`, `mood` and `urgency`. The weights come from
benchmarks/voice_training.py, which learns them from the labelled sentences in benchmarks/voice_set/.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..packaged import read_packaged
from ..table import Floats
from .figures import figure_names


@dataclass(frozen=True, eq=False)
class Classes:
    """The weights of one question: a row per class; the last column is the class's own level."""

    names: tuple[str, ...]
    weights: Floats

    def probabilities(self, figures: Floats) -> dict[str, float]:
        """Class -> how likely it is for this row of figures; they add up to 1."""
        scores = self.weights @ np.append(figures, 1.0)
        parts = np.exp(scores - scores.max())
        return dict(zip(self.names, (parts / parts.sum()).tolist(), strict=True))


@cache
def classes_of(question: str) -> Classes:
    """The classes of `topic`, `mood` or `urgency`. Raises ValueError where the weights are of other figures."""
    content = _file()
    if tuple(content["figures"]) != figure_names():
        raise ValueError("weights.yaml was learnt from other figures: run benchmarks/voice_training.py")
    rows = content[question]
    return Classes(tuple(rows), np.array(list(rows.values()), dtype=np.float64))


@cache
def library_version() -> str:
    """What stands as `read_by` where this library read a text."""
    return f"kizuna-voice-{_file()['version']}"


@cache
def _file() -> dict[str, Any]:
    return read_packaged("voice/weights.yaml")
