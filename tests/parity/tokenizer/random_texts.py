"""Random texts of what goes wrong in tokenizers: mixed scripts, marks, controls, runs, markup."""

import unicodedata

RANGES = [
    (0x20, 0x7E), (0x20, 0x7E), (0x61, 0x7A), (0x61, 0x7A),  # ASCII, often
    (0xA0, 0xFF), (0x100, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x590, 0x5FF), (0x600, 0x6FF),
    (0x900, 0x97F), (0xE00, 0xE7F), (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F),
    (0x2070, 0x209F), (0x20A0, 0x20CF), (0x2100, 0x218F), (0x2460, 0x24FF), (0x2500, 0x27BF),
    (0x3000, 0x30FF), (0x3130, 0x318F), (0x3300, 0x33FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF), (0xFB00, 0xFDFF), (0xFE00, 0xFE6F), (0xFF00, 0xFFEF),
    (0x1D400, 0x1D7FF), (0x1F000, 0x1F2FF), (0x1F300, 0x1FAFF), (0x2F800, 0x2FA1D),
]
MARKS = [0x300, 0x301, 0x302, 0x303, 0x308, 0x323, 0x327, 0x328, 0x338, 0x345, 0x5B0, 0x64B, 0x93C,
         0x94D, 0x3099, 0x309A, 0x200D, 0xFE0F, 0x20E3, 0x1F3FB, 0x1F3FF]
CONTROLS = list(range(0x00, 0x20)) + list(range(0x7F, 0xA1)) + [
    0xAD, 0x200B, 0x200C, 0x200E, 0x2028, 0x2029, 0x2060, 0x206A, 0xFEFF, 0xFFF9, 0xFFFC, 0xFFFD]
WORDS = ["a", "red", "ball", "moving", "left", "on", "plain", "background", "sunset", "cat", "雨",
         "ünï", "①", "ﬁ", "👩‍👩‍👧", "🇩🇪", "e\u0301", "\u2581", "\r\n", "\u3000", "，"]
MARKUP = ["<pad>", "</s>", "<s>", "<unk>", "<0x0A>", "<0xFF>", "<extra_id_0>", "<extra_id_17>",
          "<extra_id_", "<", ">", "&", "&amp;", "&lt;", "&amp;lt;", "&notit;", "&#39;", "&#x1F600;",
          "&#128;", "&#xD800;", "&#59;", "&EACUTE;", "&eacute", "&#9", "&nbsp;", "\x1b[31;1m",
          "\x1b[0", "“", "”", "‘", "’", "ʼ", "ŉ", "Ǆ", "ﬆ", "Ｕ", "ﾀ", "ｰ", "ﾞ", "￥", "\n", "\r"]


def code_point(rng):
    if rng.random() < 0.03:
        while True:
            value = rng.randrange(0x110000)
            if not 0xD800 <= value < 0xE000:
                return value
    return rng.randint(*rng.choice(RANGES))


def fragment(rng):
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(WORDS)
    if kind < 0.35:
        return rng.choice(MARKUP)
    if kind < 0.42:
        return chr(rng.choice(CONTROLS))
    if kind < 0.52:
        return "".join(chr(rng.choice(MARKS)) for _ in range(rng.randint(1, 3)))
    if kind < 0.60:
        return " " * rng.choice([1, 1, 1, 2, 3, 50])
    if kind < 0.62:
        return chr(code_point(rng)) * rng.randint(2, 200)
    low, high = rng.choice(RANGES)
    return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 8)))


def text(rng):
    separator = rng.choice(["", " ", " ", rng.choice(["", "\u2581", "\u00A0", "\t"])])
    pieces = [fragment(rng) if rng.random() < 0.9 else chr(code_point(rng))
              for _ in range(rng.choice([1, 2, 3, 5, 8, 20]))]
    return separator.join(pieces)


def assigned(string):
    """Only what the reference's own Unicode tables know: what they do not, they do not compose."""
    return "".join(c for c in string if unicodedata.category(c) != "Cn")
