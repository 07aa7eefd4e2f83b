"""What an action must not do, whatever its file says: help comes first, selling later."""

from ..customers.eligibility import columns_of
from ..domain.playbook import Action, Topic

#: What tells that somebody is unhappy with us: a ticket of theirs is open, or a talk left them so.
UNHAPPY = ("open_unhappy_tickets", "unhappy_contacts_90d")


def overlooked_moods(action: Action) -> list[str]:
    """Which signs of being unhappy a selling action (one about offers, or with an offer) does not look at."""
    if action.topic is not Topic.OFFERS and action.offer is None:
        return []
    looked_at = columns_of(action.when)
    return [feature for feature in UNHAPPY if feature not in looked_at]
