"""A tokenizer and recursive-descent calculator for arithmetic expressions."""


class Parser:
    def __init__(self, text):
        self.tokens = tokenize(text)
        self.position = 0

    def peek(self):
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return ("end", None)

    def take(self):
        token = self.peek()
        self.position += 1
        return token

    def expression(self):
        value = self.term()
        while self.peek()[1] in ("+", "-"):
            operator = self.take()[1]
            right = self.term()
            value = value + right if operator == "+" else value - right
        return value

    def term(self):
        value = self.factor()
        while self.peek()[1] in ("*", "/"):
            operator = self.take()[1]
            right = self.factor()
            if operator == "*":
                value *= right
            else:
                if right == 0:
                    raise ZeroDivisionError(f"at token {self.position}")
                value //= right
        return value

    def factor(self):
        kind, value = self.take()
        if kind == "number":
            return value
        if value == "-":
            return -self.factor()
        if value == "(":
            inner = self.expression()
            self.take()
            return inner
        raise SyntaxError(f"unexpected {value!r}")


def tokenize(text):
    tokens = []
    i = 0
    while i < len(text):
        char = text[i]
        if char.isspace():
            i += 1
        elif char.isdigit():
            start = i
            while i < len(text) and text[i].isdigit():
                i += 1
            tokens.append(("number", int(text[start:i])))
        else:
            tokens.append(("operator", char))
            i += 1
    return tokens


def main(n):
    sources = ["1 + 2 * (3 - 4) * -5", "((10 + 20) * 30 - 40) / 7", "2 * 3 * 4 * 5 - 100 / (1 + 1)", "8 / (4 - 4)",
               "3 + * 4"]
    total = 0
    errors = 0
    for i in range(n):
        try:
            total += Parser(sources[i % len(sources)]).expression()
        except (ZeroDivisionError, SyntaxError):
            errors += 1
    return total, errors


def run():
    return main(50_000)


if __name__ == "__main__":
    print(run())
