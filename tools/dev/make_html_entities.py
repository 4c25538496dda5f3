#!/usr/bin/env python3
"""Writes src/text/html_entities.inc from the table of HTML5's named character references that
Python has: tools/dev/make_html_entities.py > src/text/html_entities.inc"""

import html
import html.entities


def literal(text):
    simple = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    result = ""
    for character in text:
        code = ord(character)
        if character in simple:
            result += simple[character]
        elif 0x20 <= code < 0x7F:
            result += character
        elif code < 0x10000:
            result += f"\\u{code:04X}"
        else:
            result += f"\\U{code:08X}"
    return f'"{result}"'


def capitals():
    """Names in capitals that HTML5 does not know, of references whose name is in small letters."""
    for name, text in html.entities.html5.items():
        if name.endswith(";") and name == name.lower():
            reference = "&" + name.upper()
            if html.unescape(reference) == reference:
                yield name.upper(), text.upper()


def table(name, entries):
    print(f"constexpr Entity {name}[] = {{")
    line = "   "
    for key, value in sorted(entries):
        entry = f' {{"{key}", U{literal(value)}}},'
        if len(line) + len(entry) > 100:
            print(line)
            line = "   "
        line += entry
    print(line)
    print("};")


print("// Made by tools/dev/make_html_entities.py; sorted by name.")
table("kEntities", html.entities.html5.items())
table("kCapitalEntities", capitals())
