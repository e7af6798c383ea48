import importlib.util
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup


def source_folder(name: str) -> str:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent.parent)


MODULES = ["branch_predictor", "pipeline", "timed_engine"]

DIRECTIVES = {
    "boundscheck": False,
    "cdivision": True,
    "initializedcheck": False,
    "wraparound": False,
}

setup(
    ext_modules=cythonize(
        [Extension(f"vmsim_cpu_timing.{module}", [f"src/vmsim_cpu_timing/{module}.pyx"]) for module in MODULES],
        include_path=["src", source_folder("vmsim_core"), source_folder("vmsim_arch_arm")],
        language_level=3,
        compiler_directives=DIRECTIVES,
    )
)
