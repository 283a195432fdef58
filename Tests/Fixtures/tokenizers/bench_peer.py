"""Measures Hugging Face's tokenizers on one thread; prints the keys of `poise-bench tokenize`.

usage: bench_peer.py FILE TOKENIZER.json [RUNS]
"""
import json
import os
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

from tokenizers import Tokenizer  # noqa: E402 (the environment is read at import)


def main():
    text = open(sys.argv[1], encoding="utf-8", newline="").read()
    path = sys.argv[2]
    if os.path.isdir(path):
        path = os.path.join(path, "tokenizer.json")
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    start = time.perf_counter()
    tokenizer = Tokenizer.from_file(path)
    load = time.perf_counter() - start
    megabytes = len(text.encode()) / 1e6
    # One string, as a whole and by lines: its BPE remembers words across calls, and long texts
    # are not its best case.
    times, lined = [], []
    lines = text.splitlines(keepends=True)
    for _ in range(runs + 1):
        start = time.perf_counter()
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        times.append(time.perf_counter() - start)
        start = time.perf_counter()
        tokenizer.encode_batch_fast(lines, add_special_tokens=False)
        lined.append(time.perf_counter() - start)
    first = times.pop(0)
    lined.pop(0)
    median = sorted(times)[runs // 2]
    start = time.perf_counter()
    same = len(tokenizer.decode(ids, skip_special_tokens=False).encode()) == len(text.encode())
    decoding = time.perf_counter() - start
    print(json.dumps({
        "peer": "tokenizers", "work": "tokenize", "mb": round(megabytes, 3), "tokens": len(ids),
        "mb_s": round(megabytes / median, 1), "tokens_s": int(len(ids) / median),
        "lines_mb_s": round(megabytes / sorted(lined)[runs // 2], 1),
        "first_mb_s": round(megabytes / first, 1),
        "decode_mb_s": round(megabytes / decoding, 1), "round_trip": same,
        "load_s": round(load, 3), "vocabulary": tokenizer.get_vocab_size(), "runs": runs,
    }))


main()
