"""Makes `import torch` work in Python on a machine without the CUDA libraries.

The CPU set of packages (./dev, install_torch) holds what C++ needs; libtorch_python, however, is linked
to libtorch_cuda, and that to 2.5 GB of CUDA libraries which no oracle ever calls. For each of them a
stand-in of the same name is compiled whose functions end the program.

usage: stand_ins.py TORCH_LIB_FOLDER OUTPUT_FOLDER
"""

import pathlib
import re
import subprocess
import sys

# Symbols of these carry no version; they are told by their names.
PREFIXES = {
    "libnccl.so.2": "nccl",
    "libcufile.so.0": "cuFile",
    "libcurand.so.10": "curand",
    "libcusparseLt.so.0": "cusparseLt",
}
# Version of the symbols -> library.
VERSIONED = {
    name: name
    for name in ("libcudnn.so.9", "libcufft.so.12", "libcublas.so.13", "libcublasLt.so.13", "libcusparse.so.12")
} | {"NVSHMEM": "libnvshmem_host.so.3"}
USERS = ("libtorch_python.so", "libtorch_cuda.so", "libtorch_nvshmem.so")


def undefined_symbols(library: pathlib.Path) -> list[tuple[str, str]]:
    """(name, version) of the functions and variables that the library takes from others."""
    text = subprocess.run(["nm", "-D", "--undefined-only", library], check=True, capture_output=True, text=True).stdout
    return re.findall(r"^\s+U ([A-Za-z_]\w*)(?:@+(\S+))?$", text, re.MULTILINE)


def library_of(symbol: str, version: str) -> str | None:
    if version:
        return VERSIONED.get(version)
    return next((library for library, prefix in PREFIXES.items() if symbol.startswith(prefix)), None)


def make(name: str, symbols: set[str], version: str, folder: pathlib.Path) -> None:
    source = "void abort(void);\n" + "".join(f"void {symbol}(void) {{ abort(); }}\n" for symbol in sorted(symbols))
    script = folder / "version.map"
    script.write_text(f"{version} {{ *; }};\n")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-nostartfiles", "-fno-builtin", "-w", "-x", "c", "-", "-o", folder / name]
        + [f"-Wl,-soname,{name}", f"-Wl,--version-script={script}"],
        input=source, check=True, text=True,
    )
    script.unlink()


def main() -> None:
    torch_lib, folder = (pathlib.Path(argument) for argument in sys.argv[1:3])
    folder.mkdir(parents=True, exist_ok=True)
    needed: dict[str, set[str]] = {name: set() for name in (*PREFIXES, *VERSIONED.values())}
    for user in USERS:
        for symbol, version in undefined_symbols(torch_lib / user):
            library = library_of(symbol, version)
            if library:
                needed[library].add(symbol)
    versions = {library: version for version, library in VERSIONED.items()}
    for library, symbols in needed.items():
        make(library, symbols, versions.get(library, library), folder)


if __name__ == "__main__":
    main()
