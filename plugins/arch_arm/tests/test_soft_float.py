"""The floating point of soft_float.py and its siblings, interpreted, against exact fractions and the host.

Compiled, they are compared with Unicorn by test_vfp.py.
"""

from __future__ import annotations

import importlib.util
import math
import random
import struct
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from float_operands import EXPONENT_BITS, random_float
from vmsim_arch_arm.engine import records

IOC, DZC, OFC, UFC, IXC, IDC = 1, 2, 4, 8, 0x10, 0x80
NEAREST, PLUS, MINUS, ZERO = 0, 1 << 22, 2 << 22, 3 << 22
FZ, DN, AHP = 1 << 24, 1 << 25, 1 << 26
PACKAGE = "vmsim_arch_arm.engine"


@pytest.fixture(scope="module")
def interpreted() -> dict[str, Any]:
    """Return the modules as plain Python, also where they are compiled."""
    folder = Path(records.__file__).parent
    modules: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("soft_float", "soft_convert", "soft_estimate"):
            spec = importlib.util.spec_from_file_location(f"interpreted_{name}", folder / f"{name}.py")
            assert spec is not None and spec.loader is not None
            modules[name] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(modules[name])
            patch.setitem(sys.modules, f"{PACKAGE}.{name}", modules[name])
    return modules


def fraction_bits(width: int) -> int:
    return width - 1 - EXPONENT_BITS[width]


def is_special(bits: int, width: int) -> bool:
    """Whether it is an infinity or a NaN."""
    top = (1 << EXPONENT_BITS[width]) - 1
    return bits >> fraction_bits(width) & top == top


def value_of(bits: int, width: int) -> Fraction:
    count = fraction_bits(width)
    exponent, fraction = bits >> count & (1 << EXPONENT_BITS[width]) - 1, bits & (1 << count) - 1
    bias = (1 << (EXPONENT_BITS[width] - 1)) - 1
    size = Fraction(fraction if exponent == 0 else fraction | 1 << count) * Fraction(2) ** (
        max(exponent, 1) - bias - count
    )
    return -size if bits >> (width - 1) else size


def rounded(value: Fraction, width: int, control: int) -> tuple[int, int]:
    """Return the bits and the exceptions of an exact result that is not zero, as IEEE 754 and A2.7.7 define them."""
    count = fraction_bits(width)
    bias = (1 << (EXPONENT_BITS[width] - 1)) - 1
    negative, size = value < 0, abs(value)
    exponent = size.numerator.bit_length() - size.denominator.bit_length()
    if Fraction(2) ** exponent > size:
        exponent -= 1
    sign = negative << (width - 1)
    tiny = exponent < 1 - bias
    if tiny and control & FZ and width != 16:
        return sign, UFC
    units = size / Fraction(2) ** (max(exponent, 1 - bias) - count)
    whole = math.floor(units)
    error = units - whole
    mode = control & ZERO
    if mode == NEAREST:
        whole += error > Fraction(1, 2) or (error == Fraction(1, 2) and whole & 1 == 1)
    elif mode != ZERO and error:
        whole += negative == (mode == MINUS)
    result = ((max(exponent, 1 - bias) + bias - 1) << count) + whole
    limit = ((1 << EXPONENT_BITS[width]) - 1) << count
    if result >= limit:
        to_infinity = mode == NEAREST or (mode != ZERO and negative == (mode == MINUS))
        return sign | (limit if to_infinity else limit - 1), OFC | IXC
    return sign | result, (IXC | (UFC if tiny else 0)) if error else 0


def root(value: Fraction) -> Fraction:
    """Return the square root, with an error below every rounding that matters, and exact where it is rational."""
    scaled = value.numerator * value.denominator << 400
    whole = math.isqrt(scaled)
    return Fraction(2 * whole + (whole * whole != scaled), value.denominator << 201)


@pytest.mark.parametrize("soft", [False, True], ids=["whatever is faster", "soft"])
@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("operation", ["add", "sub", "mul", "div", "sqrt"])
def test_arithmetic_is_the_exact_result_rounded(
    interpreted: dict[str, Any], operation: str, width: int, soft: bool
) -> None:
    rng = random.Random(f"{operation}{width}")
    module, compared = interpreted["soft_float"], 0
    for _ in range(1500):
        control = rng.choice([NEAREST, PLUS, MINUS, ZERO]) | rng.choice([0, FZ])
        a, b = random_float(rng, width), random_float(rng, width)
        if any(is_special(each, width) or value_of(each, width) == 0 for each in (a, b)):
            continue
        if control & FZ and any(each >> fraction_bits(width) & (1 << EXPONENT_BITS[width]) - 1 == 0 for each in (a, b)):
            continue
        x, y = value_of(a, width), value_of(b, width)
        if operation == "sqrt":
            x, a = abs(x), a & ~(1 << (width - 1))
            exact = root(x)
        else:
            exact = {"add": x + y, "sub": x - y, "mul": x * y, "div": x / y}[operation]
        if exact == 0:
            continue
        core = records.Core()
        before = core.fpscr = rng.choice([0, IXC])
        operands = (a,) if operation == "sqrt" else (a, b)
        if not soft:
            result = getattr(module, f"float{width}_{operation}")(core, *operands, control)
        elif operation in ("add", "sub"):
            result = module.soft_add(core, a, b, int(operation == "sub"), fraction_bits(width), control)
        else:
            result = getattr(module, f"soft_{operation}")(core, *operands, fraction_bits(width), control)
        expected, exceptions = rounded(exact, width, control)
        assert (hex(result), core.fpscr) == (hex(expected), exceptions | before), (hex(a), hex(b), hex(control))
        compared += 1
    assert compared > 600


