"""Every number of `kvm_api` against the kernel's own headers: a C compiler checks them, and runs nothing."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from vmsim_arch_arm.psr import Mode
from vmsim_cpu_kvm import kvm_api as api
from vmsim_cpu_kvm import kvm_registers as registers

HEADERS = ["linux/kvm.h", "asm/kvm.h", "stddef.h"]

STRUCTURES = {
    "struct kvm_userspace_memory_region": api.MemoryRegion,
    "struct kvm_vcpu_init": api.VcpuInit,
    "struct kvm_one_reg": api.OneReg,
    "struct kvm_irq_level": api.IrqLevel,
    "struct kvm_enable_cap": api.EnableCap,
    "struct kvm_device_attr": api.DeviceAttr,
}
"""Those with the same fields."""

RENAMED = {
    "struct kvm_guest_debug": (api.GuestDebug, {name: f"arch.{name}" for name, *_ in api.GuestDebug._fields_[2:]}),
    "struct kvm_vcpu_events": (
        api.VcpuEvents,
        {
            name: f"exception.{name}"
            for name in ("serror_pending", "serror_has_esr", "ext_dabt_pending", "pad", "serror_esr")
        },
    ),
}
"""Those with structures in them, and where their fields are."""

REQUESTS = [
    "GET_API_VERSION", "CREATE_VM", "CHECK_EXTENSION", "GET_VCPU_MMAP_SIZE", "CREATE_VCPU", "SET_USER_MEMORY_REGION",
    "IRQ_LINE", "RUN", "SET_SIGNAL_MASK", "SET_GUEST_DEBUG", "SET_VCPU_EVENTS", "ENABLE_CAP", "GET_ONE_REG",
    "SET_ONE_REG", "ARM_VCPU_INIT", "ARM_PREFERRED_TARGET", "SET_DEVICE_ATTR",
]  # fmt: skip
CONSTANTS = {
    "API_VERSION": "KVM_API_VERSION",
    "VCPU_EL1_32BIT": "KVM_ARM_VCPU_EL1_32BIT",
    "VCPU_PMU_V3": "KVM_ARM_VCPU_PMU_V3",
    "PMU_V3_CTRL": "KVM_ARM_VCPU_PMU_V3_CTRL",
    "PMU_V3_INIT": "KVM_ARM_VCPU_PMU_V3_INIT",
    "IRQ_CPU_IRQ": "(KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT | KVM_ARM_IRQ_CPU_IRQ)",
    "IRQ_CPU_FIQ": "(KVM_ARM_IRQ_TYPE_CPU << KVM_ARM_IRQ_TYPE_SHIFT | KVM_ARM_IRQ_CPU_FIQ)",
    "REG_ARM64": "KVM_REG_ARM64",
    "REG_SIZE_U32": "KVM_REG_SIZE_U32",
    "REG_SIZE_U64": "KVM_REG_SIZE_U64",
    "REG_SIZE_U128": "KVM_REG_SIZE_U128",
    "REG_ARM_CORE": "KVM_REG_ARM_CORE",
    "REG_ARM64_SYSREG": "KVM_REG_ARM64_SYSREG",
}
RUN_FIELDS = {
    "mmio": (api.RunMmio, {}),
    "arm_nisv": (api.RunNisv, {}),
    "internal": (api.RunWords, {"first": "suberror", "second": "ndata", "data": "data"}),
    "system_event": (api.RunWords, {"first": "type", "second": "ndata", "data": "data"}),
}
CORE_REGISTERS = {
    registers.X0: "regs.regs[0]",
    registers.PC: "regs.pc",
    registers.PSTATE: "regs.pstate",
    registers.SPSRS[Mode.SVC]: "spsr[KVM_SPSR_SVC]",
    registers.SPSRS[Mode.ABT]: "spsr[KVM_SPSR_ABT]",
    registers.SPSRS[Mode.UND]: "spsr[KVM_SPSR_UND]",
    registers.SPSRS[Mode.IRQ]: "spsr[KVM_SPSR_IRQ]",
    registers.SPSRS[Mode.FIQ]: "spsr[KVM_SPSR_FIQ]",
}


def equal(value: int, expression: str) -> str:
    return f'_Static_assert({value}ULL == (unsigned long long)({expression}), "{expression}");'


def same_layout(structure: type[ctypes.Structure], name: str, renamed: dict[str, str], base: str = "") -> list[str]:
    """Return a line for each field: its offset and its size."""
    found = []
    for field, *_ in structure._fields_:
        mine, theirs = getattr(structure, field), base + renamed.get(field, field)
        start = f" - offsetof({name}, {base.rstrip('.')})" if base else ""
        found.append(equal(mine.offset, f"offsetof({name}, {theirs}){start}"))
    return found


def fields_of(place_field: str) -> list[registers.Place]:
    return [place for place in registers.PLACES if place.field == place_field]


def core_registers() -> list[str]:
    lines = []
    for register, name in CORE_REGISTERS.items():
        size = "KVM_REG_SIZE_U64"
        lines.append(equal(register, f"KVM_REG_ARM64 | {size} | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG({name})"))
    for place in fields_of("d"):
        assert place.index is not None
        vector = f"KVM_REG_ARM_CORE_REG(fp_regs.vregs[{place.index // 2}])"
        lines.append(equal(place.register, f"KVM_REG_ARM64 | KVM_REG_SIZE_U128 | KVM_REG_ARM_CORE | {vector}"))
    for place, name in zip(fields_of("fpscr"), ("fpsr", "fpcr"), strict=True):
        word = f"KVM_REG_ARM_CORE_REG(fp_regs.{name})"
        lines.append(equal(place.register, f"KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_CORE | {word}"))
    [sctlr] = fields_of("sctlr")
    lines.append(equal(sctlr.register, "ARM64_SYS_REG(3, 0, 1, 0, 0)"))
    return lines


def program() -> str:
    lines = [f"#include <{header}>" for header in HEADERS]
    lines += [equal(getattr(api, name), f"KVM_{name}") for name in REQUESTS]
    lines += [equal(getattr(api, name), expression) for name, expression in CONSTANTS.items()]
    lines += [
        equal(value, f"KVM_{name}") for name, value in vars(api).items() if name.startswith(("CAP_", "GUESTDBG_"))
    ]
    lines += [equal(value, f"KVM_EXIT_{name}") for value, name in api.EXIT_NAMES.items()]
    for name, structure in STRUCTURES.items():
        lines += [*same_layout(structure, name, {}), equal(ctypes.sizeof(structure), f"sizeof({name})")]
    for name, (structure, renamed) in RENAMED.items():
        lines += [*same_layout(structure, name, renamed), equal(ctypes.sizeof(structure), f"sizeof({name})")]
    lines += same_layout(api.Run, "struct kvm_run", {})
    for member, (structure, renamed) in RUN_FIELDS.items():
        lines.append(equal(api.RUN_UNION, f"offsetof(struct kvm_run, {member})"))
        lines += same_layout(structure, "struct kvm_run", renamed, f"{member}.")
    lines.append(equal(api.SignalMask.sigset.offset, "offsetof(struct kvm_signal_mask, sigset)"))
    return "\n".join([*lines, *core_registers(), ""])


def errors_in(folder: Path, source: str) -> list[str]:
    """Return the compiler's error messages."""
    file = folder / "check.c"
    file.write_text(source)
    command = [
        sys.executable,
        "-m",
        "ziglang",
        "cc",
        "-target",
        "aarch64-linux-musl",
        "-c",
        "-o",
        str(file.with_suffix(".o")),
    ]
    command.append(str(file))
    complaints = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    return [line for line in complaints.splitlines() if "error:" in line]


@pytest.fixture(scope="module", autouse=True)
def compiler() -> None:
    if find_spec("ziglang") is None:
        pytest.skip("no C compiler for arm64 (ziglang) is installed")


def test_the_numbers_are_those_of_the_kernels_headers(tmp_path: Path) -> None:
    source = program()
    assert source.count("_Static_assert") > 150
    assert errors_in(tmp_path, source) == []


def test_a_wrong_number_would_be_noticed(tmp_path: Path) -> None:
    wrong = program().replace(
        f"{api.CAP_ARM_EL1_32BIT}ULL == (unsigned long long)(KVM_CAP_ARM_EL1", "94ULL == (KVM_CAP_ARM_EL1"
    )
    [error] = errors_in(tmp_path, wrong)
    assert "KVM_CAP_ARM_EL1_32BIT" in error
