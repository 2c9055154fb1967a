"""Each line on stdin, a number of seconds, is answered by the median examples a second over that long."""

import sys
import time


def serve(step, batch: int):
    for _ in range(3):
        step()
    print("ready", flush=True)
    for line in sys.stdin:
        times, start = [], time.perf_counter()
        while not times or time.perf_counter() - start < float(line):
            before = time.perf_counter()
            step()
            times.append(time.perf_counter() - before)
        print(batch / sorted(times)[len(times) // 2], flush=True)
