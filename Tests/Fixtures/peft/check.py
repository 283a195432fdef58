"""Opens an adapter's folder that Poise wrote with PEFT, and prints what it computes.

    python check.py logits BASE FOLDER TOKENS   the logits of the base in BASE with the adapter in
                                                FOLDER, in float32; TOKENS is a JSON list of rows
"""
import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM


def main(what, base, folder, tokens):
    if what != "logits":
        sys.exit("unknown: " + what)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, folder).eval()
    with torch.no_grad():
        logits = model(input_ids=torch.tensor(json.loads(tokens))).logits
    print(json.dumps([float(str(value)) for value in logits.flatten().numpy()]))


if __name__ == "__main__":
    main(*sys.argv[1:])
