import importlib.util
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


MODULES = ["ram_map", "dram", "prefetcher", "level", "cache", "maintenance", "port", "benchmark"]

DIRECTIVES = {
    "boundscheck": False,
    "cdivision": True,
    "initializedcheck": False,
    "wraparound": False,
}

setup(
    ext_modules=cythonize(
        [Extension(f"vmsim_mem_cache.{module}", [f"src/vmsim_mem_cache/{module}.pyx"]) for module in MODULES],
        include_path=["src", str(package_folder("vmsim_core").parent)],
        language_level=3,
        compiler_directives=DIRECTIVES,
    )
)
