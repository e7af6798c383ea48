"""The pluggy markers of the project; a module of its own, so that a plugin's import stays cheap."""

from __future__ import annotations

import pluggy

PROJECT = "vmsim"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
