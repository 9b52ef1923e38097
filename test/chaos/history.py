"""What was done to whom, and when; told while it happens."""
import collections
import threading
import time


class History:
    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()
        self._start = time.monotonic()

    def begin(self) -> None:
        """Time is counted from here."""
        self._start = time.monotonic()

    def now(self) -> float:
        return time.monotonic() - self._start

    def tell(self, who: str, what: str) -> None:
        with self._lock:
            print(f"{self.now():7.2f}  {who:<9} {what}", flush=True)

    def happened(self, kind: str, who: str, what: str) -> None:
        """A fault has really been there."""
        self.tell(who, what)
        self.count(kind)

    def count(self, kind: str, times: int = 1) -> None:
        with self._lock:
            self.counts[kind] += times

    def __str__(self) -> str:
        return ", ".join(f"{kind} {count}" for kind, count in sorted(self.counts.items()))
