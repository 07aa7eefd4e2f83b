"""How large the groups of a brief should be, by the data as they are today; nothing is kept, nothing leaves."""

from pathlib import Path

from ..agents.sizing import SizedGroups as SizedGroups
from ..agents.sizing import size_groups
from ..domain.errors import UserError
from .trying_out import workspace_to_try


def size_groups_of(brief_path: Path) -> SizedGroups:
    """Reads and scores in a folder that vanishes afterwards. Raises UserError or FaultyFile where data are missing."""
    with workspace_to_try(brief_path, lambda _key, _values: None) as workspace:
        try:
            return size_groups(workspace)
        except UserError as error:  # it names the folder that vanishes
            raise UserError(str(error).replace(str(workspace.folder), str(brief_path.parent))) from None
