"""Named guests as files: looked up in the table, made by their recipe when the cache has them not, verified."""

from __future__ import annotations

from pathlib import Path

from vmsim_guests.cache import Folder, Index, cache_root
from vmsim_guests.debian import DebianArchive
from vmsim_guests.recipes import Kitchen
from vmsim_guests.registry import RECIPES, Guest, find_guest


class GuestStore:
    """The guests of the table in one user's cache."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_root()
        self._archive = DebianArchive(self.root)

    def path(self, name: str, *, fresh: bool = False) -> Path:
        """Return the verified file of a guest; `fresh` fetches or builds it anew."""
        guest = find_guest(name)
        recipe = RECIPES[guest.folder]
        kitchen = Kitchen(self.root, self._archive, fresh)
        folder = Folder(self.root, guest.folder)
        index = folder.ensure(recipe.fingerprint(), lambda work: recipe.make(kitchen, work), fresh=fresh)
        return folder.verified(index, guest.file)

    def cached(self, guest: Guest) -> Index | None:
        """Return what the cache has recorded for a guest, if the present recipe made it."""
        index = Folder(self.root, guest.folder).index()
        if index is None or index.fingerprint != RECIPES[guest.folder].fingerprint():
            return None
        return index
