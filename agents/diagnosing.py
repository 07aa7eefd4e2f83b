"""How well a workspace's sources fit together, and what they lack for the brief's actions."""

from ..customers.diagnosis.costs import Wishes
from ..customers.diagnosis.diagnose import diagnose
from ..customers.diagnosis.reading import read_what_there_is
from ..domain.diagnosis import Diagnosis
from ..store import erasing
from .reading import overdue
from .workspace import Workspace


def diagnose_workspace(workspace: Workspace) -> Diagnosis:
    """The diagnosis of today, also of sources that are too faulty for a run. Reads only; keeps nothing."""
    brief = workspace.brief
    with workspace.store.read() as session:
        keep_out = erasing.who_is_erased(session, workspace.secret)
    read = read_what_there_is(
        workspace.data, unit=brief.unit, model=brief.business.model, feeds=brief.sources.feeds, keep_out=keep_out
    )
    with read.customers:
        return diagnose(
            read,
            as_of=workspace.clock.now().date(),
            wishes=Wishes(tuple(workspace.actions.values()), brief.segment, workspace.feature_folder),
            faulty_rows_allowed=brief.sources.faulty_rows_allowed,
            overdue=overdue(workspace),
            identity_found=brief.sources.identity is not None,
        )
