"""Waiting for conditions. A limit says when to give up, never when something is done."""
import time
from typing import Callable, TypeVar

Answer = TypeVar("Answer")

# Generous: machines may be several times slower than the one these tests were written on.
LIMIT = 120.0


def wait_for(what: str | Callable[[], str], condition: Callable[[], Answer], limit: float = LIMIT,
             pause: float = 0.05) -> Answer:
    """The condition's answer once it is true. `what` says in a failure what was waited for."""
    end = time.monotonic() + limit
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit:.0f} s: {what() if callable(what) else what}")
        time.sleep(pause)
