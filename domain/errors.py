"""Errors by who must act next. The class docstring is the default message."""

from dataclasses import dataclass
from datetime import timedelta


class KizunaError(Exception):
    """Something in Kizuna went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class UserError(KizunaError):
    """What was asked for can't be done as asked; the message says what to change."""


class NotAllowed(UserError):
    """This person may not do this; the message says who may."""


class NotLoggedIn(NotAllowed):
    """Nobody is logged in. Log in first: kizuna login NAME"""


class Conflict(UserError):
    """Somebody else was faster: this was decided already."""


class ApprovalVoid(KizunaError):
    """The bytes about to leave are not the bytes that were approved."""


class NotSentYet(KizunaError):
    """Provably nothing left; it may be tried again, after `retry_after` where the other side said so."""

    def __init__(self, message: str, retry_after: timedelta | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class RefusedForGood(KizunaError):
    """The other side refused the message for good; `code` is its own, such as `5.1.1`."""

    def __init__(self, message: str, code: str = "") -> None:
        self.code = code
        super().__init__(message)


class PauseSending(KizunaError):
    """Nothing left, and the other side says that we should stop: everything waits for a person."""


class MayHaveLeft(KizunaError):
    """The message was handed over in full and no reply was read: nobody can know, and it is never sent again."""


class ContractBroken(UserError):
    """The source data break their contract beyond what the brief tolerates."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a file a person wrote: where it stands, what is wrong, what was meant."""

    file: str
    line: int
    field: str
    problem: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.field}: {self.problem}{hint}" if self.field else f"{place}: {self.problem}{hint}"


class FaultyFile(UserError):
    """A file holds faults; all of them are listed."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))
