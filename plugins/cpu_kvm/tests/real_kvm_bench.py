"""The bench of the conformance kit with the engine `kvm` on it, and programs as words: no assembler is needed."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, cast

import pytest
from vmsim_arch_arm.state import ArmState
from vmsim_arch_arm.testing import ArmPrograms
from vmsim_core.testing.cpu_bench import CpuBench
from vmsim_core.testing.programs import ENTRY, Program
from vmsim_cpu_kvm.kvm_probe import why_not
from vmsim_cpu_kvm.kvm_vcpu import KvmVcpu

FREELY = 1_000_000
"""More instructions than are stepped."""
LOOP = 0xEAFFFFFE
"""b . in ARM code."""
needs_kvm = pytest.mark.skipif(why_not() is not None, reason=f"no KVM for 32-bit ARM guests: {why_not()}")


def bench_on(folder: Path, engine: str, model: str = "kvm") -> CpuBench:
    """Return a bench with one of the engines, or another model."""
    folder.mkdir(exist_ok=True)
    return CpuBench(folder, model, ArmPrograms(), {"engine": engine} if model == "kvm" else {}, {})


def program(*words: int, at: int = ENTRY, **more: int) -> Program:
    """Return a program that begins at `at`; `more` words go to addresses such as x10."""
    parts = {at: struct.pack(f"<{len(words)}I", *words)}
    parts |= {int(address[1:], 16): struct.pack("<I", word) for address, word in more.items()}
    return Program(parts)


def vcpu_of(bench: CpuBench) -> KvmVcpu:
    """Return the engine itself."""
    model: Any = bench.cpu
    return cast(KvmVcpu, model._vcpu)


def state_of(bench: CpuBench) -> ArmState:
    """Return the state with its type."""
    return cast(ArmState, bench.state)
