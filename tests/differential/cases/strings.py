"""Strings and bytes: indexing, comparison, building, formatting, methods."""

from case import case


@case(("hello", 1), ("hello", -1), ("hello", 9), ("", 0), ("h\u00e9\U0001f600", 2), ("abc", "x"))
def index(s, i):
    return s[i]


@case(("hello world",), ("",), ("\u00e9\u00e8",))
def loop_over(s):
    seen = {}
    for c in s:
        seen[c] = seen.get(c, 0) + 1
    return seen, [ord(c) for c in s], s[::-1], s[1:3], len(s)


@case(("abc", "abd"), ("a", "a"), ("", "a"), ("a", 1), ("\u00e9", "e"))
def compare(a, b):
    return a == b, a != b, a in str(b), a is b


@case(("abc", "abd"), ("b", "a"), ("a", 1))
def order(a, b):
    return a < b, a >= b


@case((30,))
def build_by_adding(n):
    s = ""
    for i in range(n):
        s += chr(97 + i % 26)
        if i % 10 == 0:
            s += "-"
    return s


@case((20,))
def build_by_joining(n):
    parts = []
    for i in range(n):
        parts.append(str(i))
    return ",".join(parts), "".join(reversed(parts)), "ab" * n


@case((1, 2.5), ("x", None), (2**70, float("nan")))
def formatting(a, b):
    return f"{a} {b!r:>8} {a:}" + "%s-%r" % (a, b) + "{0}{1!s}{0}".format(a, b)


@case((5,), (5.25,), ("text",))
def format_specs(x):
    return f"{x:>10}|{x:08.3f}|{x:x}"


@case(("The Quick brown",), ("",))
def methods(s):
    return (s.upper(), s.lower(), s.split(), s.replace("i", "1"), s.startswith("The"), s.find("q"), s.strip("Tn"),
            s.isalpha(),
            s.partition(" "), s.encode(), s.title(), s.count("o"), s.center(20, "*"), s.zfill(3))


@case(("radar",), ("hello",), ("",), ("a",))
def palindrome(s):
    i = 0
    j = len(s) - 1
    while i < j:
        if s[i] != s[j]:
            return False
        i += 1
        j -= 1
    return True


@case(("aaabbc",), ("",), ("abc",))
def run_lengths(s):
    seen = []
    i = 0
    while i < len(s):
        j = i
        while j < len(s) and s[j] == s[i]:
            j += 1
        seen.append((s[i], j - i))
        i = j
    return seen


@case((b"hello", 1), (b"", 0), (bytearray(b"xyz"), 2), (b"abc", -1))
def bytes_index(b, i):
    total = 0
    for x in b:
        total += x
    return total, b[i], b[1:], b + b"!", len(b), 104 in b


@case((bytearray(b"hello"),))
def bytearray_stores(b):
    for i in range(len(b)):
        b[i] = (b[i] + 1) % 256
    b.append(33)
    b[0] = 300
    return b


@case(("kitten", "sitting"), ("", "abc"), ("same", "same"))
def levenshtein(a, b):
    previous = list(range(len(b) + 1))
    for i, x in enumerate(a):
        current = [i + 1]
        for j, y in enumerate(b):
            current.append(min(previous[j + 1] + 1, current[j] + 1, previous[j] + (x != y)))
        previous = current
    return previous[-1]


@case(("hello", 3), ("khoor", -3))
def caesar(s, key):
    out = []
    for c in s:
        if "a" <= c <= "z":
            out.append(chr((ord(c) - 97 + key) % 26 + 97))
        else:
            out.append(c)
    return "".join(out)


@case(("a", 1), ("a", None), (b"a", "a"))
def bad_addition(a, b):
    return a + b


class MyStr(str):
    def __eq__(self, other):
        return "mine"

    __hash__ = str.__hash__


@case((MyStr("a"), "a"), ("a", MyStr("a")), ("a", "a"))
def str_subclass(a, b):
    return [a == b for _ in range(5)], a + b, len(a)


@case(("12 + 7 * 3",), ("5",), ("1 * * 2",))
def calculator(text):
    tokens = text.split()
    total = int(tokens[0])
    i = 1
    while i < len(tokens):
        value = int(tokens[i + 1])
        total = total + value if tokens[i] == "+" else total * value
        i += 2
    return total


@case(("abc",), ("",))
def membership(s):
    return "b" in s, "" in s, "bc" in s, [c for c in "xaybz" if c in s], s.index("a") if s else None


