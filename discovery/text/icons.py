"""Which picture of the icon package stands for what, and in which colour."""

from __future__ import annotations

from discovery.scoring import Severity

# How grave a risk is -> its icon and its tone.
SEVERITIES = {
    Severity.INFO: ("info", ""),
    Severity.WARNING: ("triangle-alert", "warn"),
    Severity.DANGER: ("octagon-alert", "bad"),
}
# Fee category -> the picture that stands in for a product without one.
CATEGORIES = {
    "books": "book-open",
    "music": "music",
    "video": "film",
    "software": "disc-3",
    "video_games": "gamepad-2",
    "consoles": "gamepad-2",
    "computers": "laptop",
    "electronics": "plug",
    "large_appliances": "refrigerator",
    "compact_appliances": "microwave",
    "accessories": "cable",
    "beauty": "spray-can",
    "health": "heart-pulse",
    "baby": "baby",
    "grocery": "shopping-basket",
    "wine": "wine",
    "home": "lamp",
    "kitchen": "cooking-pot",
    "furniture": "armchair",
    "clothing": "shirt",
    "pet_food": "paw-print",
    "pets": "paw-print",
    "diy": "wrench",
    "power_tools": "drill",
    "automotive": "car",
    "industrial": "factory",
    "jewellery": "gem",
    "watches": "watch",
    "musical_instruments": "guitar",
    "office": "printer",
    "sports": "dumbbell",
    "toys": "puzzle",
    "garden": "sprout",
    "luggage": "luggage",
}
