"""Whether the consents on which a campaign writes to people can be proved (特定電子メール法 3条2項, GDPR 7(1))."""

from dataclasses import dataclass

from ..customers.people import read_people
from .reading import open_customers
from .workspace import Workspace


@dataclass(frozen=True)
class Proof:
    """How many consents are in force for channels and purposes, and how many of them have no evidence."""

    granted: int
    without_evidence: int


def proof_of_consents(workspace: Workspace) -> Proof:
    """Read from the sources as they are now; the latest record per contact, channel and purpose counts."""
    latest: dict[tuple[str, str, str], tuple[str, str]] = {}
    with open_customers(workspace, ("accounts", "contacts", "persons", "reps", "consents")) as customers:
        for consents in read_people(customers).consent_chunks():
            for one in consents:
                latest[one.contact_id, one.channel, one.purpose] = (one.state, (one.evidence or "").strip())
    granted = [evidence for state, evidence in latest.values() if state == "granted"]
    return Proof(len(granted), sum(not evidence for evidence in granted))
