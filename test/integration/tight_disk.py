"""A disk that can be full: a small file system of its own where that may be mounted, else a limit on the size of files."""
import contextlib
import ctypes
import errno
import os
import pathlib
import resource
from typing import Callable, Iterator

MIB = 1 << 20


class TightDisk:
    """A folder whose room is taken and given back."""

    room = 64 << 10  # bytes that a file can still get, at most, while it is full
    told = "STORAGE_FULL"  # what the log must have then

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.prepare: Callable[[], None] | None = None  # for the process that is to feel it

    def fill(self, pid: int) -> None:
        raise NotImplementedError

    def make_room(self, pid: int) -> None:
        raise NotImplementedError


class SmallFileSystem(TightDisk):
    def fill(self, pid: int) -> None:
        with open(self.folder / "ballast", "ab", buffering=0) as ballast:
            for size in (MIB, 4096):
                with contextlib.suppress(OSError):
                    while ballast.write(bytes(size)) == size:
                        pass

    def make_room(self, pid: int) -> None:
        (self.folder / "ballast").unlink(missing_ok=True)


class FileSizeLimit(TightDisk):
    """Stand-in: writing beyond the limit fails with EFBIG, since Python's children inherit that SIGXFSZ is ignored."""

    told = "RETRYING"

    def __init__(self, folder: pathlib.Path):
        super().__init__(folder)
        self.prepare = lambda: None

    def fill(self, pid: int) -> None:
        self._limit(pid, self.room)

    def make_room(self, pid: int) -> None:
        self._limit(pid, resource.RLIM_INFINITY)

    @staticmethod
    def _limit(pid: int, size: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextlib.contextmanager
def tight_disk(folder: pathlib.Path, size: int) -> Iterator[TightDisk]:
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()) != 0:
        assert ctypes.get_errno() == errno.EPERM, os.strerror(ctypes.get_errno())
        yield FileSizeLimit(folder)
        return
    try:
        yield SmallFileSystem(folder)
    finally:
        assert libc.umount2(os.fsencode(folder), 2) == 0, os.strerror(ctypes.get_errno())  # 2: MNT_DETACH