@pytest.mark.parametrize(("operation", "symbol"), [("add", "+"), ("sub", "-"), ("mul", "*")])
def test_doubles_are_the_hosts(interpreted: dict[str, Any], operation: str, symbol: str) -> None:
    rng = random.Random(operation)
    soft = interpreted["soft_float"]
    for _ in range(2000):
        a, b = random_float(rng, 64), random_float(rng, 64)
        if is_special(a, 64) or is_special(b, 64):
            continue
        x, y = (struct.unpack("<d", struct.pack("<Q", each))[0] for each in (a, b))
        host = eval(f"x {symbol} y", {}, {"x": x, "y": y})
        result = getattr(soft, f"float64_{operation}")(records.Core(), a, b, NEAREST)
        assert result == struct.unpack("<Q", struct.pack("<d", host))[0]


@pytest.mark.parametrize(("source", "target"), [(16, 32), (32, 16), (32, 64), (64, 32)])
def test_conversions_are_the_exact_value_rounded(interpreted: dict[str, Any], source: int, target: int) -> None:
    rng = random.Random(f"{source}{target}")
    convert = getattr(interpreted["soft_convert"], f"float{source}_to_float{target}")
    for _ in range(2000):
        control = rng.choice([NEAREST, PLUS, MINUS, ZERO])
        a = random_float(rng, source)
        if is_special(a, source) or value_of(a, source) == 0:
            continue
        core = records.Core()
        assert (convert(core, a, control), core.fpscr) == rounded(value_of(a, source), target, control), hex(a)


@pytest.mark.parametrize("width", [32, 64])
@pytest.mark.parametrize("size", [16, 32])
@pytest.mark.parametrize("unsigned", [False, True])
def test_fixed_point_is_rounded_and_saturated(
    interpreted: dict[str, Any], width: int, size: int, unsigned: bool
) -> None:
    rng = random.Random(f"{width}{size}{unsigned}")
    module = interpreted["soft_convert"]
    low, high = (0, (1 << size) - 1) if unsigned else (-1 << (size - 1), (1 << (size - 1)) - 1)
    for _ in range(1500):
        control, places = rng.choice([NEAREST, PLUS, MINUS, ZERO]), rng.randrange(size + 1)
        a = random_float(rng, width)
        if is_special(a, width):
            continue
        units = value_of(a, width) * (1 << places)
        whole = {
            NEAREST: round(units), PLUS: math.ceil(units), MINUS: math.floor(units), ZERO: math.trunc(units),
        }[control]  # fmt: skip
        expected = min(max(whole, low), high)
        exceptions = IOC if expected != whole else IXC if whole != units else 0
        core = records.Core()
        result = getattr(module, f"float{width}_to_fixed")(core, a, size, places, unsigned, control)
        assert (result, core.fpscr) == (expected & 0xFFFFFFFF, exceptions), (hex(a), places, hex(control))
        if expected:
            back = getattr(module, f"fixed_to_float{width}")(core, result, places, unsigned, control)
            assert back == rounded(Fraction(expected, 1 << places), width, control)[0]


SNAN, QNAN, NAN, INF, DENORMAL = 0x7F800001, 0xFFC00002, 0x7FC00000, 0x7F800000, 0x00000001


