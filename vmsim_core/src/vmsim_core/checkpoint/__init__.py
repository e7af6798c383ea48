"""Checkpoints: a machine's state in a folder that a person can read and any CPU model can go on from.

- :mod:`.capture` and :mod:`.restore` move state between a system and sections;
- :mod:`.sections` writes and reads sections as text, :mod:`.memory` is RAM as a section;
- :mod:`.folder` makes a folder appear complete or not at all, and believes no file that it reads;
- :mod:`.describe` and :mod:`.compare` tell people what is in one, and in what two differ;
- :mod:`.extension` is what plugins may add.
"""

from vmsim_core.checkpoint.extension import Serializer, Upgrader

__all__ = ["Serializer", "Upgrader"]
