"""Reads one list and ends: the file comes on standard input, what it became goes to the output.

``python -m discovery.lists.reading`` is started by ``discovery.lists.apart`` for every list. It
bounds itself before it looks at anything: a file that unfolds to gigabytes, or that keeps a reader
busy for ever, ends this process and no other. Pure.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from decimal import Decimal
from typing import Any

MEMORY = 140 * 1024 * 1024  # bytes of addresses, so never more in use; a list takes 30 to 80 MB
PROCESSOR = 5  # seconds of its time; a list of 5 000 lines takes half of one, a very wide one 3
CLOCK = 7  # seconds; where they are over first, the machine is at fault and not the file
MOST_ANSWERED = 16 * 1024 * 1024  # bytes; a list of 5 000 lines is answered with 2 MB
PR_SET_PDEATHSIG = 1


def bound(*, parent: int) -> None:
    """Limit this process, and end it with the one that waits for its answer."""
    is_linux = sys.platform.startswith("linux")
    if is_linux:  # elsewhere the limit is not kept, or refused
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR, PROCESSOR + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(CLOCK)  # its default action ends us, wherever we are
    if is_linux:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        sys.exit(1)


def answer(header: dict[str, Any], content: bytes) -> bytes:
    """A line with ``read`` or ``unreadable``, and behind it the list as JSON, or why not.

    Where ``only_rows`` are asked for, the rows of cells alone.
    """
    from discovery.lists.reading.model import Corrections, UnreadableList
    from discovery.lists.reading.reader import read_list
    from discovery.lists.reading.rows import read_rows
    from discovery.lists.reading.workbooks import is_workbook
    from discovery.vat_basis import VatBasis

    text_or_file = content.decode() if header["is_text"] else content
    said = header["corrections"]
    if said["vat"] is not None:
        said["vat"] = VatBasis(said["vat"])
    if said["rate"] is not None:
        said["rate"] = Decimal(said["rate"])
    try:
        read: Any = (
            read_rows(text_or_file)
            if header["only_rows"]
            else read_list(
                text_or_file,
                currency=header["currency"],
                store=header["store"],
                corrections=Corrections(**said),
            )
        )
        told = json.dumps(read, default=_plain, separators=(",", ":")).encode()
        if len(told) <= MOST_ANSWERED:
            return b"read\n" + told
    except UnreadableList as error:
        return b"unreadable\n" + error.code.encode()
    except MemoryError:
        pass  # what was being read is freed by now
    is_excel = not header["is_text"] and is_workbook(content)
    return b"unreadable\n" + (b"bloated_excel" if is_excel else b"bloated_text")


def _plain(value: Any) -> Any:
    """A dataclass by its fields, an amount by its digits."""
    if isinstance(value, Decimal):
        return str(value)
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def main() -> None:
    """Read the header, one line of JSON, and the content behind it; write the answer."""
    bound(parent=int(sys.argv[1]))
    header = json.loads(sys.stdin.buffer.readline())
    told = answer(header, sys.stdin.buffer.read())
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.buffer.write(told)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
