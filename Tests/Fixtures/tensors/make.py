"""Writes operations.json: what PyTorch computes for the fused operations, with gradients.

usage: python make.py        (needs torch; the numbers are random, the seed is fixed)
"""
import json, pathlib
import torch
import torch.nn.functional as F

torch.manual_seed(11)
torch.set_num_threads(1)
cases = []


def case(name, operation, arguments, **numbers):
    """Runs `operation` on named tensors of random numbers; a list is a shape."""
    tensors = {
        key: (torch.randn(value) if isinstance(value, list) else value)
        for key, value in arguments.items()
    }
    tensors = {key: value.float().requires_grad_() for key, value in tensors.items()}
    result = operation(**tensors)
    outgoing = torch.randn_like(result)
    result.backward(outgoing)
    flat = lambda t: [float(f"{x:.8g}") for x in t.detach().flatten().tolist()]
    matrix = lambda t: {"rows": t.shape[0] if t.dim() > 1 else 1, "columns": t.shape[-1], "values": flat(t)}
    cases.append({
        "name": name, "numbers": {k: v for k, v in numbers.items() if not isinstance(v, list)},
        "lists": {k: v for k, v in numbers.items() if isinstance(v, list)},
        "arguments": [matrix(tensors[k]) for k in tensors], "result": matrix(result),
        "outgoing": matrix(outgoing), "gradients": [matrix(tensors[k].grad) for k in tensors],
    })


def rms_norm(x, w):
    return F.rms_norm(x, (x.shape[-1],), w, 1e-5)


def swiglu(gate_up):
    gate, up = gate_up.chunk(2, -1)
    return F.silu(gate) * up


def low_rank(x, w, a, b, bias):
    return F.linear(x, w, bias) + 0.5 * F.linear(F.linear(x, a), b)


def pooled(x):
    return torch.stack([part.mean(0) for part in (x[:1], x[1:4], x[4:])])


def rotate(x, base):
    length, _, dimension = x.shape
    frequencies = base ** (-torch.arange(0, dimension, 2).double() / dimension)
    angles = torch.arange(length).double()[:, None] * frequencies
    cosine, sine = (torch.cat([f(angles)] * 2, -1).float()[:, None] for f in (torch.cos, torch.sin))
    half = dimension // 2
    return x * cosine + torch.cat([-x[..., half:], x[..., :half]], -1) * sine


def attention(projection, heads, shared, dimension, starts, causal, base):
    parts = []
    for start, end in zip(starts, starts[1:] + [projection.shape[0]]):
        rows = projection[start:end].view(end - start, heads + 2 * shared, dimension)
        q, k, v = rows.split([heads, shared, shared], 1)
        if base:
            q, k = rotate(q, base), rotate(k, base)
        k, v = (t.repeat_interleave(heads // shared, 1) for t in (k, v))
        q, k, v = (t.transpose(0, 1)[None] for t in (q, k, v))
        out = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        parts.append(out[0].transpose(0, 1).reshape(end - start, heads * dimension))
    return torch.cat(parts)


def cross_entropy(logits, labels):
    losses = F.cross_entropy(logits, torch.tensor(labels), reduction="none", ignore_index=-1)
    return losses[:, None]


case("linear", lambda x, w, b, r: F.linear(x, w, b) + r, {"x": [3, 7], "w": [5, 7], "b": [5], "r": [3, 5]})
case("low_rank", low_rank, {"x": [4, 9], "w": [6, 9], "a": [2, 9], "b": [6, 2], "bias": [6]}, scale=0.5)
case("rms_norm", rms_norm, {"x": [3, 19], "w": [19]}, epsilon=1e-5)
case("layer_norm", lambda x, w, b: F.layer_norm(x, (x.shape[-1],), w, b, 1e-12),
     {"x": [3, 19], "w": [19], "b": [19]}, epsilon=1e-12)
case("swiglu", swiglu, {"gate_up": 3 * torch.randn(3, 34)})
case("gelu", lambda x: F.gelu(x), {"x": 3 * torch.randn(3, 21)})
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), {"x": 3 * torch.randn(3, 21)})
case("embedding", lambda table: F.embedding(torch.tensor([3, 0, 3, 6]), table), {"table": [7, 5]}, tokens=[3, 0, 3, 6])
case("log_softmax", lambda x: F.log_softmax(x, -1), {"x": 5 * torch.randn(3, 23)})
case("normalize", lambda x: F.normalize(x, dim=-1), {"x": [3, 18]})
case("cosine", lambda a, b: F.cosine_similarity(a, b, dim=-1)[:, None], {"a": [4, 18], "b": [4, 18]})
case("mean_pooling", pooled, {"x": [9, 6]}, starts=[0, 1, 4])
case("product", lambda a, b: F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T, {"a": [3, 10], "b": [5, 10]})
case("cross_entropy", lambda logits: cross_entropy(logits, [4, -1, 0, 18]), {"logits": 6 * torch.randn(4, 19)},
     labels=[4, -1, 0, 18])
for index, (lengths, heads, shared, dimension, causal, base) in enumerate([
    ([5], 1, 1, 6, True, 0), ([1, 17], 2, 1, 8, True, 100.0), ([3, 2], 4, 2, 4, False, 0),
    ([33], 1, 1, 16, True, 10000.0), ([4, 7], 2, 2, 6, False, 50.0),
]):
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    case("attention", lambda projection: attention(projection, heads, shared, dimension, starts, causal, base),
         {"projection": [sum(lengths), (heads + 2 * shared) * dimension]},
         heads=heads, shared=shared, dimension=dimension, causal=int(causal), base=base, starts=starts)

# Ten steps of AdamW on one tensor; the result is the tensor after each step.
weights = torch.randn(1, 13, requires_grad=True)
start, gradients = weights.detach().clone(), torch.randn(10, 13)
optimizer, after = torch.optim.AdamW([weights], lr=0.01, betas=(0.9, 0.99), weight_decay=0.1), []
for gradient in gradients:
    weights.grad = gradient[None].clone()
    optimizer.step()
    after.append(weights.detach().clone()[0])
flat = lambda t: {"rows": t.shape[0], "columns": t.shape[1], "values": [float(f"{x:.8g}") for x in t.flatten().tolist()]}
cases.append({
    "name": "adamw", "numbers": {"rate": 0.01, "beta1": 0.9, "beta2": 0.99, "decay": 0.1}, "lists": {},
    "arguments": [flat(start), flat(gradients)], "result": flat(torch.stack(after)),
    "outgoing": flat(torch.zeros(1, 1)), "gradients": [],
})

path = pathlib.Path(__file__).with_name("operations.json")
path.write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
