"""What all suites have in common: which tests are standard, and how one that cannot be kept is waived.

A suite is a plain pytest class. Its standard tests are its contract: a subclass fills in attributes, adds tests, and
leaves those alone. `pytest_plugin` adds a test to each suite that is collected, which fails when a standard one was
removed, replaced or skipped.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, NoReturn

import pytest

NOT_APPLICABLE = "not applicable: "
"""What the reason begins with when the suite itself skips a test; the guard lets no other through."""


def not_applicable(reason: str) -> NoReturn:
    """End a standard test: what it tests is not part of the contract of what is tested."""
    pytest.skip(NOT_APPLICABLE + reason)


class Suite:
    """The base of all suites. What a subclass has to fill in is said by the suite."""

    waived: ClassVar[Mapping[str, str]] = {}
    """Standard tests that this subject does not pass, each with the reason; they are reported, not run."""

    required: ClassVar[tuple[str, ...]] = ()
    """Attributes that a subclass must fill in."""

    @classmethod
    def standard_tests(cls) -> dict[str, Any]:
        """Return the tests that this suite stands for, by name: those that its classes in the kit define."""
        standard: dict[str, Any] = {}
        for klass in reversed(cls.__mro__):
            if issubclass(klass, Suite) and klass.__module__.startswith(__package__):
                standard |= {name: test for name, test in vars(klass).items() if name.startswith("test_")}
        return standard

    @classmethod
    def missing(cls) -> list[str]:
        """Return the attributes that are not filled in."""
        return [name for name in cls.required if not hasattr(cls, name)]

    @classmethod
    def changes(cls) -> list[str]:
        """Return a line for each standard test that was removed or replaced here, and for each waiver that is none."""
        standard, found = cls.standard_tests(), []
        for name, test in standard.items():
            own = inspect.getattr_static(cls, name, None)
            if name in cls.waived or own is test:
                continue
            found.append(f"{name} is {'removed' if not callable(own) else 'replaced'}")
        for name, reason in cls.waived.items():
            if name not in standard:
                found.append(f"waived names {name}, which is no standard test of {_suite_name(cls)}")
            elif not reason.strip():
                found.append(f"waived[{name!r}] gives no reason")
        return found


def _suite_name(cls: type[Suite]) -> str:
    return next(each.__name__ for each in cls.__mro__ if each.__module__.startswith(__package__ or ""))
