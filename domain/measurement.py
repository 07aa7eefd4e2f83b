"""How a campaign is measured."""

from typing import Literal

from pydantic import ConfigDict

from .model import Frozen


class Measurement(Frozen):
    """How the report's intervals stay right although people look at them again and again."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    intervals: Literal["spending", "always_valid"] = "spending"
    """`spending` is right at the end of each cycle and narrowest at the last one, `always_valid` at any moment and also
    beyond the horizon; at the end it is 1.4 times as wide."""
