"""What the peer tests ask of sentence-transformers.

usage: peer.py FOLDER TEXTS.json OUT.f32   writes unit vectors, float32, row after row
"""
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

from sentence_transformers import SentenceTransformer  # noqa: E402 (reads the environment)

folder, texts, out = sys.argv[1:]
encoder = SentenceTransformer(folder, device="cpu")
found = encoder.encode(json.load(open(texts, encoding="utf-8")), normalize_embeddings=True)
found.astype("<f4").tofile(out)
