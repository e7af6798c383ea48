"""A device or a bus that answers with an error: the guest takes a synchronous external abort, under every model.

References are to the ARM Architecture Reference Manual ARMv7-A (ARM DDI 0406C): B3.13.3 for the fault registers.
"""

from __future__ import annotations

from typing import Any

import pytest
from bare_machine import CODE, BareMachine, assemble
from bare_programs import CACHED, CACHES_ON, DEVICE, TABLE, map_sections
from vmsim_core.address_map import BusError, DeviceRegion
from vmsim_core.exits import Halt

PHYSICAL, VIRTUAL = 0x3000_0000, 0xE000_0000
REFUSED = 8
"""The registers from this offset on are refused; those below work."""
DATA_ABORT = 0x10

MODELS = ("kvm", "atomic", "warming", "timing")

# The instruction, in ARM and Thumb, with R3 at the device and R6 four bytes on; the offset that is refused, and whether
# it is a store.
ACCESSES = {
    "word": ("ldr r4, [r3, #8]", 8, False),
    "byte": ("ldrb r4, [r3, #9]", 9, False),
    "signed halfword": ("ldrsh r4, [r3, #10]", 10, False),
    "with writeback": ("ldr r4, [r3, #12]!", 12, False),
    "two": ("ldrd r4, r5, [r3, #8]", 8, False),
    "the second of two": ("ldm r6, {r4, r5}", 8, False),
    "a double": ("vldr d1, [r3, #8]", 8, False),
    "store of a word": ("str r4, [r3, #8]", 8, True),
    "store of a byte": ("strb r4, [r3, #11]", 11, True),
    "store of two, the second": ("stm r6, {r4, r5}", 8, True),
    "store with writeback": ("strh r4, [r3, #10]!", 10, True),
    "exclusive": ("ldrex r4, [r2]", 8, False),
}


class Refusing:
    """Two registers that work, and an error from there on."""

    def __init__(self) -> None:
        self.accesses: list[tuple[str, int]] = []

    def read(self, offset: int, size: int) -> int:
        self._serve("read", offset)
        return 0x77

    def write(self, offset: int, size: int, value: int) -> None:
        self._serve("write", offset)

    def _serve(self, what: str, offset: int) -> None:
        self.accesses.append((what, offset))
        if offset >= REFUSED:
            raise BusError(offset)


def machine(model: str, access: str, thumb: bool = False, virtual: bool = False) -> tuple[BareMachine, Refusing]:
    """Return a board whose program makes an access, with R3 at the device, R6 and R2 four and eight bytes on."""
    base = VIRTUAL if virtual else PHYSICAL
    source = f"""
        {CACHES_ON if virtual else ""}
        mov r0, #0xf00000
        mcr p15, 0, r0, c1, c0, 2
        mov r0, #0x40000000
        vmsr fpexc, r0
        ldr r3, =0x{base:x}
        add r2, r3, #8
        add r6, r3, #4
        movw r4, #0x1234
        movw r5, #0x5678
        cmp r0, r0
    {access}
        b .
    """
    board = BareMachine(model, source, thumb=thumb)
    device = Refusing()
    port: Any = device
    board.system.address_map.add(DeviceRegion("refusing", PHYSICAL, 0x1000, port))
    map_sections(board, (16, CACHED))
    board.system.address_map.write(TABLE + (VIRTUAL >> 20) * 4, 4, PHYSICAL | DEVICE)
    board.load(DATA_ABORT, "b .")
    return board, device


def run_to_abort(board: BareMachine, thumb: bool) -> int:
    """Run to the handler; return the address of the instruction that was aborted."""
    assert isinstance(board.run(), Halt)
    state = board.state
    assert (state.pc, state.cpsr & 0x1F) == (DATA_ABORT, 0x17)
    assert bool(state.spsr_abt & 0x20) == thumb
    return state.lr_abt - 8


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("virtual", [False, True], ids=["flat", "translated"])
@pytest.mark.parametrize("thumb", [False, True], ids=["arm", "thumb"])
@pytest.mark.parametrize("name", ACCESSES)
def test_an_error_of_the_bus_is_an_external_abort(model: str, virtual: bool, thumb: bool, name: str) -> None:
    access, offset, store = ACCESSES[name]
    board, device = machine(model, access, thumb, virtual)
    address = run_to_abort(board, thumb)
    state = board.state
    base = VIRTUAL if virtual else PHYSICAL
    assert (state.dfsr & 0xC0F, state.dfar) == (0x808 if store else 0x008, base + offset)
    assert state.r[3] == base, "the base register is restored"
    assert [each for each in device.accesses if each[1] >= REFUSED] == [("write" if store else "read", offset)]
    assert address == CODE + board.system.address_map.read_block(CODE, 0x100).index(assemble(access, 0, thumb))


@pytest.mark.parametrize("model", MODELS)
def test_the_same_instructions_are_counted(model: str) -> None:
    board, _ = machine(model, "ldr r6, [r3]\nldr r7, [r3, #8]")
    run_to_abort(board, thumb=False)
    assert board.simulation.instructions_run == 11, "ten to prepare, and the load that works"
    assert board.state.r[6] == 0x77


@pytest.mark.parametrize("model", MODELS)
def test_in_an_it_block_the_state_of_it_is_saved(model: str) -> None:
    board, _ = machine(model, "itt eq\nldreq r4, [r3, #8]\nmoveq r5, #1", thumb=True)
    run_to_abort(board, thumb=True)
    spsr = board.state.spsr_abt
    assert (spsr >> 8 & 0xFC) | (spsr >> 25 & 3) == 0x04, "one instruction of the block is left after this one"
    assert board.state.r[5] == 0x5678


@pytest.mark.parametrize("model", MODELS)
def test_a_handler_mends_it_and_returns(model: str) -> None:
    board, device = machine(model, "ldr r7, [r3, #8]\nmov r6, #7")
    board.load(DATA_ABORT, "mrc p15, 0, r8, c6, c0, 0\nmov r7, #99\nsubs pc, lr, #4")
    assert board.finish()[6:8] == [7, 99]
    assert device.accesses == [("read", 8)]


@pytest.mark.parametrize("model", MODELS)
def test_a_handler_that_aborts_for_ever_ends_the_run(model: str) -> None:
    board, _ = machine(model, "ldr r7, [r3, #8]")
    board.load(DATA_ABORT, "ldr r7, [r3, #8]")
    cause = board.run()
    assert isinstance(cause, Halt)
    assert "exception" in str(cause)


@pytest.mark.parametrize("model", MODELS)
def test_what_the_simulator_itself_gets_wrong_is_no_abort(model: str) -> None:
    board, device = machine(model, "ldr r7, [r3]")

    def broken(offset: int, size: int) -> int:
        raise KeyError("a fault of the device model")

    device.read = broken  # type: ignore[method-assign]
    with pytest.raises(Exception, match="a fault of the device model"):
        board.run()
