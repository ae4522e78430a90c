"""Accounts, transfers and interest: dataclasses, properties, inheritance, exceptions as control flow."""

from dataclasses import dataclass, field


class InsufficientFunds(Exception):
    pass


@dataclass
class Account:
    owner: str
    cents: int = 0
    history: list = field(default_factory=list)

    @property
    def balance(self):
        return self.cents / 100

    def deposit(self, cents):
        if cents <= 0:
            raise ValueError("a deposit must be positive")
        self.cents += cents

    def withdraw(self, cents):
        if cents > self.cents:
            raise InsufficientFunds(self.owner)
        self.cents -= cents


class Savings(Account):
    def deposit(self, cents):
        super().deposit(cents)
        self.history.append(cents)
        if len(self.history) > 50:
            self.history.clear()


def transfer(source, target, cents):
    source.withdraw(cents)
    target.deposit(cents)


def main(n):
    accounts = [Account("ann", 100_000), Savings("bob", 50_000), Account("cleo", 10), Savings("dan")]
    refused = 0
    for i in range(n):
        source = accounts[i % 4]
        target = accounts[(i * 7 + 1) % 4]
        try:
            transfer(source, target, i * 37 % 5000)
        except (InsufficientFunds, ValueError):
            refused += 1
    return refused, [f"{a.balance:.2f}" for a in accounts]


def run():
    return main(700_000)


if __name__ == "__main__":
    print(run())
