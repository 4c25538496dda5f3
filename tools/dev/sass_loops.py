"""The loops of tensor-core kernels in machine code: what kernel_budget writes to kernels/loops.txt."""
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Instructions counted, each with the start of its names: products, reads of their operands from shared memory, copies
# into it, special functions, barriers, accesses to local memory (spills), and slots that do nothing.
COUNTED = {"hmma": ("HMMA",), "ldsm": ("LDSM",), "ldgsts": ("LDGSTS",), "mufu": ("MUFU",), "bar": ("BAR",),
           "local": ("LDL", "STL"), "nop": ("NOP",)}
COLUMNS = ("kernel", "arch", "all", *COUNTED)
INSTRUCTION = re.compile(r"^\s+/\*[0-9a-f]+\*/\s+(?:@!?U?P\w+\s+)?([A-Z]\w*)(.*?);")


def find_nvdisasm():
    """Of the toolkit, or of the Python package nvidia-cuda-nvdisasm; None if there is none."""
    packaged = sorted(ROOT.glob(".env/python/lib/*/site-packages/nvidia/*/bin/nvdisasm"))
    return (shutil.which("nvdisasm") or shutil.which("nvdisasm", path="/usr/local/cuda/bin") or
            (str(packaged[-1]) if packaged else None))


def main_loop(lines):
    """The instructions of the widest loop around the most products, from its first one to the jump back."""
    names, labels, loops = [], {}, []
    for line in lines:
        label = re.match(r"^(\.L_x_\d+):", line)
        if label:
            labels[label[1]] = len(names)
        instruction = INSTRUCTION.match(line)
        if not instruction:
            continue
        names.append(instruction[1])
        target = re.search(r"`\((\.L_x_\d+)\)", instruction[2])
        if instruction[1] == "BRA" and target and target[1] in labels:
            loops.append(names[labels[target[1]]:])
    return max(loops, key=lambda loop: (loop.count("HMMA"), len(loop)), default=[])


def loops_of(nvdisasm, cubin):
    """By mangled name, the counts of COLUMNS from `all` on, of the kernels that multiply."""
    text = subprocess.run([nvdisasm, "-c", str(cubin)], capture_output=True, text=True, check=True).stdout
    facts = {}
    for section in re.split(r"^\.text\.", text, flags=re.M)[1:]:
        name, _, body = section.partition(":\n")
        loop = main_loop(body.splitlines())
        if "HMMA" in loop:
            facts[name] = (len(loop), *(sum(loop.count(n) for n in names) for names in COUNTED.values()))
    return facts
