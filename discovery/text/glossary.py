"""The words of the trade, each in one sentence: for the glossary and the "?" beside a word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from discovery.scoring import FlagCode, ShownVerdict
from discovery.text.flags import flag_label
from discovery.text.glossary_places import COLUMNS, LABELS, SETTINGS
from discovery.text.glossary_sourcing import SOURCING_WORDS
from discovery.text.glossary_words import FLAGS, VERDICTS, WORDS
from discovery.text.labels import verdict_label

VERDICTS_TITLE, FLAGS_TITLE = gettext_noop("Verdicts"), gettext_noop("Risks")


@dataclass(frozen=True, slots=True)
class Term:
    """A word and what it means; ``code`` is also its anchor in the glossary."""

    code: str
    _name: Callable[[], str]
    _sentence: str

    @property
    def name(self) -> str:
        """The word, in the reader's language."""
        return self._name()

    @property
    def sentence(self) -> str:
        """What it means, in the reader's language."""
        return _(self._sentence)


def flag_code(flag: FlagCode) -> str:
    """The code of a risk's entry."""
    return f"flag-{flag.value}"


def verdict_code(verdict: ShownVerdict) -> str:
    """The code of a verdict's entry."""
    return f"verdict-{verdict.value.lower()}"


def _words() -> dict[str, tuple[Term, ...]]:
    groups = {
        title: tuple(
            Term(code, partial(_, name), sentence) for code, (name, sentence) in words.items()
        )
        for title, words in (WORDS | SOURCING_WORDS).items()
    }
    groups[VERDICTS_TITLE] = tuple(
        Term(verdict_code(verdict), partial(verdict_label, verdict), sentence)
        for verdict, sentence in VERDICTS.items()
    )
    groups[FLAGS_TITLE] = tuple(
        Term(flag_code(flag), partial(flag_label, flag), sentence)
        for flag, sentence in FLAGS.items()
    )
    return groups


_GROUPS = _words()
TERMS: Mapping[str, Term] = {term.code: term for terms in _GROUPS.values() for term in terms}


def glossary() -> Sequence[tuple[str, Sequence[Term]]]:
    """Every group with its title, its terms by the alphabet; verdicts and risks last."""
    return [
        (_(title), sorted(terms, key=lambda term: term.name.casefold()))
        for title, terms in _GROUPS.items()
    ]


def terms_of_columns(names: Iterable[str]) -> list[Term]:
    """The words of these columns of products that need to be explained, in their order."""
    return [TERMS[COLUMNS[name]] for name in names if name in COLUMNS]


def code_of_label(label: str) -> str:
    """The code of the word to explain in a label, in the reader's language; empty for none."""
    return next((code for said, code in LABELS.items() if _(said) == label), "")


def code_of_setting(setting: str) -> str:
    """The code of the word to explain beside a setting of the profiles; empty for none."""
    return SETTINGS.get(setting, "")
