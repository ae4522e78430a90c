"""Counting words, letters and pairs of words with dicts and sets."""


def make(n):
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"]
    return [words[i * i // 5 % 12] + ("s" if i % 3 else "") for i in range(n)]


def main(n):
    text = make(n)
    counts = {}
    pairs = {}
    letters = {}
    seen = set()
    previous = ""
    for word in text:
        counts[word] = counts.get(word, 0) + 1
        pair = (previous, word)
        if pair in pairs:
            pairs[pair] += 1
        else:
            pairs[pair] = 1
        for letter in word:
            if letter not in letters:
                letters[letter] = 0
            letters[letter] += 1
        seen.add(len(word))
        previous = word
    top = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return top[:2], len(pairs), max(letters.values()), sorted(seen)


def run():
    return main(800_000)


if __name__ == "__main__":
    print(run())
