"""What the peer tests ask of Hugging Face's tokenizers.

usage: peer.py encode TOKENIZER.json TEXTS.json   prints {"ids": [[…]…], "decoded": […]}
       peer.py train SETTINGS.json                prints {"vocab": {…}, "merges": […]}
       peer.py classes                            prints {"L": [[from, to]…], "N": …, "s": …, "w": …}
       peer.py bert                               prints what BERT's normaliser and splitter do
       peer.py nfc                                prints [[scalar, [scalar…]]…] where NFC changes it
"""
import json
import sys

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def encode(path, texts):
    tokenizer = Tokenizer.from_file(path)
    ids = [tokenizer.encode(text).ids for text in json.load(open(texts, encoding="utf-8"))]
    return {"ids": ids, "decoded": [tokenizer.decode(line, skip_special_tokens=False) for line in ids]}


def train(path):
    settings = json.load(open(path, encoding="utf-8"))
    # With its added tokens it would find them in the texts, as a new tokenizer does not.
    tokenizer = Tokenizer.from_str(json.dumps({**settings["tokenizer"], "added_tokens": []}))
    trainer = trainers.BpeTrainer(
        vocab_size=settings["size"], special_tokens=settings["specials"], show_progress=False,
        min_frequency=settings["minimum"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(settings["texts"], trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return {"vocab": model["vocab"], "merges": model["merges"]}


def ranges(values):
    result = []
    for value in values:
        if result and result[-1][1] == value - 1:
            result[-1][1] = value
        else:
            result.append([value, value])
    return result


def members(splitter):
    found = []
    for start in range(0, len(SCALARS), 4096):
        part = SCALARS[start:start + 4096]
        kept = {c for piece, _ in splitter.pre_tokenize_str("".join(map(chr, part))) for c in piece}
        found += [c for c in part if chr(c) not in kept]
    return ranges(found)


def classes():
    result = {
        name: members(pre_tokenizers.Split(Regex(expression), "removed"))
        for name, expression in [("L", r"\p{L}"), ("N", r"\p{N}"), ("s", r"\s")]}
    # `Whitespace` joins word characters: "a" and the scalar are one piece where it is one.
    splitter = pre_tokenizers.Whitespace()
    result["w"] = ranges(
        c for c in SCALARS if len(splitter.pre_tokenize_str("a" + chr(c))) == 1
        and splitter.pre_tokenize_str("a" + chr(c))[0][1] == (0, 2))
    return result


def nfc():
    normalizer = normalizers.NFC()
    changed = ((c, normalizer.normalize_str(chr(c))) for c in SCALARS)
    return [[c, [ord(x) for x in text]] for c, text in changed if text != chr(c)]


def bert():
    """All scalars in texts of 64, each between an a and a b, as two normalisers leave them."""
    forms = [
        normalizers.BertNormalizer(),
        normalizers.BertNormalizer(
            clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)]
    splitter = pre_tokenizers.BertPreTokenizer()
    texts = ["".join("a" + chr(c) + "b" for c in SCALARS[start:start + 64])
             for start in range(0, len(SCALARS), 64)]
    return {
        "normalized": [[form.normalize_str(text) for text in texts] for form in forms],
        "punctuation": ranges(
            c for c in SCALARS if len(splitter.pre_tokenize_str("a" + chr(c) + "b")) == 3)}


COMMANDS = {"encode": encode, "train": train, "classes": classes, "nfc": nfc, "bert": bert}
print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
