"""Makes the checkpoints in this folder with transformers, from random weights and fixed seeds, and
what PyTorch computes with them: README.md beside this file explains every field.

    python make.py

Needs torch and transformers. Everything is computed in float32 on the CPU with one thread.
"""
import json
import os
import shutil

import torch
from transformers import (
    AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM)

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

LLAMA = dict(
    vocab_size=40, hidden_size=32, intermediate_size=32, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64,
    bos_token_id=1, eos_token_id=2, pad_token_id=0)
SMALL = dict(LLAMA, vocab_size=32, hidden_size=24)

CASES = {
    # Grouped-query attention, tied embeddings.
    "llama-tied": dict(
        make=lambda: LlamaForCausalLM(LlamaConfig(**LLAMA, tie_word_embeddings=True)), seed=1),
    # A bias for queries, keys and values; the output projection is its own; two end tokens.
    "qwen2-bias": dict(
        make=lambda: Qwen2ForCausalLM(Qwen2Config(
            **dict(SMALL, num_attention_heads=3, num_key_value_heads=1, eos_token_id=[2, 3]),
            rms_norm_eps=1e-5, rope_parameters=dict(rope_type="default", rope_theta=1e6),
            tie_word_embeddings=False)), seed=2),
    # Several files in bfloat16, one of them for each few tensors.
    "llama-bf16-sharded": dict(
        make=lambda: LlamaForCausalLM(LlamaConfig(**SMALL)), seed=3, dtype=torch.bfloat16,
        shard="6KB"),
    # One file in float16, with subnormal numbers in it.
    "llama-f16": dict(
        make=lambda: LlamaForCausalLM(LlamaConfig(**SMALL, tie_word_embeddings=True)), seed=6,
        dtype=torch.float16),
    # Angles stretched as in Llama 3.1, and heads wider than hidden_size / num_attention_heads.
    # The original context is short, so that all three ranges of frequencies are met.
    "llama-rope-scaled": dict(
        make=lambda: LlamaForCausalLM(LlamaConfig(
            **dict(SMALL, num_attention_heads=2, num_key_value_heads=1, head_dim=16),
            tie_word_embeddings=True,
            rope_parameters=dict(
                rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0,
                high_freq_factor=4.0, original_max_position_embeddings=16))), seed=5),
}

OPTIMIZER = dict(
    name="AdamW", learning_rate=1e-2, beta1=0.9, beta2=0.95, epsilon=1e-8, weight_decay=0.1,
    clip_norm=1.0, steps=10)


def randomize(model, seed):
    """Weights large enough for attention to be uneven, norms off one, biases off zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("norm.weight"):
                parameter.copy_(1 + 0.1 * noise)
            elif name.endswith(".bias"):
                parameter.copy_(0.3 * noise)
            else:
                parameter.copy_(noise * (1.2 / parameter.shape[-1] ** 0.5))


def floats(tensor):
    """The shortest decimals that read back as the same float32."""
    return [float(str(value)) for value in tensor.detach().float().flatten().numpy()]


def probe(tensor):
    flat = tensor.detach().float().flatten()
    places = [1, flat.numel() // 2, flat.numel() - 1]
    return {
        "shape": list(tensor.shape), "norm": norm(tensor), "indices": places,
        "values": floats(flat[places]),
    }


def norm(tensor):
    return float("%.9g" % tensor.detach().double().norm().item())


def batch(vocabulary, seed):
    """Two rows of ten tokens; the end of the second is padding, the begin of the first a prompt."""
    generator = torch.Generator().manual_seed(100 + seed)
    tokens = torch.randint(3, vocabulary, (2, 10), generator=generator)
    tokens[:, 0] = 1
    labels = tokens.clone()
    labels[0, :4] = -100
    tokens[1, 8:] = 0
    labels[1, 8:] = -100
    return tokens, labels


def greedy(model, prompt, count):
    tokens, margin = list(prompt), float("inf")
    for _ in range(count):
        logits = model(torch.tensor([tokens])).logits[0, -1]
        best = torch.topk(logits, 2).values
        margin = min(margin, (best[0] - best[1]).item())
        tokens.append(int(logits.argmax()))
    return {"prompt": list(prompt), "tokens": tokens[len(prompt):], "smallest_margin": margin}


def expected(model, seed):
    tokens, labels = batch(model.config.vocab_size, seed)
    named = dict(model.named_parameters())
    with torch.no_grad():
        logits = model(tokens).logits
        result = {
            "tensors": {name: probe(p) for name, p in named.items()},
            "tokens": tokens.tolist(),
            "labels": labels.tolist(),
            "logits": {"shape": list(logits.shape), "values": floats(logits)},
            "loss": model(tokens, labels=labels).loss.item(),
            "greedy": greedy(model, tokens[0, :4].tolist(), 12),
        }
    o = OPTIMIZER
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=o["learning_rate"], betas=(o["beta1"], o["beta2"]),
        eps=o["epsilon"], weight_decay=o["weight_decay"])
    losses, norms = [], []
    for step in range(o["steps"]):
        optimizer.zero_grad()
        loss = model(tokens, labels=labels).loss
        loss.backward()
        if step == 0:
            result["gradients"] = {name: probe(p.grad) for name, p in named.items()}
        losses.append(loss.item())
        total = torch.nn.utils.clip_grad_norm_(model.parameters(), o["clip_norm"])
        norms.append(total.item())
        optimizer.step()
    with torch.no_grad():
        losses.append(model(tokens, labels=labels).loss.item())
    result["training"] = {
        "optimizer": o, "losses": losses, "gradient_norms": norms,
        "norms_after": {name: norm(p) for name, p in named.items()},
    }
    return result


def compact(value, level=0):
    """JSON with a line for each member of the upper levels, so that changes can be read."""
    if isinstance(value, dict) and level < 2 and value:
        lines = [
            "  " * (level + 1) + json.dumps(name) + ": " + compact(item, level + 1)
            for name, item in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + "  " * level + "}"
    return json.dumps(value)


def main():
    for name, case in CASES.items():
        folder = os.path.join(HERE, name)
        shutil.rmtree(folder, ignore_errors=True)
        model = case["make"]()
        randomize(model, case["seed"])
        if name == "llama-f16":
            with torch.no_grad():
                model.model.embed_tokens.weight[5, :4] = torch.tensor([6e-8, -1e-6, 3e-5, 0])
        model = model.to(case.get("dtype", torch.float32))
        model.save_pretrained(folder, max_shard_size=case.get("shard", "1GB"))
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager")
        model.eval()
        with open(os.path.join(folder, "expected.json"), "w") as file:
            file.write(compact(expected(model, case["seed"])) + "\n")
        print(name, sum(p.numel() for p in model.parameters()), "weights")


if __name__ == "__main__":
    main()
