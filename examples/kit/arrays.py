"""The array types of the fictional worlds, and how they say 'not yet' and 'how far back'."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Ints: TypeAlias = npt.NDArray[np.int32]
Floats: TypeAlias = npt.NDArray[np.float32]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Bools: TypeAlias = npt.NDArray[np.bool_]
Hashes: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.intp]

Column: TypeAlias = npt.NDArray[Any]
Columns: TypeAlias = dict[str, Column]
"""The rows of one kind of event, as columns of equal length."""

WINDOW_DAYS = 30
"""How many days of mails (and of activity) are remembered."""
NEVER = -1
"""A day that has not come."""
