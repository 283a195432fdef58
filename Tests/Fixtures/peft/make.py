"""Makes the adapters in this folder with PEFT over the checkpoints in ../huggingface, from random
numbers and fixed seeds, and what PyTorch computes with them.

    python make.py

Needs torch, transformers and peft. Everything is computed in float32 on the CPU with one thread.
Each folder is as `save_pretrained` writes it; its expected.json has

- base: the checkpoint in ../huggingface that the adapter goes with;
- tokens: two sequences; logits: after every token of each, with the adapter;
- training: the losses of ten steps of AdamW from the stored numbers on `tokens` and `labels`
  (-100 where nothing is learned), the loss after them, and the norm of each tensor then.
"""
import json
import os
import shutil

import torch
from peft import LoraConfig, PrefixTuningConfig, get_peft_model
from transformers import AutoModelForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)

ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    "lora": dict(base="llama-tied", seed=1, config=lambda: LoraConfig(
        r=4, lora_alpha=8, target_modules=ALL, task_type="CAUSAL_LM",
        rank_pattern={"v_proj": 2, "model.layers.1.mlp.up_proj": 6},
        alpha_pattern={"v_proj": 3, "layers.0.self_attn.q_proj": 16})),
    "lora-layer": dict(base="qwen2-bias", seed=2, config=lambda: LoraConfig(
        r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"],
        layers_to_transform=[1], use_rslora=True, task_type="CAUSAL_LM")),
    "prefix": dict(base="llama-tied", seed=3, config=lambda: PrefixTuningConfig(
        num_virtual_tokens=5, task_type="CAUSAL_LM")),
}
OPTIMIZER = dict(
    name="AdamW", learning_rate=1e-2, beta1=0.9, beta2=0.95, epsilon=1e-8, weight_decay=0.1,
    clip_norm=1.0, steps=10)


def batch(vocabulary, seed):
    generator = torch.Generator().manual_seed(200 + seed)
    tokens = torch.randint(3, vocabulary, (2, 12), generator=generator)
    labels = tokens.clone()
    labels[0, :4] = -100
    labels[1, :6] = -100
    return tokens, labels


def number(value):
    return float("%.9g" % value)


def main():
    for name, case in CASES.items():
        folder = os.path.join(HERE, name)
        shutil.rmtree(folder, ignore_errors=True)
        torch.manual_seed(case["seed"])
        base = AutoModelForCausalLM.from_pretrained(
            os.path.join(HERE, "../huggingface", case["base"]), dtype=torch.float32)
        model = get_peft_model(base, case["config"]())
        trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
        generator = torch.Generator().manual_seed(case["seed"])
        with torch.no_grad():
            for parameter in trained.values():
                parameter.copy_(0.3 * torch.randn(parameter.shape, generator=generator))
        model.eval()
        model.save_pretrained(folder)
        for extra in ("README.md",):
            if os.path.exists(os.path.join(folder, extra)):
                os.remove(os.path.join(folder, extra))
        # The path of the base on this machine is nobody's business.
        path = os.path.join(folder, "adapter_config.json")
        config = json.load(open(path))
        config["base_model_name_or_path"] = case["base"]
        with open(path, "w") as file:
            json.dump(config, file, indent=2, sort_keys=True)
            file.write("\n")
        tokens, labels = batch(base.config.vocab_size, case["seed"])
        with torch.no_grad():
            logits = model(input_ids=tokens).logits
        model.train()
        optimizer = torch.optim.AdamW(
            trained.values(), lr=OPTIMIZER["learning_rate"],
            betas=(OPTIMIZER["beta1"], OPTIMIZER["beta2"]), eps=OPTIMIZER["epsilon"],
            weight_decay=OPTIMIZER["weight_decay"])
        losses = []
        for step in range(OPTIMIZER["steps"] + 1):
            loss = model(input_ids=tokens, labels=labels).loss
            losses.append(number(loss.item()))
            if step == OPTIMIZER["steps"]:
                break
            loss.backward()
            torch.nn.utils.clip_grad_norm_(trained.values(), OPTIMIZER["clip_norm"])
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with open(os.path.join(folder, "expected.json"), "w") as file:
            json.dump(
                {
                    "base": case["base"], "tokens": tokens.tolist(), "labels": labels.tolist(),
                    "logits": [[[number(v) for v in row] for row in rows] for rows in logits.tolist()],
                    "training": {"optimizer": OPTIMIZER, "losses": losses, "norms_after": {
                        n.replace(".default", ""): number(p.detach().double().norm().item())
                        for n, p in trained.items()}},
                }, file)
            file.write("\n")


main()
