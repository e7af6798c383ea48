import importlib.util
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


SOURCE = Path("src/vmsim_arch_arm")
# Plain Python with a .pxd beside it, which also runs interpreted; and Cython where raw memory is the point.
MODULES = sorted(
    [module.with_suffix(".py") for module in SOURCE.rglob("*.pxd") if module.with_suffix(".py").exists()]
    + list(SOURCE.rglob("*.pyx"))
)
NOT_COMPILED = {SOURCE / "engine" / "records.py"}
"""Its .pxd declares structures only."""

DIRECTIVES = {
    "annotation_typing": False,
    "boundscheck": False,
    "cdivision": True,
    "infer_types": True,
    "initializedcheck": False,
    "wraparound": False,
}

# Without it compilers may round a multiplication and an addition once where the host has an instruction for both
# (GCC does on ARM hosts), and a guest's results would depend on the host.
COMPILE_ARGUMENTS = ["-ffp-contract=off"]

setup(
    ext_modules=cythonize(
        [
            Extension(
                ".".join(module.relative_to("src").with_suffix("").parts),
                [str(module)],
                extra_compile_args=COMPILE_ARGUMENTS,
            )
            for module in MODULES
            if module not in NOT_COMPILED
        ],
        include_path=["src", str(package_folder("vmsim_core").parent)],
        language_level=3,
        compiler_directives=DIRECTIVES,
    )
)
