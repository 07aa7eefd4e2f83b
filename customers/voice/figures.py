"""A text as a short row of figures: how many cues of each group it holds, and its outer shape."""

import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np

from ..packaged import read_packaged
from ..table import Floats
from .mood import count_mood_words, without_denied
from .plain import plain

#: What can be seen without knowing a word.
_SHAPE: dict[str, Callable[[str], float]] = {
    "asks": lambda words: float("?" in words),
    "exclaims": lambda words: min(words.count("!"), 3) / 3,
    "length": lambda words: len(words) / 100,
    "is_short": lambda words: float(len(words) < 15),
    "ends_asking": lambda words: float(words.endswith(("か。", "か", "か?"))),
    "ends_flat": lambda words: float(words.endswith(("ください。", "ます。"))),
    "trails_off": lambda words: float("…" in words),
    "sentences_ja": lambda words: words.count("。") / 3,
    "sentences_en": lambda words: words.count(". ") / 3,
    "clauses": lambda words: float("、" in words),
}
_LONGEST_IN_SHAPE = 300


@cache
def figure_names() -> tuple[str, ...]:
    """The names of the figures, in their order."""
    return (*_groups(), *(f"mood_{name}" for name in ("angry", "unhappy", "happy", "stop")), *_SHAPE)


def figures_of(text: str) -> Floats:
    """One row of figures for a text, in the order of `figure_names`; counts stand as log(1 + count)."""
    words = plain(text)
    shape = words.strip()[:_LONGEST_IN_SHAPE]
    told = without_denied(words)
    counts = [sum(1 for cue in cues if cue.search(told)) for cues in _groups().values()]
    counts += count_mood_words(words)
    return np.array([math.log1p(count) for count in counts] + [measure(shape) for measure in _SHAPE.values()])


@cache
def _groups() -> dict[str, tuple[re.Pattern[str], ...]]:
    content = read_packaged("voice/cues.yaml")
    return {
        group: tuple(re.compile(cue) for cues in by_language.values() for cue in cues)
        for group, by_language in content.items()
    }
