"""The tables. They do not validate: frozen domain models do, and the files beside map one way to the other."""

from .campaigns import (
    BeliefRow,
    CampaignRow,
    CycleRow,
    DecisionRow,
    ModelCallRow,
    PlanRow,
    SnapshotRow,
    UnitGroupRow,
    VariantRow,
)
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
from .identity import ApartRow, GroupConflictRow, JoinedRow, LinkRow
from .ingest import PublishedRow
from .messages import ApprovalRow, AttemptRow, DeliveryRow, DraftRow, JourneyRow, ReviewRow
from .people import LoginTokenRow, NoticeRow, PersonRow, WebSessionRow
from .segments import MovementRow, SegmentationRow, SignalRow
from .voice import VoiceRow
from .workings import AuditRow, LeaseRow, PauseRow, SettingRow

__all__ = [
    "ApartRow",
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
    "GroupConflictRow",
    "IncidentRow",
    "JoinedRow",
    "JourneyRow",
    "LeaseRow",
    "LinkRow",
    "LoginTokenRow",
    "ModelCallRow",
    "MovementRow",
    "NoticeRow",
    "OutcomeRow",
    "PauseRow",
    "PersonRow",
    "PlanRow",
    "PreferenceRow",
    "PublishedRow",
    "RepRow",
    "ReviewRow",
    "SegmentationRow",
    "SettingRow",
    "SignalRow",
    "SnapshotRow",
    "SuppressionRow",
    "UnitGroupRow",
    "UnitRow",
    "VariantRow",
    "VoiceRow",
    "WebSessionRow",
]
