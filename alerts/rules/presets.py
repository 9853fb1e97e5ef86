"""Packs of alerts that a chat can set; their texts and lines are in presets.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class Preset:
    """A rule's line, and one line that says why to watch it."""

    line: str
    why: str


@dataclass(frozen=True)
class Pack:
    """Rules that belong together."""

    id: str
    title: str
    why: str
    presets: tuple[Preset, ...]


@lru_cache(maxsize=1)
def packs() -> dict[str, Pack]:
    """All packs by id, in display order."""
    text = resources.files("alerts.rules").joinpath("presets.toml").read_text(encoding="utf-8")
    return {
        entry["id"]: Pack(
            entry["id"],
            entry["title"],
            entry["why"],
            tuple(Preset(rule["line"], rule["why"]) for rule in entry["rule"]),
        )
        for entry in tomllib.loads(text)["pack"]
    }


@lru_cache(maxsize=1)
def preset_lines() -> dict[str, Preset]:
    """The presets of all packs by their lines."""
    return {preset.line: preset for pack in packs().values() for preset in pack.presets}
