"""How an answer is packed: in zstd for clients that read it, as Keepa does, else in gzip."""

from __future__ import annotations

import gzip
from typing import Final

_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_ONE_SEGMENT_WITH_SIZE: Final = b"\xa0"
_BLOCK: Final = 128 * 1024


def packed(body: bytes, accepted: str, *, gzip_level: int = 1) -> tuple[str, bytes]:
    """The name of the encoding and the body in it; `accepted` is the request's header."""
    names = {name.partition(";")[0].strip() for name in accepted.lower().split(",")}
    if "zstd" in names:
        return "zstd", zstd_stored(body)
    return "gzip", gzip.compress(body, compresslevel=gzip_level, mtime=0)


def zstd_stored(body: bytes) -> bytes:
    """A zstd frame of raw blocks (RFC 8878, 3.1.1): readable by any decoder, not made smaller.

    Python packs zstd itself from 3.14 on only.
    """
    frame = [_MAGIC, _ONE_SEGMENT_WITH_SIZE, len(body).to_bytes(4, "little")]
    for start in range(0, max(1, len(body)), _BLOCK):
        block = body[start : start + _BLOCK]
        is_last = start + _BLOCK >= len(body)
        frame += ((len(block) << 3 | is_last).to_bytes(3, "little"), block)
    return b"".join(frame)