@case((["1", " -2 ", "1_000", "9" * 30],), (["1.5", "1e3", "nan", "-inf"],), (["x"],), (["1\0"],), (["\u0664"],),
      ([b"12", 5, 2.5],), ([MyStr("7")],), (["1" * 5000],))
def numbers_from_text(texts):
    seen = []
    for text in texts:
        for kind in (int, float):
            try:
                seen.append(repr(kind(text)))
            except ValueError as error:
                seen.append(str(error)[:60])
    return seen, [int(text) for text in texts if text == "1"], [float(text) for text in texts]


@case((["a,b,c", "d,e,f"],), (["a,b,c", "d,e"],), ([MyStr("a,b,c")],), ([b"a,b,c"],), ([],))
def split_and_use(lines):
    groups = {}
    for line in lines:
        first, second, third = line.split(",")
        groups.setdefault(first, []).append((second.upper(), third.strip().join("xy")))
    return sorted(groups.items()), [line.partition(",")[2].splitlines(True) for line in lines]


@case(("a b  c",), ("",), (MyStr("x y"),))
def c_methods_with_keywords(text):
    return (text.split(), text.split(" "), text.split(" ", 1), text.split(None, 1), text.split(maxsplit=1),
            text.rsplit(sep=" "), text.splitlines(), text.splitlines(keepends=True), text.encode(), text.expandtabs())


@case(("abcdef", 1, 4), ("abcdef", -2, None), ("", 0, 5), (MyStr("abc"), 1, 2), ("abcdef", "x", 2))
def slices(text, start, stop):
    piece = text[start:stop]
    return piece, piece.upper(), type(piece), [text[i:] for i in range(3)], text[::-1]


@case((b"abcdef", 1, 4), (b"abcdef", -2, None), (b"", 0, 5), (b"ab", 0, 2), (b"abc", True, 9), (bytearray(b"abc"), 1, 2),
      ((1, 2, 3), 1, None), ((1, 2, 3), 0, 3), ((1, 2, 3), 2, 1), ("h\u00e9llo\u20ac", 1, 3), ("abc", 0, 3), ([1, 2], 0, 1))
def slices_of_all(items, start, stop):
    piece = items[start:stop]
    return piece, piece is items, type(piece), items[:], items[start:], items[:stop], items[-2:], len(items[1:2])


@case((3, "x"), (0, None))
def slices_of_known_tuples(a, b):
    packed = (a, b, a, b)
    first, second = packed[1:3]
    return first, second, packed[::-1], packed[:-1], packed[2:], packed[5:], packed[a:]


@case(("hello", "l"), ("hello", "lo"), ("", ""), ("h\u20ac", "\u20ac"), ("abc", "abcd"), (MyStr("abc"), "b"), ("abc", MyStr("c")),
      ("abc", 1))
def substrings(text, part):
    vowels = [c for c in text if c in "aeiou"]
    digits = sum(c in "0123456789" for c in text)
    return part in text, part not in text, part in "hello world", vowels, digits


@case(("abc", "abd"), ("", "x"), ("h\u20ac\U0001f600", "ab"), (b"abc", b"abd"), (b"abc", "abc"), ("abc", [1, 2, 3, 4]),
      (MyStr("ab"), "abc"))
def side_by_side(a, b):
    same = 0
    for i, (x, y) in enumerate(zip(a, b)):
        same += (x == y) * (i + 1)
    numbered = [(i, c) for i, c in enumerate(a)]
    for i, c in enumerate(b, 5):
        if i > 6:
            break
        numbered.append((c, i))
    return same, numbered


@case(("abcdef", 3), (b"abcdef", 3), ("abcdef", 30))
def left_within_a_pair(a, n):
    seen = []
    for i, (x, y) in zip(range(9), zip(a, a[1:])):
        if i == n:
            x = [x]
        seen.append(y + x)
    return seen


@case((3,), (12,))
def ints_as_text(n):
    out = []
    for i in range(n):
        for value in (i, -i, 10**i, -(10**i), 2**63 - 1 - i, -2**63 + i, i > 2):
            out += [str(value), f"{value}", f"<{value}>", f"{value!s}:{value!r}", f"{value:4}", "%d" % value]
    return out


@case(("plain", "x"), ("caf\u00e9", "\U0001f600"), ("", ""), ("a", ""))
def texts_in_a_row(a, b):
    out = []
    for i in range(8):
        out += [f"{a}{b}", f"{a}-{b}", f"{a}{i}{b}{None}", f"{b}{a!r}{1.5}", f"\u00fc{a}"]
    return out, [text.isascii() for text in out]
