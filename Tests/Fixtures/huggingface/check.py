"""Opens what Poise wrote with safetensors and transformers, and prints what they see.

    python check.py tensors FILE           name, type, shape and float64 sum of every tensor
    python check.py metadata FILE          the metadata as JSON
    python check.py logits FOLDER TOKENS   the logits of AutoModelForCausalLM, in float32; TOKENS is
                                           a JSON list of rows
    python check.py equal FOLDER OTHER     whether transformers finds the same weights in both
    python check.py tokens FOLDER TEXT     the ids that AutoTokenizer gives the text, its begin and
                                           its end token
"""
import json
import sys

import torch
from safetensors import safe_open


def model(folder):
    from transformers import AutoModelForCausalLM
    loaded, report = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    problems = {name: sorted(map(str, value)) for name, value in report.items() if value}
    if problems:
        sys.exit("transformers complains: %s" % problems)
    return loaded.eval()


def main(what, path, *rest):
    if what == "tensors":
        with safe_open(path, "pt") as file:
            for name in file.keys():
                tensor = file.get_tensor(name)
                total = tensor.double().sum().item()
                print(name, str(tensor.dtype).split(".")[-1], list(tensor.shape), repr(total))
    elif what == "metadata":
        with safe_open(path, "pt") as file:
            print(json.dumps(file.metadata()))
    elif what == "logits":
        with torch.no_grad():
            logits = model(path)(torch.tensor(json.loads(rest[0]))).logits
        print(json.dumps([float(str(value)) for value in logits.flatten().numpy()]))
    elif what == "equal":
        ours, theirs = model(path).state_dict(), model(rest[0]).state_dict()
        same = ours.keys() == theirs.keys() and all(
            torch.equal(ours[name], theirs[name]) for name in ours)
        print("equal" if same else "different")
    elif what == "tokens":
        from transformers import AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(path)
        ids = tokenizer(rest[0], add_special_tokens=False)["input_ids"]
        print(json.dumps([ids, tokenizer.bos_token, tokenizer.eos_token]))
    else:
        sys.exit("unknown: " + what)


if __name__ == "__main__":
    main(*sys.argv[1:])
