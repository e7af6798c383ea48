"""Guest software for vmsim: kernels, initramfs images and bare-metal programs, fetched or built on first use."""

from __future__ import annotations

from pathlib import Path


def guest_path(name: str) -> Path:
    """Return the file of a named guest, such as "busybox"; it is fetched or built if the cache has it not."""
    # Imported late: the plugin is loaded whenever vmsim starts.
    from vmsim_guests.store import GuestStore

    return GuestStore().path(name)
