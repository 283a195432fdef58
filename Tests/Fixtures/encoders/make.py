"""Makes two tiny models as sentence-transformers stores them, and the vectors that it gives.

usage: make.py [MINILM]   (writes into its own folder; with the folder of all-MiniLM-L6-v2 its
                          vectors too)
"""
import json
import os
import shutil
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertForMaskedLM, BertModel

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENIZER = os.path.join(HERE, "..", "tokenizers", "bert.json")

TEXTS = [
    "", " ", "a", "The ferry leaves at seven.", "IT'S LATE, THEY'RE SLEEPING, DON'T ASK!",
    "There are 12 boats, 345 sails and 67890 knots in a rope that's 1,024 metres long.",
    "Der Fährmann grüßt die Möwen über dem großen Fluß.", "L'été, près de l'île, un cœur naïf rêve.",
    "На берегу стоит старый дом.", "渡し船は七時に出ます。雨が降るでしょう。", "渡船七点开，雨下得很大。",
    "나룻배는 일곱 시에 떠나고 비가 올 것이다.", "يغادر القارب في الساعة السابعة", "เรือข้ามฟากออกเวลาเจ็ดโมง",
    "नाव सात बजे निकलती है, और बारिश होगी।", "הסירה יוצאת בשבע והגשם יורד.", "🚢 🌧️ 👩‍👩‍👧‍👦 ⛵ and a boat",
    "½ ² Ⅻ ③ ９８７", "def ferry(boats: list[int]) -> int:\n    return total\n", "x" * 120, "zyzzyva " * 30,
    "The sea is calm, and the wind is fair. " * 3, "Boats wait in the harbour for the rain to end. " * 12,
    "We were told that it would rain before noon, so we packed our coats. " * 40,
    "<p class=\"note\">sails &amp; ropes</p>", "[MASK] of the [SEP] ferry", "e\u0301te\u0301 \u0000\u200b control\x07s",
]


def write(folder, name, content):
    os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
    with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
        out.write(content if isinstance(content, str) else json.dumps(content, indent=1))


def modules(folder, width, mode, normalizes, settings):
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling")] + [("2_Normalize", "Normalize")] * normalizes
    write(folder, "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": "sentence_transformers.models." + kind}
        for i, (path, kind) in enumerate(kinds)])
    write(folder, "1_Pooling/config.json", {
        "word_embedding_dimension": width, "pooling_mode_cls_token": mode == "cls",
        "pooling_mode_mean_tokens": mode == "mean", "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False})
    write(folder, "sentence_bert_config.json", settings)


def scaled(model, seed):
    """Weights large enough that every part matters."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            size = 0.3 if "LayerNorm" in name or "bias" in name else 0.25
            weight.copy_(torch.randn(weight.shape, generator=generator) * size
                         + (1 if name.endswith("LayerNorm.weight") else 0))
    return model


def main():
    names = json.load(open(TOKENIZER, encoding="utf-8"))["model"]["vocab"]
    shape = dict(vocab_size=len(names), num_hidden_layers=2, num_attention_heads=4,
                 max_position_embeddings=64)
    plain = os.path.join(HERE, "mean")
    shutil.rmtree(plain, ignore_errors=True)
    model = scaled(BertModel(BertConfig(hidden_size=24, intermediate_size=40, **shape)), 1)
    config = model.config.to_dict() | {"architectures": ["BertModel"]}
    write(plain, "config.json", config)
    save_file({k: v.contiguous() for k, v in model.state_dict().items()},
              os.path.join(plain, "model.safetensors"), metadata={"format": "pt"})
    shutil.copy(TOKENIZER, os.path.join(plain, "tokenizer.json"))
    write(plain, "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 64, "pad_token": "[PAD]",
        "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"})
    modules(plain, 24, "mean", True, {"max_seq_length": 48, "do_lower_case": False})

    old = os.path.join(HERE, "cls")
    shutil.rmtree(old, ignore_errors=True)
    model = scaled(BertForMaskedLM(BertConfig(
        hidden_size=16, intermediate_size=56, hidden_act="gelu_new", type_vocab_size=1, **shape)), 2).half()
    write(old, "config.json", model.config.to_dict() | {"architectures": ["BertForMaskedLM"]})
    save_file({k: v.contiguous().clone() for k, v in model.state_dict().items() if "decoder" not in k},
              os.path.join(old, "model.safetensors"), metadata={"format": "pt"})
    write(old, "vocab.txt", "".join(name + "\n" for name in sorted(names, key=names.get)))
    write(old, "tokenizer_config.json", {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64})
    modules(old, 16, "cls", False, {"max_seq_length": None, "do_lower_case": False})

    vectors = {"texts": TEXTS}
    for name in ("mean", "cls"):
        encoder = SentenceTransformer(os.path.join(HERE, name), device="cpu").float()
        found = encoder.encode(TEXTS, normalize_embeddings=True)
        vectors[name] = [[round(float(x), 7) for x in row] for row in found]
        vectors[name + " tokens"] = [len(ids) for ids in encoder.tokenizer(
            TEXTS, truncation=True, max_length=encoder.max_seq_length)["input_ids"]]
    write(HERE, "expected.json", json.dumps(vectors, ensure_ascii=False) + "\n")
    if len(sys.argv) > 1:
        encoder = SentenceTransformer(sys.argv[1], device="cpu")
        found = encoder.encode(TEXTS, normalize_embeddings=True).astype("<f4")
        found.tofile(os.path.join(HERE, "minilm.f32"))


if __name__ == "__main__":
    main()
