"""The identification registers are those that a guest reads under the Unicorn engine."""

from __future__ import annotations

from typing import Any

import pytest
from vmsim_arch_arm.fields import Encoding
from vmsim_arch_arm.id_registers import CCSIDR, ID_REGISTERS, VFP_ID_REGISTERS, IdRegister
from vmsim_arch_arm.psr import Mode

unicorn = pytest.importorskip("unicorn", reason="the independent peer is not installed")


class Core:
    """A Cortex-A9 of Unicorn that executes one ARM instruction at a time."""

    def __init__(self) -> None:
        from unicorn import arm_const

        self.arm = arm_const
        self.uc: Any = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_ARM, cpu=arm_const.UC_CPU_ARM_CORTEX_A9)
        self.uc.mem_map(0, 0x1000)
        self.uc.reg_write(arm_const.UC_ARM_REG_CPSR, 0x1C0 | Mode.SVC)

    def execute(self, instruction: int, r0: int = 0xDEADBEEF) -> int:
        """Execute an instruction and return R0, which had the value `r0`."""
        self.uc.mem_write(0, instruction.to_bytes(4, "little"))
        self.uc.ctl_remove_cache(0, 4)
        self.uc.reg_write(self.arm.UC_ARM_REG_R0, r0)
        self.uc.emu_start(0, 4, count=1)
        return int(self.uc.reg_read(self.arm.UC_ARM_REG_R0))

    def read(self, encoding: Encoding) -> int:
        """Execute MRC (A8.8.107)."""
        coprocessor, crn, opc1, crm, opc2 = encoding
        return self.execute(0xEE100010 | opc1 << 21 | crn << 16 | coprocessor << 8 | opc2 << 5 | crm)


@pytest.fixture(scope="module")
def core() -> Core:
    return Core()


@pytest.mark.parametrize("register", ID_REGISTERS, ids=lambda register: register.name)
def test_an_id_register_reads_as_under_unicorn(core: Core, register: IdRegister) -> None:
    assert core.read(register.encoding) == register.value


@pytest.mark.parametrize("selected", CCSIDR)
def test_cache_size_ids_read_as_under_unicorn(core: Core, selected: int) -> None:
    core.execute(0xEE400F10, r0=selected)  # MCR p15, 2, r0, c0, c0, 0: CSSELR
    assert core.read((15, 0, 1, 0, 0)) == CCSIDR[selected]


@pytest.mark.parametrize("number", VFP_ID_REGISTERS)
def test_vfp_id_registers_read_as_under_unicorn(core: Core, number: int) -> None:
    core.execute(0xEE010F50, r0=0xF << 20)  # MCR p15, 0, r0, c1, c0, 2: CPACR, access to VFP
    core.execute(0xEEE80A10, r0=1 << 30)  # VMSR FPEXC, r0: enable
    assert core.execute(0xEEF00A10 | number << 16) == VFP_ID_REGISTERS[number]
