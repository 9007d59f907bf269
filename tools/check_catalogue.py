"""Is the French catalogue complete, sure of itself, and compiled?

    python -m tools.check_catalogue

The first question needs xgettext and is skipped, out loud, without it. Exits 1 on any fault.
"""

from __future__ import annotations

import ast
import shutil
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale" / "fr" / "LC_MESSAGES" / "django.po"
SOURCES = ("arbvault", "discovery", "analytics", "templates")
SHOWN = 20
MO_MAGIC = 0x950412DE
CONTEXT_SEPARATOR = "\x04"
GETTEXT = frozenset({"_", "gettext", "gettext_lazy", "ngettext", "pgettext"})


@dataclass(slots=True)
class Message:
    """One entry of a .po file."""

    fields: dict[str, str] = field(default_factory=dict)  # msgctxt, msgid, msgstr, msgstr[0] …
    fuzzy: bool = False

    @property
    def key(self) -> str:
        """The identity gettext uses: context and singular."""
        context = self.fields.get("msgctxt")
        prefix = "" if context is None else context + CONTEXT_SEPARATOR
        return prefix + self.fields.get("msgid", "")

    @property
    def compiled_key(self) -> str:
        plural = self.fields.get("msgid_plural")
        return self.key if plural is None else f"{self.key}\0{plural}"

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.fields.items() if name.startswith("msgstr")]


def read_po(text: str) -> list[Message]:
    """The entries of a .po file, its header (key "") first; obsolete ones are left out."""
    messages: list[Message] = []
    for block in text.split("\n\n"):
        message = Message()
        name = ""
        for line in block.splitlines():
            if line.startswith("#,") and "fuzzy" in line:
                message.fuzzy = True
            if not line or line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")
            message.fields[name] = message.fields.get(name, "") + str(ast.literal_eval(line))
        if message.fields:
            messages.append(message)
    return messages


def read_mo(content: bytes) -> dict[str, str]:
    """A compiled catalogue as {key with plural: translations joined by NUL}."""
    order = "<" if struct.unpack("<I", content[:4])[0] == MO_MAGIC else ">"
    count, keys_at, values_at = struct.unpack(f"{order}3I", content[8:20])

    def text_at(table: int, index: int) -> str:
        length, offset = struct.unpack_from(f"{order}2I", content, table + 8 * index)
        return content[offset : offset + length].decode()

    return {text_at(keys_at, i): text_at(values_at, i) for i in range(count)}


def faults_of(messages: list[Message], compiled: dict[str, str]) -> list[str]:
    """What is wrong with a catalogue in itself, one line each."""
    entries = [message for message in messages if message.key]
    faults = [f"fuzzy: {m.key!r}" for m in entries if m.fuzzy]
    faults += [f"not translated: {m.key!r}" for m in entries if not all(m.translations)]
    expected = {m.compiled_key: "\0".join(m.translations) for m in entries if not m.fuzzy}
    actual = {key: value for key, value in compiled.items() if key}
    faults += [
        f"the .mo is not what the .po says (run `make messages`): {key.split(chr(0))[0]!r}"
        for key in sorted(expected.keys() | actual.keys())
        if expected.get(key) != actual.get(key)
    ]
    return faults


def extracted_keys() -> set[str]:
    """Every message of the sources, by Django's own extraction on a copy of them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in SOURCES:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, Path(folder) / name)
        (Path(folder) / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "-l", "fr", "--keep-pot"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        template = Path(folder) / "locale" / "django.pot"
        return {m.key for m in read_po(template.read_text())} if template.exists() else set()


def hidden_in_f_strings(source: str) -> list[str]:
    """The messages of a module that extraction does not see: it does not look into f-strings."""
    return [
        str(call.args[0].value)
        for text in ast.walk(ast.parse(source))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in GETTEXT
        and call.args
        and isinstance(call.args[0], ast.Constant)
    ]


def main() -> int:
    if not CATALOGUE.exists():
        print(f"{CATALOGUE.relative_to(ROOT)} does not exist.")
        return 1
    messages = read_po(CATALOGUE.read_text())
    mo = CATALOGUE.with_suffix(".mo")
    faults = faults_of(messages, read_mo(mo.read_bytes()) if mo.exists() else {})
    if shutil.which("xgettext") is None:
        print("SKIPPED: xgettext is not installed; whether a message is missing is not checked.")
    else:
        known = {message.key for message in messages}
        faults += [f"missing: {key!r}" for key in sorted(extracted_keys() - known)]
    modules = [path for name in SOURCES for path in sorted((ROOT / name).rglob("*.py"))]
    faults += [
        f"in an f-string of {path.relative_to(ROOT)}, where it is not extracted: {text!r}"
        for path in modules
        for text in hidden_in_f_strings(path.read_text())
    ]
    for fault in faults[:SHOWN]:
        print(fault)
    if len(faults) > SHOWN:
        print(f"… and {len(faults) - SHOWN} more.")
    print(f"French catalogue: {len(messages) - 1} messages, {len(faults)} faults.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
