"""Small ICC profiles, written out byte by byte (ICC.1:2001-04)."""

import struct

# Primaries adapted to D50, as XYZ of red, green and blue.
DISPLAY_P3 = ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
D50 = (0.9642, 1.0, 0.8249)


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_fixed, values))


def _gamma(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"


def _text(name: bytes) -> bytes:
    return b"desc\0\0\0\0" + struct.pack(">I", len(name) + 1) + name + b"\0" + bytes(4 + 4 + 2 + 1 + 67)


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"desc": _text(b"test"), b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(D50), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(data), len(content))
        data += content
    header = struct.pack(">I4sI4s4s4s", at + len(data), bytes(4), 0x02400000, device, space, connection)
    header += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + b"".join(map(_fixed, D50))
    return header + bytes(128 - len(header)) + table + data


def rgb(primaries: tuple, gamma: float) -> bytes:
    tags = {name + b"XYZ": _xyz(values) for name, values in zip((b"r", b"g", b"b"), primaries)}
    tags |= {name + b"TRC": _gamma(gamma) for name in (b"r", b"g", b"b")}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def cmyk() -> bytes:
    """Inks mixed at the corners of the CMYK cube only, as a table of 8 bits (lut8Type)."""
    ramp = bytes(range(256))
    table = b""
    for corner in range(16):
        c, m, y, k = corner >> 3 & 1, corner >> 2 & 1, corner >> 1 & 1, corner & 1
        lightness = 255 * (1 - 0.85 * k) * (1 - 0.3 * c) * (1 - 0.4 * m) * (1 - 0.1 * y)
        a = 128 + (1 - k) * (-35 * c + 70 * m - 5 * y)
        b = 128 + (1 - k) * (-45 * c - 5 * m + 90 * y)
        table += bytes(round(value) for value in (lightness, a, b))
    identity = b"".join(map(_fixed, (1, 0, 0, 0, 1, 0, 0, 0, 1)))
    a_to_b = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + table + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": a_to_b})