@pytest.mark.parametrize(
    ("operation", "operands", "control", "result", "exceptions"),
    [
        ("float32_add", (QNAN, SNAN), 0, 0x7FC00001, IOC),  # a signaling NaN goes first
        ("float32_add", (QNAN, 0x7FC00003), 0, QNAN, 0),
        ("float32_add", (QNAN, 0), DN, NAN, 0),
        ("float32_add", (INF, 0xFF800000), 0, NAN, IOC),
        ("float32_add", (0x80000000, 0), MINUS, 0x80000000, 0),
        ("float32_add", (0x80000000, 0), 0, 0, 0),
        ("float32_sub", (0x3F800000, 0x3F800000), MINUS, 0x80000000, 0),
        ("float32_sub", (0, QNAN), 0, QNAN, 0),  # not negated
        ("float32_add", (DENORMAL, 0x80000001), FZ, 0, IDC),
        ("float32_mul", (0, INF), 0, NAN, IOC),
        ("float32_mul", (DENORMAL, INF), FZ, NAN, IOC | IDC),
        ("float32_mul", (0x00800000, 0x3F000000), 0, 0x00400000, 0),  # exact: no underflow
        ("float32_mul", (0x00800000, 0xBF000000), FZ, 0x80000000, UFC),
        ("float32_mul", (0x7F000000, 0x7F000000), ZERO, 0x7F7FFFFF, OFC | IXC),
        ("float32_div", (0x3F800000, 0x80000000), 0, 0xFF800000, DZC),
        ("float32_div", (0, 0), 0, NAN, IOC),
        ("float32_div", (INF, 0), 0, INF, 0),
        ("float32_div", (0x3F800000, 0xFF800000), 0, 0x80000000, 0),
        ("float32_sqrt", (0x80000000,), 0, 0x80000000, 0),
        ("float32_sqrt", (0xBF800000,), 0, NAN, IOC),
        ("float32_max", (0x80000000, 0), 0, 0, 0),
        ("float32_min", (0, 0x80000000), 0, 0x80000000, 0),
        ("float32_max", (0xBF800000, DENORMAL), FZ, 0, IDC),
        ("float32_greater_equal", (QNAN, 0), 0, 0, IOC),
        ("float32_equal", (QNAN, QNAN), 0, 0, 0),
        ("float32_equal", (0x80000000, 0), 0, 1, 0),
    ],
)
def test_special_operands(
    interpreted: dict[str, Any], operation: str, operands: tuple[int, ...], control: int, result: int, exceptions: int
) -> None:
    core = records.Core()
    assert getattr(interpreted["soft_float"], operation)(core, *operands, control) == result
    assert core.fpscr == exceptions


@pytest.mark.parametrize(
    ("operation", "operand", "control", "result", "exceptions"),
    [
        ("float32_to_float16", INF, AHP, 0x7FFF, IOC),
        ("float32_to_float16", QNAN, AHP, 0x8000, IOC),
        ("float32_to_float16", 0x47FFF000, AHP, 0x7FFF, IOC),  # rounds to 131072: too much
        ("float32_to_float16", 0x477FF000, AHP, 0x7C00, IXC),
        ("float32_to_float16", 0x477FF000, 0, 0x7C00, OFC | IXC),
        ("float32_to_float16", 0x33000000, FZ, 0, UFC | IXC),  # denormals of half precision are never flushed
        ("float32_to_float16", 0x33800000, FZ, 1, 0),
        ("float16_to_float32", 0x7C00, AHP, 0x47800000, 0),
        ("float16_to_float32", 0x7C01, 0, 0x7FC02000, IOC),
        ("float16_to_float32", 0x0001, FZ, 0x33800000, 0),
        ("float64_to_float32", 0x7FF0000000000001, 0, 0x7FC00000, IOC),
        ("float64_to_float32", 0x47EFFFFFF0000000, 0, INF, OFC | IXC),
        ("float32_to_float64", 0xFFC00002, 0, 0xFFF8000040000000, 0),
    ],
)
def test_special_conversions(
    interpreted: dict[str, Any], operation: str, operand: int, control: int, result: int, exceptions: int
) -> None:
    core = records.Core()
    assert getattr(interpreted["soft_convert"], operation)(core, operand, control) == result
    assert core.fpscr == exceptions


def test_estimates_are_those_of_the_manuals_text(interpreted: dict[str, Any]) -> None:
    """A2.7.7 has them in double precision."""
    soft = interpreted["soft_estimate"]
    for a in range(256, 512):
        assert soft.recip_estimate(a) == int(256 / ((a + 0.5) / 512) + 0.5)
    for a in range(128, 512):
        middle = (a + 0.5) / 512 if a < 256 else (a // 2 + 0.5) / 256
        assert soft.recip_sqrt_estimate(a) == int(256 / math.sqrt(middle) + 0.5)


@pytest.mark.parametrize(
    ("operation", "operands", "result", "exceptions"),
    [
        ("float32_recip_estimate", (0x3F800000,), 0x3F7F8000, 0),
        ("float32_recip_estimate", (0x80000001,), 0xFF800000, DZC | IDC),
        ("float32_recip_estimate", (0x7E800000,), 0, UFC),
        ("float32_recip_estimate", (0xFF800000,), 0x80000000, 0),
        ("float32_rsqrt_estimate", (0x3F800000,), 0x3F7F8000, 0),
        ("float32_rsqrt_estimate", (0xBF800000,), NAN, IOC),
        ("float32_rsqrt_estimate", (0x80000000,), 0xFF800000, DZC),
        ("float32_recip_step", (0, INF), 0x40000000, 0),
        ("float32_recip_step", (0x3F800000, 0x3F800000), 0x3F800000, 0),
        ("float32_rsqrt_step", (0x3F800000, 0x3F800000), 0x3F800000, 0),
        ("float32_rsqrt_step", (INF, 0x80000000), 0x3FC00000, 0),
        ("float32_rsqrt_step", (INF, 0x3F800000), 0xFF800000, 0),
    ],
)
def test_estimates_and_steps(
    interpreted: dict[str, Any], operation: str, operands: tuple[int, ...], result: int, exceptions: int
) -> None:
    core = records.Core()
    assert hex(getattr(interpreted["soft_estimate"], operation)(core, *operands)) == hex(result)
    assert core.fpscr == exceptions
