"""Building text character by character: a run-length coder, a Caesar cipher and palindromes."""


def caesar(text, key):
    out = ""
    for char in text:
        if "a" <= char <= "z":
            out += chr((ord(char) - 97 + key) % 26 + 97)
        else:
            out += char
    return out


def run_lengths(text):
    parts = []
    i = 0
    while i < len(text):
        j = i
        while j < len(text) and text[j] == text[i]:
            j += 1
        parts.append(text[i] + str(j - i))
        i = j
    return "".join(parts)


def palindromes(text):
    count = 0
    for centre in range(len(text)):
        reach = 0
        while centre - reach >= 0 and centre + reach < len(text) and text[centre - reach] == text[centre + reach]:
            reach += 1
        count += reach
    return count


def main(n):
    text = "the quick brown fox jumps over the lazy dog, aabbbccccd; level noon racecar. "
    total = 0
    for key in range(n):
        coded = caesar(text, key)
        total += len(run_lengths(coded)) + palindromes(coded)
    return total, caesar(text, 13)


def run():
    return main(12_000)


if __name__ == "__main__":
    print(run())
