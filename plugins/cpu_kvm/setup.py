import importlib.util
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup


def package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


MODULES = [
    "unicorn_api",
    "block_table",
    "vcpu",
    "exceptions",
    "trapped",
    "block_hooks",
    "device_space",
    "translations",
    "run_loop",
    "unicorn_setup",
    "unicorn_engine",
]

setup(
    ext_modules=cythonize(
        [
            Extension(
                f"vmsim_cpu_kvm.{module}",
                [f"src/vmsim_cpu_kvm/{module}.pyx"],
                include_dirs=[str(package_folder("unicorn") / "include")],
            )
            for module in MODULES
        ],
        include_path=["src", str(package_folder("vmsim_core").parent)],
        language_level=3,
    )
)
