"""Invented brands, authors and titles, in the language of the store, awkward ones included."""

from __future__ import annotations

from random import Random
from typing import Final

_HEADS: Final = ("Nord", "Alt", "Brio", "Cala", "Dora", "Élan", "Fjor", "Gala", "Hexa", "Iso")
_MIDS: Final = ("va", "mi", "lo", "té", "ra", "su", "ny", "kö")
_TAILS: Final = ("vik", "tec", "line", "haus", "nova", "wood", "play", "care", "lab", "ette")

_FIRST: Final = {
    "en": ("Margaret", "Samuel", "Priya", "Owen", "Zoë", "Marcus", "Ngozi", "Peter"),
    "fr": ("Hélène", "Benoît", "Camille", "Noémie", "Jérôme", "Aïcha", "Luc", "Zoé"),
    "de": ("Jürgen", "Käthe", "Lukas", "Sören", "Anneliese", "Björn"),
    "ja": ("健", "美咲", "翔太", "陽子", "直樹", "彩"),
    "it": ("Giulia", "Matteo", "Chiara", "Niccolò", "Elena", "Luca"),
    "es": ("Lucía", "Íñigo", "Begoña", "Andrés", "Marta", "José"),
    "pt": ("João", "Conceição", "Thiago", "Inês", "Rafael", "Luísa"),
}
_LAST: Final = {
    "en": ("Ashworth", "O'Neill", "Okafor", "Lindqvist", "Bennett", "Raman", "Price", "Doyle"),
    "fr": ("Lefèvre", "d'Ormesson-Roy", "Nguyen", "Bérard", "Chevallier", "Garçon", "Petit"),
    "de": ("Müller", "Weiß", "Schröder", "Königs", "Vogel", "Lang"),
    "ja": ("佐藤", "鈴木", "高橋", "田中", "渡辺", "伊藤"),
    "it": ("Rossi", "D'Angelo", "Bianchi", "Esposito", "Conti", "Zanetti"),
    "es": ("García", "Núñez", "Etxeberria", "Romero", "Castaño", "Vega"),
    "pt": ("Gonçalves", "Araújo", "Souza", "Magalhães", "Pires", "Lima"),
}
_SUBTITLES: Final = {
    "en": (
        "A Practical Guide",
        "From First Principles",
        "The Complete Course",
        "Second Edition",
        "Notes from the Field",
        "What Nobody Tells You",
        "An Illustrated History",
    ),
    "fr": (
        "Le guide pratique",
        "Cours et exercices corrigés",
        "L'essentiel en fiches",
        "2e édition",
        "Une histoire illustrée",
        "Ce qu'on ne vous dit pas",
        "Tout comprendre",
    ),
    "de": ("Das Praxisbuch", "Grundlagen und Übungen", "2. Auflage", "Eine Geschichte"),
    "ja": ("実践ガイド", "基礎からわかる", "第2版", "完全版"),
    "it": ("Guida pratica", "Teoria ed esercizi", "Seconda edizione", "Una storia"),
    "es": ("Guía práctica", "Teoría y ejercicios", "Segunda edición", "Una historia"),
    "pt": ("Guia prático", "Teoria e exercícios", "2ª edição", "Uma história"),
}
_MAKES: Final = {
    "en": ("Compact", "Deluxe", "Classic", "Professional", "Lightweight", "Travel", "Refillable"),
    "fr": (
        "compact",
        "de luxe",
        "classique",
        "professionnel",
        "léger",
        "de voyage",
        "rechargeable",
    ),
    "de": ("kompakt", "Deluxe", "klassisch", "für Profis", "leicht", "für die Reise"),
    "ja": ("コンパクト", "デラックス", "定番", "プロ仕様", "軽量"),
    "it": ("compatto", "deluxe", "classico", "professionale", "leggero", "da viaggio"),
    "es": ("compacto", "de lujo", "clásico", "profesional", "ligero", "de viaje"),
    "pt": ("compacto", "de luxo", "clássico", "profissional", "leve", "de viagem"),
}
_COLOURS: Final = {
    "en": ("Black", "White", "Forest Green", "Navy", "Crème"),
    "fr": ("Noir", "Blanc", "Vert forêt", "Bleu marine", "Crème"),
    "de": ("Schwarz", "Weiß", "Tannengrün", "Marineblau"),
    "ja": ("ブラック", "ホワイト", "グリーン", "ネイビー"),
    "it": ("Nero", "Bianco", "Verde bosco", "Blu navy"),
    "es": ("Negro", "Blanco", "Verde bosque", "Azul marino"),
    "pt": ("Preto", "Branco", "Verde-musgo", "Azul-marinho"),
}
_BINDINGS: Final = {
    "en": ("paperback", "hardcover", "spiral_bound"),
    "fr": ("broché", "relié", "poche"),
    "de": ("taschenbuch", "gebundene_ausgabe"),
    "ja": ("単行本", "文庫"),
    "it": ("copertina_flessibile", "copertina_rigida"),
    "es": ("tapa_blanda", "tapa_dura"),
    "pt": ("capa_comum", "capa_dura"),
}


