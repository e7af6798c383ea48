"""Loads of a signed byte or halfword from a device, which the kernel does not extend.

When it finishes a device access of a guest, arm64's kvm_handle_mmio_return extends the sign, and
vcpu_data_host_to_guest takes the upper bits away again (Linux 6.1, arch/arm64/kvm/mmio.c, include/asm/kvm_emulate.h).
The kernel does not say what kind of load it was, so the instruction is looked at; only for values whose sign is set.
"""

from __future__ import annotations

# ARM DDI 0406C: A5.2.8 (extra load/store instructions), A6.2.4 and A6.3.8, A6.3.9 (Thumb loads).
_ARM_MASK, _ARM_SIGNED_LOAD = 0x0E1000D0, 0x001000D0
_THUMB_MASK, _THUMB_SIGNED_LOADS = 0xFE00, (0x5600, 0x5E00)
_THUMB2_MASK, _THUMB2_SIGNED_LOAD = 0xFF10, 0xF910


def target_of_signed_load(code: bytes, thumb: bool) -> int | None:
    """Return the number of the register that an instruction loads a signed byte or halfword into; None for others."""
    if not thumb:
        word = int.from_bytes(code[:4], "little")
        return word >> 12 & 0xF if word & _ARM_MASK == _ARM_SIGNED_LOAD else None
    first, second = int.from_bytes(code[:2], "little"), int.from_bytes(code[2:4], "little")
    if first & _THUMB_MASK in _THUMB_SIGNED_LOADS:
        return first & 7
    return second >> 12 if first & _THUMB2_MASK == _THUMB2_SIGNED_LOAD else None
