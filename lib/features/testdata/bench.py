"""The colour statistics as Python measures them, over the pictures named as
arguments: prints the seconds that took, imports and a first picture not counted.

The Go benchmark calls it: PYTHON=/path/to/python go test -bench Colour ./lib/features
"""
import sys
import time

import golden

golden.colour(sys.argv[1])
start = time.perf_counter()
for path in sys.argv[1:]:
    golden.colour(path)
print(time.perf_counter() - start)
