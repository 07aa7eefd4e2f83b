"""Rows of text: quoting, and times and dates as the source files write them."""

import csv
import io
from collections.abc import Iterable

import numpy as np

from .calendar_days import EPOCH


def csv_line(values: Iterable[object]) -> str:
    """One row, quoted where needed."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def iso(moment: int) -> str:
    """A UTC timestamp."""
    return str(np.datetime64(int(moment), "s")) + "Z"


def iso_day(day: int) -> str:
    """A date."""
    return str(np.datetime64(EPOCH) + int(day))