_PACKS: Final = 0.16
"""The share of goods sold by the pack."""
_LOTS: Final = {
    "en": ("{}-Pack", "Pack of {}", "{} x", "Set of {}"),
    "fr": ("lot de {}", "{} x", "Lot de {} pièces", "paquet de {}"),
    "de": ("{}er-Pack", "{} Stück", "{} x"),
    "ja": ("{}個セット", "{}枚入り", "{} x"),
    "it": ("confezione da {}", "set di {}", "{} x"),
    "es": ("pack de {}", "lote de {}", "{} x"),
    "pt": ("kit com {}", "pacote com {}", "{} x"),
}


def brand(draw: Random) -> str:
    """A made-up brand."""
    middle = draw.choice(_MIDS) if draw.random() < 0.5 else ""
    return draw.choice(_HEADS) + middle + draw.choice(_TAILS)


def publisher(draw: Random) -> str:
    """A made-up publisher."""
    return brand(draw) + draw.choice((" Press", " & Co", " Éditions", " Verlag"))


def author(draw: Random, language: str) -> str:
    """The way Amazon lists authors: last name first."""
    return f"{draw.choice(_LAST[language])}, {draw.choice(_FIRST[language])}"


def binding(draw: Random, language: str) -> str:
    """A binding of books, in the language."""
    return draw.choice(_BINDINGS[language])


def colour(place: int, language: str) -> str:
    """A colour, in the language; the same for the same place."""
    bank = _COLOURS[language]
    return bank[place % len(bank)]


def book_title(draw: Random, good: str, language: str) -> str:
    """The title of a book about a subject."""
    return awkward(draw, f"{good}: {draw.choice(_SUBTITLES[language])}")


def goods_title(draw: Random, made_by: str, good: str, language: str, tint: str) -> tuple[str, int]:
    """The title of goods, with brand, make, pack and colour, and how many the pack holds."""
    make = draw.choice(_MAKES[language])
    parts = [f"{made_by} {good} {make}"]
    luck = draw.random()
    drawn = draw.choice((2, 3, 4, 6, 12)) if luck < 0.4 else 1
    pack = drawn if luck < _PACKS else 1
    if pack > 1:
        said = _LOTS[language]
        parts.append(said[int(luck * 1e6) % len(said)].format(pack))
    parts.append(tint)
    return awkward(draw, ", ".join(parts)), pack


def awkward(draw: Random, title: str) -> str:
    """Now and then what real listings hold: entities, tags, script, emoji, far too many words."""
    fate = draw.random()
    if fate < 0.010:
        return title.replace(":", " &amp; Co &#39;24:", 1) + " &quot;New&quot;"
    if fate < 0.016:
        return f"<b>{title}</b> <i>2-Pack</i>"
    if fate < 0.018:
        return f"{title} <script>alert('title')</script>"
    if fate < 0.026:
        return f"{title} 🎁 ★★★★★ ½ “Édition spéciale”"
    if fate < 0.030:
        return " ".join([title] * 8)
    return title


def translated(
    title: str, made_by: str, goods: tuple[str, ...], abroad: tuple[str, ...], language: str
) -> str:
    """A French title of goods the way a store in another language writes it.

    `goods` and `abroad` are the kinds of goods of the category in both languages, in one order;
    without a word for it abroad, only brand, make and colour are told.
    """
    place = next((n for n, good in enumerate(goods) if good in title), None)
    good = abroad[place] if place is not None and place < len(abroad) else ""
    make = _counterpart(_MAKES, title, language)
    colour_there = _counterpart(_COLOURS, title, language)
    return f"{' '.join(filter(None, (made_by, good, make)))}, {colour_there}"


def with_pack(title: str, pack: int, language: str) -> str:
    """The title with what the pack holds, where that is more than one."""
    return f"{title}, {_LOTS[language][0].format(pack)}" if pack > 1 else title


def _counterpart(banks: dict[str, tuple[str, ...]], title: str, language: str) -> str:
    """What stands, in another language, in the place of the French word the title holds."""
    place = next((n for n, word in enumerate(banks["fr"]) if word in title), 0)
    return banks[language][place % len(banks[language])]
