"""Lists are read in a process of their own, bounded in memory and in time, that knows no secret.

What goes in is the file and what its owner says of it; what comes out is JSON, checked here. A
process costs a tenth of a second. Nothing here needs Django.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

import discovery
from discovery.lists.reading.model import (
    NO_CORRECTIONS,
    Corrections,
    ReadList,
    Row,
    UnreadableList,
)

ROOT = Path(discovery.__file__).resolve().parent.parent
COMMAND = (sys.executable, "-m", "discovery.lists.reading")
PATIENCE = 8.0  # seconds; the reader gives itself 7
# The rest of our environment, the database's password with it, is none of its business. Where
# Python is found may be said there; "C": other locales are mapped into memory, and counted.
KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "1"}
OUT_OF_MEMORY = (b"MemoryError", b"memory allocation")  # Python's words, and those of calamine
LONGEST_COMPLAINT = 2000  # bytes of a traceback that are logged

_READING = TypeAdapter(ReadList)
_ROWS = TypeAdapter(tuple[Row, ...])

T = TypeVar("T")

logger = logging.getLogger(__name__)


def read_apart(
    source: bytes | str,
    *,
    currency: str,
    store: str = "",
    corrections: Corrections = NO_CORRECTIONS,
) -> ReadList:
    """What ``read_list`` of ``discovery.lists.reading.reader`` says, from a process of its own.

    Raises ``UnreadableList``. Its own codes are ``too_slow``, ``reader_failed`` and, where no file
    could be read, ``no_reader``; ``bloated_excel`` and ``bloated_text`` also mean that its memory
    was full.
    """
    told = _told(source, currency=currency, store=store, corrections=corrections)
    return _checked(_READING, told)


def rows_apart(source: bytes | str) -> tuple[Row, ...]:
    """What ``read_rows`` of ``discovery.lists.reading.rows`` says, as ``read_apart``."""
    return _checked(_ROWS, _told(source, only_rows=True))


def _told(
    source: bytes | str,
    *,
    currency: str = "",
    store: str = "",
    corrections: Corrections = NO_CORRECTIONS,
    only_rows: bool = False,
) -> bytes:
    header = {
        "currency": currency,
        "store": store,
        "is_text": isinstance(source, str),
        "corrections": asdict(corrections),
        "only_rows": only_rows,
    }
    content = source.encode("utf-8", "replace") if isinstance(source, str) else source
    question = json.dumps(header, default=str).encode() + b"\n" + content
    kind, _, told = _answer(question).partition(b"\n")
    if kind != b"read":
        raise UnreadableList(told.decode())
    return told


def _checked(kind: TypeAdapter[T], told: bytes) -> T:
    try:
        return kind.validate_json(told)
    except ValidationError:
        logger.exception("the reader of a list has answered with nonsense")
        raise UnreadableList("reader_failed") from None


def _answer(question: bytes) -> bytes:
    """What the reader writes. Raises ``UnreadableList`` when it ends without an answer."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | PLAIN
    try:
        with subprocess.Popen(
            [*COMMAND, str(os.getpid())],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                told, complaint = process.communicate(question, timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                raise UnreadableList("no_reader") from None
    except OSError:
        logger.exception("the reader of lists does not start")
        raise UnreadableList("no_reader") from None
    if process.returncode == 0:
        return told
    if process.returncode == -signal.SIGXCPU:
        raise UnreadableList("too_slow")
    if process.returncode == -signal.SIGALRM:
        logger.warning("a list was not read in time: the machine is too busy")
        raise UnreadableList("no_reader")
    if any(words in complaint for words in OUT_OF_MEMORY):
        raise UnreadableList("bloated_text")
    logger.error(
        "the reader of a list ended with %s: %s",
        process.returncode,
        complaint[-LONGEST_COMPLAINT:].decode(errors="replace"),
    )
    raise UnreadableList("reader_failed")
