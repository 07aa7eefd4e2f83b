"""How one try to let a message out ended, told from what the way out did."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ..domain.decision import Reason
from ..domain.delivery import DeliveryState
from ..domain.errors import MayHaveLeft, NotSentYet, PauseSending, RefusedForGood
from ..domain.playbook import Channel

#: How soon to try again where the other side did not say.
RETRY_AFTER = timedelta(minutes=15)


@dataclass(frozen=True)
class End:
    """One of: it left (`place`), it is over (`state` with a reason), or it waits (`state` None, try `later`)."""

    state: DeliveryState | None
    reason: Reason | None = None
    place: str | None = None
    note: str = ""
    later: timedelta = RETRY_AFTER
    address_is_bad: bool = False
    everything_must_wait: bool = False


def try_once(channel: Channel, let_go: Callable[[], str]) -> End:
    """Send, and say how it ended. Anything unforeseen is not caught: only evidence can settle that later."""
    try:
        place = let_go()
    except NotSentYet as error:
        return End(None, Reason.TRY_LATER, note=str(error), later=error.retry_after or RETRY_AFTER)
    except PauseSending as error:
        return End(None, Reason.PAUSED, note=str(error), everything_must_wait=True)
    except RefusedForGood as error:
        return refused(error)
    except MayHaveLeft as error:
        return End(DeliveryState.UNCERTAIN, Reason.MAY_HAVE_LEFT, note=str(error))
    return End(arrived(channel), place=place)


def arrived(channel: Channel) -> DeliveryState:
    """What a message of this channel is once it left."""
    return DeliveryState.HANDED_OVER if channel.is_handed_over else DeliveryState.SENT


def refused(error: RefusedForGood) -> End:
    """5.1.x says that the address is bad (RFC 3463): it bounced, and is not tried again for anybody."""
    is_bad = error.code.startswith("5.1.")
    state = DeliveryState.BOUNCED if is_bad else DeliveryState.FAILED
    return End(state, Reason.REFUSED_BY_SERVER, note=str(error), address_is_bad=is_bad)
