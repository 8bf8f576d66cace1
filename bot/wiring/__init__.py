"""The areas of the bot, one module each: what an area needs comes in, its services come out.

An area is a frozen dataclass of services, a `build_…` that puts them together, and what it does as
guilds come and go (`bot/wiring/area.py`). `bot/app.py` builds the areas in order.
"""
