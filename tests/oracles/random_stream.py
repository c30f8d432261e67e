"""The random numbers of core/base/rng.h and distributions.h, so that scripts and tests make the same things."""

import math

WORD = (1 << 64) - 1


def mix64(x: int) -> int:
    x = (x + 0x9E3779B97F4A7C15) & WORD
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & WORD
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & WORD
    return x ^ (x >> 31)


def hash_keys(*keys: int) -> int:
    value = 0
    for place, key in enumerate(keys + (0,) * (4 - len(keys))):
        value = mix64(key if place == 0 else value ^ key)
    return value


class Stream:
    def __init__(self, key: int):
        self.key, self.counter = key, 0

    def word(self) -> int:
        self.counter += 1
        return mix64(self.key ^ ((0xD1342543DE82EF95 * self.counter) & WORD))

    def uniform(self) -> float:
        return (self.word() >> 11) * 2.0**-53

    def below(self, bound: int) -> int:
        return (self.word() * bound) >> 64

    def normal(self) -> float:
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        return radius * math.cos(2.0 * math.pi * self.uniform())

    def gamma(self, shape: float) -> float:
        if shape < 1.0:
            boost = math.pow(1.0 - self.uniform(), 1.0 / shape)
            return boost * self.gamma(shape + 1.0)
        d = shape - 1.0 / 3.0
        c = 1.0 / math.sqrt(9.0 * d)
        while True:
            x = self.normal()
            root = 1.0 + c * x
            if root <= 0.0:
                continue
            v = root * root * root
            if math.log(1.0 - self.uniform()) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v

    def beta(self, a: float, b: float) -> float:
        x, y = self.gamma(a), self.gamma(b)
        return x / (x + y)
