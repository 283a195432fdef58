"""Measures generation by transformers with its cache; prints the keys of `poise-bench generate`.

usage: bench_peer.py [tiny|small|medium] [THREADS]

Random weights, as there. Greedy, no end token; the time of a step is that of a run with all new
tokens less that of a run with one, by the number of steps between.
"""
import json
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

# vocabulary, width, layers, heads, feed-forward width, context
SHAPES = {
    "tiny": (2048, 128, 4, 4, 384, 128),
    "small": (4096, 256, 6, 8, 768, 256),
    "medium": (16384, 576, 12, 9, 1536, 512),
}


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "tiny"
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    vocabulary, width, layers, heads, feed_forward, context = SHAPES[name]
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=heads, intermediate_size=feed_forward,
        max_position_embeddings=context, tie_word_embeddings=True, bos_token_id=None,
        eos_token_id=None, pad_token_id=None)).eval()
    matrices = {p.data_ptr(): p.numel() for p in model.parameters() if p.dim() > 1}
    data = 4 * sum(matrices.values())
    buffer = torch.ones((512 << 20) // 4)
    buffer.sum()
    reads = []
    for _ in range(6):
        start = time.perf_counter()
        buffer.sum()
        reads.append(time.perf_counter() - start)
    peak = (512 << 20) / min(reads)
    del buffer
    prompt, new = 16, 64

    def run(ids, count):
        start = time.perf_counter()
        with torch.inference_mode():
            out = model.generate(
                ids, attention_mask=torch.ones_like(ids), do_sample=False, use_cache=True,
                min_new_tokens=count, max_new_tokens=count)
        assert out.shape[1] == prompt + count
        return time.perf_counter() - start

    for batch in (1, 16):
        ids = torch.randint(0, vocabulary, (batch, prompt))
        run(ids, 4)
        steps = sorted((run(ids, new) - run(ids, 1)) / (new - 1) for _ in range(5))
        step = steps[2]
        print(json.dumps({
            "peer": "transformers", "config": name, "batch": batch,
            "tokens_per_s": round(batch / step, 1), "ms_per_step": round(step * 1e3, 3),
            "new_tokens": new, "prompt_tokens": prompt, "bytes_per_step": data,
            "bandwidth_gb_s": round(data / step / 1e9, 2),
            "peak_bandwidth_gb_s": round(peak / 1e9, 2),
            "share_of_bandwidth": round(data / step / peak, 3), "threads": threads}))


main()
