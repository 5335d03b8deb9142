"""How many frames of a corpus zxing-cpp reads, by kind of fault: `python scan.py FOLDER`."""

import csv
import sys
import time
from pathlib import Path

import numpy
import zxingcpp
from PIL import Image


def main() -> None:
    folder = Path(sys.argv[1])
    kinds: dict[str, list[float]] = {}
    with open(folder / "expected.tsv", encoding="utf-8", newline="") as lines:
        for name, kind, text in csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            frame = numpy.array(Image.open(folder / name).convert("L"))
            start = time.perf_counter()
            codes = zxingcpp.read_barcodes(
                frame,
                formats=(zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Aztec),
                try_rotate=True,
                try_downscale=True,
                try_invert=True,
            )
            took = time.perf_counter() - start
            row = kinds.setdefault(kind, [0, 0, 0.0, 0.0])
            row[0] += 1
            row[1] += any(code.text == text for code in codes)
            row[2] += took
            row[3] = max(row[3], took)
    print(f"{'fault':10} {'frames':>6} {'read':>6} {'mean ms':>9} {'worst ms':>9}")
    kinds["all"] = [sum(row[at] for row in kinds.values()) for at in range(3)] + [0.0]
    for kind, (frames, read, took, worst) in kinds.items():
        print(f"{kind:10} {frames:6} {read:6} {took * 1000 / frames:9.1f} {worst * 1000:9.1f}")
    print(f"zxing-cpp {zxingcpp.__version__ if hasattr(zxingcpp, '__version__') else ''}".rstrip())


main()
