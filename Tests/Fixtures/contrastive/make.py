"""Writes tuning.json: InfoNCE over a tiny BERT and its gradients, as PyTorch computes them.

usage: python make.py        (needs torch and transformers)

Weights are not stored: both sides make them with the same generator, in the order of the layout
(queries, keys and values of a layer first as weights, then as biases).
"""
import json, pathlib
import torch
import torch.nn.functional as F
from transformers import BertConfig, BertModel

torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
QUERIES = [[2, 5, 7, 3], [2, 11, 3], [2, 9, 8, 30, 31, 3]]
DOCUMENTS = [[2, 6, 7, 12, 13, 3], [2, 9, 3], [2, 11, 10, 3], [2, 5, 5, 5, 20, 21, 22, 3], [2, 30, 3]]
POSITIVES = [0, 2, 1]
IGNORED = [[0, 3], [2], [1]]
TEMPERATURE = 0.05

config = BertConfig(
    vocab_size=32, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
    intermediate_size=24, max_position_embeddings=12, type_vocab_size=2,
    hidden_dropout_prob=0, attention_probs_dropout_prob=0)


def order(model):
    names = [f"embeddings.{part}.weight" for part in
             ("word_embeddings", "position_embeddings", "token_type_embeddings")]
    names += ["embeddings.LayerNorm.weight", "embeddings.LayerNorm.bias"]
    for index in range(config.num_hidden_layers):
        layer = f"encoder.layer.{index}."
        own = [layer + f"attention.self.{part}" for part in ("query", "key", "value")]
        names += [name + ".weight" for name in own] + [name + ".bias" for name in own]
        for part in ("attention.output.dense", "attention.output.LayerNorm", "intermediate.dense",
                     "output.dense", "output.LayerNorm"):
            names += [layer + part + ".weight", layer + part + ".bias"]
    parameters = dict(model.named_parameters())
    return [(name, parameters[name]) for name in names]


def fill(model):
    state = 12345
    with torch.no_grad():
        for name, tensor in order(model):
            values = []
            for _ in range(tensor.numel()):
                state = (state * 1664525 + 1013904223) % 2**32
                values.append((state / 2**32 - 0.5) * 0.8 + (1 if name.endswith("LayerNorm.weight") else 0))
            tensor.copy_(torch.tensor(values, dtype=torch.float64).float().reshape(tensor.shape))


def encode(model, tokens, pooling):
    states = model(torch.tensor([tokens])).last_hidden_state[0]
    return F.normalize(states.mean(0) if pooling == "mean" else states[0], dim=0)


cases = []
for pooling in ("mean", "cls"):
    model = BertModel(config, add_pooling_layer=False).eval()
    fill(model)
    queries = torch.stack([encode(model, text, pooling) for text in QUERIES])
    documents = torch.stack([encode(model, text, pooling) for text in DOCUMENTS])
    scores = queries @ documents.T / TEMPERATURE
    for query, ignored in enumerate(IGNORED):
        for document in ignored:
            if document != POSITIVES[query]:
                scores[query, document] = float("-inf")
    loss = F.cross_entropy(scores, torch.tensor(POSITIVES))
    loss.backward()
    flat = lambda t: [float(f"{x:.7g}") for x in t.detach().flatten().tolist()]
    cases.append({
        "pooling": pooling, "loss": loss.item(), "queries": flat(queries),
        "documents": flat(documents),
        "gradients": [x for _, p in order(model) for x in flat(p.grad if p.grad is not None else torch.zeros_like(p))],
    })

pathlib.Path(__file__).with_name("tuning.json").write_text(json.dumps({
    "queries": QUERIES, "documents": DOCUMENTS, "positives": POSITIVES, "ignored": IGNORED,
    "temperature": TEMPERATURE, "cases": cases}) + "\n")
