"""The kick: a timer's signal that ends KVM_RUN.

The signal is blocked in the thread that runs the guest and open in KVM_RUN alone (KVM_SET_SIGNAL_MASK): one that comes
a moment too early stays pending and ends the next KVM_RUN at once, so that none is ever missed. No handler runs, and
other signals, such as that of Ctrl-C, are left as they are. Linux, timer_create(2): SIGEV_THREAD_ID.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from ctypes import Structure, byref, c_int, c_long, c_void_p
from typing import Any

from vmsim_cpu_kvm import kvm_api as api

SIGNAL = signal.SIGRTMIN + 6
QUANTUM = 2_000_000
"""Nanoseconds after which the guest is looked at, at the latest."""

SLOW_QUANTUM = 10_000_000
"""The same where it is enough that a wait of the guest ends at some time."""

_SIGEV_THREAD_ID = 4


class _SignalEvent(Structure):
    """struct sigevent: 64 bytes."""

    _fields_ = [
        ("value", c_void_p),
        ("signo", c_int),
        ("notify", c_int),
        ("thread", c_int),
        ("pad", c_int * 11),
    ]


class _TimerSpec(Structure):
    """struct itimerspec: the interval, then the first expiry."""

    _fields_ = [("every_s", c_long), ("every_ns", c_long), ("first_s", c_long), ("first_ns", c_long)]


# glibc had the timers in a library of their own up to 2.33.
_timers: Any = api.libc if hasattr(api.libc, "timer_create") else ctypes.CDLL("librt.so.1", use_errno=True)


class Kick:
    """A timer for the thread that runs one vCPU."""

    def __init__(self, vcpu: int) -> None:
        self._vcpu = vcpu
        self._thread = 0
        self._timer: c_void_p | None = None

    def bind(self) -> bool:
        """Be of the thread that calls, from now on; return whether it was another's before. Raises KvmError."""
        thread = threading.get_native_id()
        if thread == self._thread:
            return False
        self.close()
        open_ones = signal.pthread_sigmask(signal.SIG_BLOCK, [SIGNAL])
        blocked = sum(1 << (number - 1) for number in open_ones if number != SIGNAL)
        api.ioctl(self._vcpu, api.SET_SIGNAL_MASK, byref(api.SignalMask(8, blocked)))
        event = _SignalEvent(None, SIGNAL, _SIGEV_THREAD_ID, thread)
        timer = c_void_p()
        _check(_timers.timer_create(c_int(1), byref(event), byref(timer)))  # CLOCK_MONOTONIC
        self._thread, self._timer = thread, timer
        return True

    def arm(self, first: int, every: int) -> None:
        """Kick after `first` nanoseconds, and after each `every` then; raises KvmError."""
        self._set(_TimerSpec(0, every, 0, min(max(first, 1), every)))

    def disarm(self) -> None:
        """Kick no more; a kick that came meanwhile is forgotten."""
        self._set(_TimerSpec())
        self.acknowledge()

    @staticmethod
    def acknowledge() -> None:
        """Take the signal that ended KVM_RUN, if it was the kick's."""
        signal.sigtimedwait([SIGNAL], 0)

    def close(self) -> None:
        """Give the timer back."""
        if self._timer is not None:
            _check(_timers.timer_delete(self._timer))
            self._timer = None
        self._thread = 0

    def _set(self, when: _TimerSpec) -> None:
        _check(_timers.timer_settime(self._timer, 0, byref(when), None))


def _check(result: int) -> None:
    if result != 0:
        raise api.last_error()
