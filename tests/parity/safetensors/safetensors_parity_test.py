"""Compares our safetensors reader and writer with the safetensors package.

usage: safetensors_parity_test.py DRIVER
"""

import pathlib
import subprocess
import sys
import tempfile

import safetensors
import safetensors.torch
import torch

DTYPES = [
    torch.bool, torch.uint8, torch.int8, torch.float8_e5m2, torch.float8_e4m3fn, torch.int16, torch.uint16,
    torch.float16, torch.bfloat16, torch.int32, torch.uint32, torch.float32, torch.int64, torch.uint64, torch.float64,
]  # fmt: skip

# Where we are stricter than the package, in the words of our messages. The first is a rule of the
# format that the package does not enforce.
STRICTER = (
    "the header does not begin with",
    "which is unknown or not supported",
    "has a key other than",
    "occurs twice",
    "dimensions (at most",
    "has a dimension of",
    "name holds a control character",
)


def run(driver: str, *arguments: object) -> str:
    command = [driver, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def check_round_trip(driver: str, folder: pathlib.Path) -> None:
    """Every dtype and some shapes, written by the package, copied by us, read by the package."""
    generator = torch.Generator().manual_seed(0)
    tensors = {}
    for dtype in DTYPES:
        for shape in [(), (0, 3), (5,), (2, 3, 4)]:
            values = torch.randint(0, 2, shape, generator=generator).to(dtype)
            tensors[f"{dtype}.{len(shape)}.{sum(shape)}"] = values
    metadata = {"prompt": 'a "lighthouse", 灯台', "seed": "7"}
    safetensors.torch.save_file(tensors, folder / "in", metadata)
    run(driver, "copy", folder / "in", folder / "out")
    with safetensors.safe_open(folder / "out", "pt") as copy:
        assert copy.metadata() == metadata, copy.metadata()
        assert set(copy.keys()) == set(tensors)
        for name, tensor in tensors.items():
            found = copy.get_tensor(name)
            assert found.dtype == tensor.dtype and found.shape == tensor.shape, name
            assert torch.equal(found.reshape(-1).view(torch.uint8), tensor.reshape(-1).view(torch.uint8)), name
    print(f"{len(tensors)} tensors of {len(DTYPES)} dtypes copied")


def package_accepts(path: pathlib.Path) -> bool:
    try:
        safetensors.deserialize(path.read_bytes())
    except safetensors.SafetensorError:
        return False
    return True


def check_verdicts(driver: str, folder: pathlib.Path, count: int) -> None:
    """We accept no damaged file that the package refuses, and refuse more only by our own rules."""
    both, stricter, neither = 0, 0, 0
    for line in run(driver, "mutate", count, folder).splitlines():
        name, _, verdict = line.partition(" ")
        accepted = package_accepts(folder / name)
        if verdict == "ok":
            assert accepted, f"we accept what the package refuses: {(folder / name).read_bytes()!r}"
            both += 1
        elif accepted:
            assert any(rule in verdict for rule in STRICTER), f"{verdict}: {(folder / name).read_bytes()!r}"
            stricter += 1
        else:
            neither += 1
    print(f"{count} damaged files: {both} accepted by both, {neither} by neither, {stricter} refused by our own rules")
    assert both + stricter + neither == count


def main() -> None:
    driver = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_round_trip(driver, folder)
        check_verdicts(driver, folder, count=5_000)


if __name__ == "__main__":
    main()
