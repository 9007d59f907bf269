"""The lines of Amazon's fee tables, all marketplaces together."""

from __future__ import annotations

from enum import StrEnum


class FeeCategory(StrEnum):
    """A line of Amazon's fee tables."""

    BOOKS = "books"
    MUSIC = "music"
    VIDEO = "video"
    SOFTWARE = "software"
    VIDEO_GAMES = "video_games"
    CONSOLES = "consoles"
    COMPUTERS = "computers"
    ELECTRONICS = "electronics"
    LARGE_APPLIANCES = "large_appliances"
    COMPACT_APPLIANCES = "compact_appliances"
    TYRES = "tyres"
    ACCESSORIES = "accessories"  # computer and electronics accessories
    DEVICE_ACCESSORIES = "device_accessories"  # for Amazon's own devices
    BEAUTY = "beauty"
    HEALTH = "health"
    BABY = "baby"
    GROCERY = "grocery"
    WINE = "wine"
    HOME = "home"
    KITCHEN = "kitchen"
    FURNITURE = "furniture"
    CLOTHING = "clothing"
    PET_FOOD = "pet_food"  # and pet clothing
    PETS = "pets"
    DIY = "diy"
    POWER_TOOLS = "power_tools"
    AUTOMOTIVE = "automotive"
    INDUSTRIAL = "industrial"
    JEWELLERY = "jewellery"
    WATCHES = "watches"
    MUSICAL_INSTRUMENTS = "musical_instruments"
    HANDMADE = "handmade"
    OFFICE = "office"
    SPORTS = "sports"
    TOYS = "toys"
    GARDEN = "garden"
    LUGGAGE = "luggage"
    OTHER = "other"
