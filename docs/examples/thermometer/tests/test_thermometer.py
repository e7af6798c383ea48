"""The thermometer, alone in a system without a processor."""

from __future__ import annotations

import pytest
from acme_thermometer import HOTTEST, Thermometer
from pydantic import ValidationError
from vmsim_core.description import SystemDescription
from vmsim_core.plugin_manager import PluginManager
from vmsim_core.testing import DeviceSuite
from vmsim_core.units import TICKS_PER_SECOND

import vmsim_core as vmsim

TEMP, LIMIT = 0x0, 0x4


class TestContract(DeviceSuite):
    """What every device must do, whatever a guest does to it."""

    device = Thermometer
    params = {"celsius": 21.5}


def make_thermometer(**params: object) -> Thermometer:
    """Return a thermometer that is switched on."""
    description = {"platform": "none", "memory": 4096, "cpus": [{"start": "none"}]}
    system = vmsim.System(SystemDescription.model_validate(description))
    validated = Thermometer.Params.model_validate({"at": 0x1E000000, **params})
    thermometer = Thermometer(system, "thermometer", validated)
    thermometer.reset()
    return thermometer


def wait(thermometer: Thermometer, seconds: float) -> None:
    """Let simulated time pass."""
    events = thermometer.system.events
    events.run_until(events.now + round(seconds * TICKS_PER_SECOND))


def interrupts(thermometer: Thermometer) -> bool:
    """Return whether the interrupt line is up."""
    return thermometer.irq.level


def test_it_shows_the_temperature_of_the_description() -> None:
    assert make_thermometer(celsius=21.5).read(TEMP, 4) == 215
    assert make_thermometer().read(TEMP, 4) == 200


@pytest.mark.parametrize("params", [{"celsius": -1}, {"celsius": 126}, {"celsius": "warm"}, {"period": "0s"}])
def test_a_description_is_checked(params: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        make_thermometer(**params)


def test_it_gets_warmer_up_to_the_end_of_the_scale() -> None:
    thermometer = make_thermometer(celsius=21.5, period="250ms")
    wait(thermometer, 1)
    assert thermometer.read(TEMP, 4) == 219
    wait(thermometer, 1000)
    assert thermometer.read(TEMP, 4) == HOTTEST


def test_the_interrupt_is_up_while_it_is_above_the_limit() -> None:
    thermometer = make_thermometer(celsius=21.5)
    thermometer.write(LIMIT, 4, 215)
    assert not interrupts(thermometer)
    wait(thermometer, 1)
    assert interrupts(thermometer)
    thermometer.write(LIMIT, 4, 300)
    assert not interrupts(thermometer)
    thermometer.measure(31)
    assert interrupts(thermometer)
    thermometer.reset()
    assert not interrupts(thermometer)


def test_the_temperature_cannot_be_written() -> None:
    thermometer = make_thermometer()
    thermometer.write(TEMP, 4, 7)
    assert thermometer.read(TEMP, 4) == 200
    assert thermometer.undefined_accesses.value == 1


def test_vmsim_finds_it_as_it_is_installed() -> None:
    plugins = PluginManager()
    plugins.load()
    assert plugins.devices["acme.thermometer"] is Thermometer
    assert plugins.owner_of(Thermometer) == "thermometer (acme-vmsim-thermometer)"
