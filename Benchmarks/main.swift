import BenchCore

print(Decimal.fixed(0, 1))
