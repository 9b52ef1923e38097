"""Which kinds of batches a topic holds, read from the broker's own files."""
import collections
import pathlib
import struct

# Record batch, format 2: base offset, length, leader epoch, magic, CRC, attributes, last offset delta, times, producer, count.
_HEADER = struct.Struct(">qiibIhiqqqhii")
_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def kinds_of_batches(broker_folder: pathlib.Path, topic: str) -> collections.Counter:
    """How many batches are of a codec, single, large, of a megabyte, without records, with holes, control, of
    the broker's time."""
    kinds: collections.Counter = collections.Counter()
    for file in sorted((broker_folder / "data").glob(f"{topic}-[0-9]*/*.log")):
        data, at = file.read_bytes(), 0
        while at + _HEADER.size <= len(data):
            _, length, _, _, _, attributes, last_delta, *_, count = _HEADER.unpack_from(data, at)
            if length == 0:
                break
            kinds.update(_kinds(length, attributes, last_delta, count))
            at += 12 + length
    return kinds


def _kinds(length: int, attributes: int, last_delta: int, count: int) -> list[str]:
    if attributes & 0x20:
        return ["control"]
    facts = {"single": count == 1 and last_delta == 0, "large": length > 100_000,
             "megabyte": length > 900_000, "empty": count == 0,
             "holes": 0 < count <= last_delta, "appended": bool(attributes & 8), "transactional": bool(attributes & 16)}
    return [_CODECS[attributes & 7], *[name for name, holds in facts.items() if holds]]
