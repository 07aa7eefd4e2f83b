"""How large the groups should be, worked out from today's data before anything starts."""

from dataclasses import dataclass

from ..customers.eligibility import matches
from ..decisioning.measuring.sizing import Proposal, Yardstick, propose_groups
from ..domain.decision import Group
from ..store import campaigns
from .believing import current_beliefs
from .forecast import last_z
from .goal_figures import goal_figures
from .levers import find_levers
from .reading import open_customers
from .records import keep_people
from .scoring import score_units
from .weighing import weigh
from .workspace import Workspace


@dataclass(frozen=True)
class SizedGroups:
    """The brief's groups beside what would do, for the segment as it is today."""

    audience: int
    """Units of the segment of which the goal's metric says something."""
    percent: dict[Group, float]
    minimum_detectable_lift: float
    """With the brief's own groups."""
    target_lift: float
    proposal: Proposal

    @property
    def is_enough(self) -> bool:
        """The brief's groups show the goal."""
        return self.minimum_detectable_lift <= self.target_lift

    @property
    def has_better(self) -> bool:
        """Other groups show the goal where the brief's don't, or come clearly closer, or need a smaller holdout."""
        if self.is_enough:
            return self.proposal.percent[Group.HOLDOUT] + 5 <= self.percent[Group.HOLDOUT]
        closer = self.proposal.minimum_detectable_lift < 0.95 * self.minimum_detectable_lift
        return self.proposal.is_detectable or closer


def size_groups(workspace: Workspace) -> SizedGroups:
    """Reads and scores into this workspace's own store, so give it one to try things on. Raises what reading raises."""
    brief = workspace.brief
    with workspace.store.write() as session:
        campaigns.drop_snapshots(session)
    with open_customers(workspace) as customers:
        keep_people(workspace, customers)
        table = score_units(workspace, customers, workspace.clock.now().date()).table
    segment = matches(brief.segment, table)
    beliefs = current_beliefs(workspace, 1)
    potentials, levers = find_levers(workspace, table, segment, beliefs)
    weighed = weigh(workspace, table, segment, cycle=1, levers=levers, beliefs=beliefs)
    figures = goal_figures(workspace, 1, weighed, potentials, table)
    target = abs(brief.goal.relative_lift)
    yardstick = Yardstick(figures.mean, figures.sd, figures.variance_explained, target, last_z(workspace))
    audience = int(figures.counted.sum())
    wanted = [group for group, share in brief.groups.items() if share]
    return SizedGroups(
        audience=audience,
        percent={group: 100 * brief.groups[group] for group in wanted},
        minimum_detectable_lift=yardstick.detectable(
            audience * brief.groups[Group.POLICY], audience * brief.groups[Group.HOLDOUT]
        ),
        target_lift=target,
        proposal=propose_groups(audience, wanted, yardstick),
    )
