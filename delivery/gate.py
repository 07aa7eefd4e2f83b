"""The gate: nothing passes without an approval of exactly these bytes by somebody who may give it."""

from datetime import datetime

from sqlmodel import Session

from ..domain.draft import Addressee, Draft
from ..domain.errors import ApprovalVoid
from ..domain.playbook import Channel, Role
from ..domain.review import ReviewState
from ..store import directory, reviews
from ..store.tables import ApprovalRow, ContactRow, DeliveryRow, ReviewRow


def approved_bytes(session: Session, row: DeliveryRow, policy_version: str, now: datetime) -> Draft:
    """The draft behind a delivery, proved to be what a person approved; raises ApprovalVoid with what differs.

    `policy_version` is the one in force now. Asked in the transaction of the intent to send (promises 1 and 2).
    """
    draft_row = reviews.draft(session, row.draft_id)
    if draft_row is None:
        raise ApprovalVoid("the draft is gone")
    approval = reviews.approval(session, row.draft_id)
    if approval is None or draft_row.state != "approved":
        raise ApprovalVoid("nobody approved this draft")
    draft = reviews.as_draft(draft_row)
    _check_digest(draft, approval, row)
    _check_review(reviews.review(session, approval.review_id), approval, draft, draft_row.review_id)
    _check_now(session, draft, approval, policy_version, now)
    return draft


def _check_digest(draft: Draft, approval: ApprovalRow, row: DeliveryRow) -> None:
    if not (draft.digest == approval.digest == row.digest):
        raise ApprovalVoid("the message changed after it was approved")
    approved = (draft.key, draft.unit_id, draft.contact_id, draft.action, draft.channel, draft.not_after)
    if approved != (row.key, row.unit_id, row.contact_id, row.action, row.channel, row.not_after):
        raise ApprovalVoid("the delivery is not the one that was approved")


def _check_review(review: ReviewRow | None, approval: ApprovalRow, draft: Draft, asked_in: str) -> None:
    if review is None or review.state != ReviewState.APPROVED or review.decided_by != approval.approved_by:
        raise ApprovalVoid("the review behind the approval does not stand")
    if review.id != asked_in or draft.unit_id in review.answer.get("without", ()):
        raise ApprovalVoid("the review behind the approval is not about this draft")
    is_reps_own_draft = review.role == Role.SALES_REP and review.assignee == approval.approved_by
    if approval.approved_by in {*review.authors, draft.author} and not is_reps_own_draft:
        raise ApprovalVoid("nobody approves their own work")


def _check_now(session: Session, draft: Draft, approval: ApprovalRow, policy_version: str, now: datetime) -> None:
    if not (draft.policy_version == approval.policy_version == policy_version):
        raise ApprovalVoid("the guardrail and review policy changed after the approval")
    if now < draft.not_before:
        raise ApprovalVoid("the send window has not opened")
    contact = directory.contacts(session, [draft.contact_id]).get(draft.contact_id)
    if contact is None or not still_reaches(draft.recipient, contact, draft.channel):
        raise ApprovalVoid("the recipient's address changed after the approval")


def still_reaches(approved: Addressee, contact: ContactRow, channel: Channel) -> bool:
    """Whether the address that this channel goes by is the one that was approved."""
    if channel is Channel.LETTER:
        return approved.postal_address == (contact.postal_address or "")
    return approved.email == contact.email
