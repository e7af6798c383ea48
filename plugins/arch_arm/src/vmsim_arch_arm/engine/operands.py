"""What a timing model needs to know of an instruction: its class, the registers that it reads and writes, its access
to memory and its kind of branch. All of that follows from a row of the table: the letters of its pattern and the
names of its functions.

Rules write the operands of a row as a line, ``n m flags?shift_type=4 > d flags?setflags``: what is read, and after the
arrow what is written. A word is a register or a group of them:

* a letter of a pattern, such as ``n``: the core register whose number is in that field of a decoded instruction;
* ``Sd`` or ``Dd``: a single- or double-precision register; ``Dd*2``, ``Dd*regs``: so many, from that one on;
* ``structure``: the registers of an Advanced SIMD structure, `regs` times `length` of them, `shift_amount` apart;
* ``list``: the core registers of a list; ``sp``, ``lr``, ``pc``; and names of other state, see NAMED.

What stands behind a question mark is when: a field, or some bits of it (``&13``), is not zero, or is a value (``=5``),
or is not (``!13``).

:func:`describe` makes a :class:`Description` of a row, of which the decoder fills in the fields of an instruction.
Conditions are not part of it: a conditional instruction reads the flags, and what it may leave as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from vmsim_arch_arm.engine import records
from vmsim_arch_arm.engine.operation_classes import ACCESSES, BRANCHES, CLASSES, RETURNS, first
from vmsim_arch_arm.engine.table import FIELDS, Row

# Operand.shape: which registers `field` is the first of.
NAMED_REGISTERS = 0
CORE = 1
LIST = 2
SINGLE = 3
DOUBLE = 4
STRUCTURE = 5

NAMED = {
    "sp": 1 << 13, "lr": 1 << 14, "pc": 1 << records.OPERAND_PC, "flags": 1 << records.OPERAND_FLAGS,
    "q": 1 << records.OPERAND_Q_GE, "system": 1 << records.OPERAND_SYSTEM, "fpflags": 1 << records.OPERAND_FP_FLAGS,
    "control": 1 << records.OPERAND_FP_CONTROL, "status": 1 << records.OPERAND_FP_STATUS,
}  # fmt: skip
"""Registers that no field numbers, and state that counts as one."""


@dataclass(frozen=True)
class Condition:
    """An operand is one if the bits `mask` of a field are `value`, or if they are not."""

    field: str
    mask: int
    value: int
    negated: bool


@dataclass(frozen=True)
class Operand:
    """Registers that an instruction reads, writes or both."""

    shape: int
    field: str = ""
    count: int = 1
    count_field: str = ""
    """Of the field that has the count, if it is not `count`."""
    mask: int = 0
    """The registers themselves, if no field numbers them."""
    when: Condition | None = None
    reads: bool = False
    writes: bool = False


@dataclass(frozen=True)
class Description:
    """What follows from a row."""

    operation_class: int
    shifted_class: int
    """The class if insn.shift_amount is not zero."""
    memory_kind: int
    branch_kind: int
    """If the PC is a destination."""
    return_field: str
    """The branch is a return if this field is `return_register`; empty for one that never is."""
    return_register: int
    operands: tuple[Operand, ...]


def describe(row: Row) -> Description:
    """Return the description of a row."""
    if row.name.startswith("Unallocated"):
        return _describe("hint", ">")
    return _describe("barrier" if row.kind == "barrier" else row.execute, operands_of(row))


@cache
def _describe(function: str, line: str) -> Description:
    operation_class = first(CLASSES, function, records.CLASS_UNDEFINED)
    return_field, return_register = first(RETURNS, function, ("", 0))
    return Description(
        operation_class=operation_class,
        shifted_class=records.CLASS_ALU_SHIFT if operation_class == records.CLASS_ALU else operation_class,
        memory_kind=first(ACCESSES, function, records.ACCESS_NONE),
        branch_kind=first(BRANCHES, function, records.BRANCH_INDIRECT),
        return_field=return_field,
        return_register=return_register,
        operands=parse(line),
    )


# --- operands: what they are called in the line of a row ------------------------------------------------------------


def operands_of(row: Row) -> str:
    """Return the operands of a row as a line."""
    module, _, function = row.execute.partition(".")
    letters = {part.letter for part in row.parts} | set(FILLED_IN.get(row.decode.partition(".")[2], ""))
    if row.execute in SPECIAL:
        return SPECIAL[row.execute]
    if module in ("load_store", "load_store_dual", "exclusive"):
        return _transfer(row, function, letters)
    if module in ("vfp", "vfp_convert"):
        return _vfp(function, letters)
    if module == "simd_load_store":
        return _structure(function)
    if module.startswith("simd_"):
        return _simd(module, function, row.decode.partition(".")[2], letters)
    return _core(module, function, letters, row.decode)


FILLED_IN = {
    "decode_thumb16_sp": "n", "decode_thumb16_to_sp": "dn", "decode_words_sp": "n", "decode_literal": "n",
    "decode_dual_immediate": "u", "decode_dual_register": "u", "decode_dual_literal": "nu",
    "decode_dual_literal_thumb": "n", "decode_pair": "u",
}  # fmt: skip
"""Register fields that a decode function fills in, which have no letter in the pattern."""

SPECIAL = {
    "branches.b": "> pc",
    "branches.bl": "> lr pc",
    "branches.blx_immediate": "> lr pc",
    "branches.blx_register": "m > lr pc",
    "branches.bx": "m > pc",
    "branches.cbz": "n > pc",
    "branches.tbb": "n m > pc",
    "branches.it": ">",
    "coprocessor.mcr": "t > system",
    "coprocessor.mrc": "system > t?t!15 flags?t=15",
    "subs_pc_lr.return_immediate": "n?length&13!13 flags?length&13=5 flags?length&14=6 system > pc flags q system",
    "subs_pc_lr.return_register": "n?length&13!13 m flags?length&13=5 flags?length&14=6 flags?shift_type=4 system"
    " > pc flags q system",
    "subs_pc_lr.return_immediate_thumb": "lr system > pc flags q system",
    "system.move_from_cpsr": "flags q system > d",
    "system.move_from_spsr": "system > d",
    "system.move_to_status": "n > flags?length&8 q?length&12 system?length&3 system?option",
    "system.move_immediate_to_status": "> flags?length&8 q?length&12 system?length&3 system?option",
    "system.change_state": "> system",
    "system.set_endianness": "> system",
    "system.return_from_exception": "n > n?wback pc flags q system",
    "system.store_return_state": "sp lr system > sp?wback",
    "load_store_multiple.load_multiple": "n > list n?wback",
    "load_store_multiple.load_multiple_user": "n > list",
    "load_store_multiple.load_multiple_return": "n system > list n?wback flags q system",
    "load_store_multiple.store_multiple": "n list > n?wback",
    "load_store_multiple.store_multiple_user": "n list >",
    "vfp_transfer.vldr_single": "n > Sd",
    "vfp_transfer.vldr_double": "n > Dd",
    "vfp_transfer.vstr_single": "n Sd >",
    "vfp_transfer.vstr_double": "n Dd >",
    "vfp_transfer.vldm_single": "n > Sd*regs n?wback",
    "vfp_transfer.vldm_double": "n > Dd*regs n?wback",
    "vfp_transfer.vstm_single": "n Sd*regs > n?wback",
    "vfp_transfer.vstm_double": "n Dd*regs > n?wback",
    "vfp_transfer.vmov_to_singles": "t u > Sm*2",
    "vfp_transfer.vmov_from_singles": "Sm*2 > t u",
    "vfp_transfer.vmov_to_double": "t u > Dm",
    "vfp_transfer.vmov_from_double": "Dm > t u",
    "vfp_transfer.vmov_to_single": "t > Sn",
    "vfp_transfer.vmov_from_single": "Sn > t",
    "vfp_transfer.vmov_to_scalar": "t Dn > Dn",
    "vfp_transfer.vmov_from_scalar": "Dn > t",
    "vfp_transfer.vmrs_fpscr": "fpflags control?t!15 status?t!15 > t?t!15 flags?t=15",
    "vfp_transfer.vmsr_fpscr": "t > fpflags control status",
    "vfp_transfer.vmrs_system": "system > t",
    "vfp_transfer.vmsr_system": "t?option=8 > system?option=8",
    "simd_permute.vdup_register": "t > Dd*regs",
}
"""Where letters do not say it."""

SOURCE_M_ONLY = r"count_leading_zeros|reverse.*"
"""Thumb encodings have Rm twice, the first time where Rn is."""
KEEPS_DESTINATION = (
    r"move_top|bit_field_.*|[su]mla(l|l_halves|ld)|smlsld|umaal"
    r"|vn?ml[as](_f..)?|vcvt_f16_f32|vqdml[as]l|vml[as]l|vabal?|vbi[ft]|vbsl|vpadal|vr?sra|vs[lr]i"
    r"|v(orr|bic)_immediate|vtbx|vswp|vtrn|vuzp|vzip"
)
"""Functions whose destination is a source, too: accumulation, insertion, exchange."""
WRITES_Q_OR_GE = r"q(add|sub|dadd|dsub)|[su]sat(16)?|sml(a_halves|aw|ad|sd)|sm(uad)|[su](add|sub)(8|16)|[su](asx|sax)"

FP_EXACT = r"v(mov|mov_immediate|abs|neg)_f..|vcvt_f64_(int|fixed)"
"""Functions without rounding and exceptions: the FPSCR means nothing to them."""


def _core(module: str, function: str, letters: set[str], decode: str) -> str:
    """Data processing: Rd of Rn, Rm, Rs and Ra; long products are in Rd and Rt."""
    reads = ["n"] if "D" in letters else []
    reads += [letter for letter in "nmsa" if letter in letters]
    if re.fullmatch(SOURCE_M_ONLY, function):
        reads = ["m"]
    writes = ["d"] if letters & {"d", "D"} else []
    writes += ["t"] if "t" in letters else []
    if re.fullmatch(KEEPS_DESTINATION, function):
        reads += writes
    if function == "adr" or function == "adr_subtracting":
        reads += ["pc"]
    if re.match("adc|sbc|rsc|rrx", function):
        reads += ["flags"]
    elif "y" in letters and module == "data_processing":
        reads += ["flags?shift_type=4"]
    if re.match("cmp|cmn|tst|teq|multiply_thumb16", function):
        writes += ["flags"]
    elif "S" in letters or re.search(r"\.decode_thumb16(_right_shift)?$", decode):
        writes += ["flags?setflags"]
    if function == "select_bytes":
        reads += ["q"]
    if module in ("saturating", "multiply", "parallel") and re.fullmatch(WRITES_Q_OR_GE, function):
        writes += ["q"]
    return f"{' '.join(reads)} > {' '.join(writes)}"


def _transfer(row: Row, function: str, letters: set[str]) -> str:
    """Loads and stores of one or two registers: the base, an offset, and what is transferred."""
    base = [letter for letter in "nm" if letter in letters]
    base += [] if "n" in letters else ["pc"] if base or "t" in letters or function == "preload" else []
    base += ["flags?shift_type=4"] if "y" in letters else []
    short = row.execute.startswith("exclusive") or function.endswith(("_immediate", "_register"))
    after = ["n?wback"] if "n" in letters and not short else []
    transferred = [letter for letter in "tu" if letter in letters]
    if function == "preload":
        return f"{' '.join(base)} >"
    if function.startswith("swap"):
        return "n u > t"
    if function.startswith("load"):
        return f"{' '.join(base)} > {' '.join(transferred + after)}"
    return f"{' '.join(base + transferred)} > {' '.join((['d'] if 'd' in letters else []) + after)}"


def _vfp(function: str, letters: set[str]) -> str:
    """VFP arithmetic: names end in the precision of the operands, conversions in that of the result before it."""
    operation, *formats = re.fullmatch(r"(v\w+?)((?:_(?:f16|f32|f64|int|fixed))+)", function).groups()  # type: ignore[union-attr]
    formats = formats[0][1:].split("_")
    source, destination = ("D" if each == "f64" else "S" for each in (formats[-1], formats[0]))
    if "fixed" in formats:
        source = destination = "D" if "f64" in formats else "S"
    reads = [source + letter for letter in "nm" if letter in letters]
    writes = [] if operation.startswith("vcmp") else [destination + "d"]
    if "fixed" in formats or operation.startswith("vcmp"):
        reads += [source + "d"]
    if re.fullmatch(KEEPS_DESTINATION, function):
        reads += writes
    if operation.startswith("vcmp"):
        writes += ["fpflags"]
    if not re.fullmatch(FP_EXACT, function):
        writes += ["status"]
        reads += [] if function == "vcvt_f32_fixed" else ["control"]  # it rounds to nearest
    return f"{' '.join(reads)} > {' '.join(writes)}"


def _structure(function: str) -> str:
    """Advanced SIMD element and structure loads and stores."""
    if function.startswith("store"):
        return "n m?index structure > n?wback"
    return f"n m?index {'structure' if function == 'load_lane' else ''} > structure n?wback"


WIDTHS = {
    "decode_long": "d*2 n m", "decode_long_16_32": "d*2 n m", "decode_long_scalar": "d*2 n m",
    "decode_long_maximum": "d*2 m", "decode_wide": "d*2 n*2 m", "decode_narrow": "d n*2 m*2",
    "decode_scalar": "d*regs n*regs m", "decode_duplicate": "d*regs m", "decode_table": "d n*length m",
    "decode_from_quadword": "d m*2", "decode_to_quadword": "d*2 m",
}  # fmt: skip
"""How many doublewords the registers of Advanced SIMD have, after a decode function; `regs` after all others."""


def _simd(module: str, function: str, decode: str, letters: set[str]) -> str:
    """Advanced SIMD data processing."""
    default = "d*2?regs n*2?regs m*2?regs d n m" if decode == "decode_extract" else "d*regs n*regs m*regs"
    operands = [word for word in WIDTHS.get(decode, default).split() if word[0] in letters]
    writes = [f"D{word}" for word in operands if word[0] == "d"]
    reads = [f"D{word}" for word in operands if word[0] != "d"]
    if re.fullmatch(KEEPS_DESTINATION, function):
        reads += writes
    if function in ("vswp", "vtrn", "vuzp", "vzip"):
        writes = reads
    if function in ("vcvt_to_half", "vcvt_from_half"):
        reads = [*reads, "control"]
    if function.startswith("vq") or (module == "simd_float" and not re.fullmatch(r"vabs|vneg|.*_unsigned", function)):
        writes = [*writes, "status"]
    return f"{' '.join(reads)} > {' '.join(writes)}"


# --- names -----------------------------------------------------------------------------------------------------------


def register_names(mask: int) -> tuple[str, ...]:
    """Return the registers of insn.sources or insn.destinations by name: ``r0``, ``d5``, and those of NAMED."""
    names = {bit.bit_length() - 1: name for name, bit in NAMED.items()}
    numbers = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return tuple(names.get(bit, f"d{bit - records.OPERAND_D0}" if bit >= 32 else f"r{bit}") for bit in numbers)


# --- from lines to operands -----------------------------------------------------------------------------------------


def parse(line: str) -> tuple[Operand, ...]:
    """Return the operands of a line; raises ValueError for a word that means nothing."""
    before, _, after = line.partition(">")
    reads, writes = before.split(), after.split()
    return tuple(_operand(word, word in reads, word in writes) for word in dict.fromkeys(reads + writes))


def _operand(word: str, reads: bool, writes: bool) -> Operand:
    name, mark, when = word.partition("?")
    condition = _condition(when) if mark else None
    match = re.fullmatch(r"([SD]?)([nmsadtu])(?:\*(\w+))?", name)
    if name in NAMED:
        return Operand(NAMED_REGISTERS, mask=NAMED[name], when=condition, reads=reads, writes=writes)
    if name in ("list", "structure"):
        shape, field = (LIST, "registers") if name == "list" else (STRUCTURE, "d")
        return Operand(shape, field, when=condition, reads=reads, writes=writes)
    if match is None:
        raise ValueError(f"{word!r} is no operand")
    count = match[3] or "1"
    return Operand(
        shape={"": CORE, "S": SINGLE, "D": DOUBLE}[match[1]],
        field=FIELDS[match[2]][0],
        count=int(count) if count.isdigit() else 0,
        count_field="" if count.isdigit() else count,
        when=condition,
        reads=reads,
        writes=writes,
    )


def _condition(text: str) -> Condition:
    match = re.fullmatch(r"(\w+?)(?:&(\d+))?(?:([=!])(\d+))?", text)
    if match is None:
        raise ValueError(f"{text!r} is no condition")
    field, mask, operator, value = match.groups()
    field = FIELDS[field][0] if field in FIELDS else field
    return Condition(field, int(mask or 0xFF), int(value or 0), operator != "=")
