"""What the store raises; each text is one sentence for whoever runs the bot."""


class StoreError(Exception):
    """The database or its key can't be used."""


class DatabaseInUse(StoreError):
    """Another process holds the database."""


class DatabaseTooNew(StoreError):
    """The database was migrated by a later version of Roost."""


class DatabaseBroken(StoreError):
    """The file is no database, damaged, or can't be opened."""


class WrongKey(StoreError):
    """The master key is missing, malformed, or not the one the database was sealed with."""


class NotOpened(StoreError):
    """A sealed value is damaged, or belongs to another row."""


class NameTaken(StoreError):
    """Another row of this guild already has the name."""


class LimitReached(StoreError):
    """The guild has as many as the operator allows."""

    def __init__(self, at_most: int) -> None:
        super().__init__(f"at most {at_most}")
        self.at_most = at_most
