"""The tables. They do not validate: frozen domain models do, and the files beside map one way to the other."""

from .campaigns import BeliefRow, CampaignRow, CycleRow, DecisionRow, ModelCallRow, PlanRow, SnapshotRow, UnitGroupRow
from .customers import (
    CommentRow,
    ConsentRow,
    ContactRow,
    ErasureRow,
    IncidentRow,
    OutcomeRow,
    PreferenceRow,
    RepRow,
    SuppressionRow,
    UnitRow,
)
from .messages import ApprovalRow, AttemptRow, DeliveryRow, DraftRow, JourneyRow, ReviewRow
from .people import LoginTokenRow, NoticeRow, PersonRow, WebSessionRow
from .workings import AuditRow, LeaseRow, PauseRow, SettingRow

__all__ = [
    "ApprovalRow",
    "AttemptRow",
    "AuditRow",
    "BeliefRow",
    "CampaignRow",
    "CommentRow",
    "ConsentRow",
    "ContactRow",
    "CycleRow",
    "DecisionRow",
    "DeliveryRow",
    "DraftRow",
    "ErasureRow",
    "IncidentRow",
    "JourneyRow",
    "LeaseRow",
    "LoginTokenRow",
    "ModelCallRow",
    "NoticeRow",
    "OutcomeRow",
    "PauseRow",
    "PersonRow",
    "PlanRow",
    "PreferenceRow",
    "RepRow",
    "ReviewRow",
    "SettingRow",
    "SnapshotRow",
    "SuppressionRow",
    "UnitGroupRow",
    "UnitRow",
    "WebSessionRow",
]
