"""
Trains one model: python train.py llama|mistral PREPARED OUT [--seconds 150] [--epochs 60] [--dropout 0.1]

PREPARED is what prepare.py wrote. OUT gets weights.safetensors (those with the least validation loss), config.json,
result.json, samples.txt and log.txt. Needs torch, transformers, tokenizers and safetensors; uses a GPU where there is one.
All of the text lies on the device, as one row of tokens, and every batch is made of random windows of it.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional as F

from architectures import CONTEXT, build

PROMPTS = ("In the beginning", "And the king said unto her,", "Blessed is the man", "Behold,")


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("model", choices=["llama", "mistral"])
    parser.add_argument("prepared", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=150, help="the schedule ends by then, if the epochs have not")
    parser.add_argument("--epochs", type=float, default=60)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--rate", type=float, default=2e-3, help="the highest learning rate")
    parser.add_argument("--decay", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=64, help="windows a step")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def add_dropout(model, probability):
    """Where GPT-2 has it: behind the embeddings and behind both parts of a layer. The library's classes have none there."""
    for name, module in model.named_modules():
        if name.endswith(("embed_tokens", "o_proj", "down_proj")):
            module.register_forward_hook(lambda layer, _, output: F.dropout(output, probability, layer.training))


def optimizer_of(model, rate, decay):
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    scales = [parameter for parameter in model.parameters() if parameter.dim() == 1]
    return torch.optim.AdamW([{"params": matrices, "weight_decay": decay}, {"params": scales, "weight_decay": 0.0}],
                             lr=rate, betas=(0.9, 0.95))


def windows(tokens, starts):
    return tokens[starts[:, None] + torch.arange(CONTEXT + 1, device=tokens.device)]


def loss_of(model, batch):
    logits = model(input_ids=batch[:, :-1], use_cache=False).logits
    return F.cross_entropy(logits.flatten(0, 1).float(), batch[:, 1:].flatten())


@torch.no_grad()
def validation_loss(model, tokens, batch):
    """Of every token, read in windows that do not overlap."""
    model.eval()
    starts = torch.arange(0, len(tokens) - CONTEXT, CONTEXT, device=tokens.device)
    losses = [loss_of(model, windows(tokens, part)).item() * len(part) for part in starts.split(batch)]
    model.train()
    return sum(losses) / len(starts)


@torch.no_grad()
def sample(model, tokenizer, prompt, length=200, temperature=0.7):
    """Ends at the end of a chapter or after so many tokens."""
    ids = tokenizer.encode(prompt).ids
    while len(ids) < length and ids[-1] != model.config.eos_token_id:
        logits = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
        ids.append(torch.multinomial(torch.softmax(logits.float() / temperature, -1), 1).item())
    return tokenizer.decode(ids)


def train(model, parts, options, device, log):
    """Leaves the weights of the best checkpoint in the model and returns what is known of it."""
    steps = math.ceil(options.epochs * len(parts["train"]) / (options.batch * CONTEXT))
    warm_up = max(1, min(100, steps // 20))
    every = max(1, steps // 60)
    optimizer = optimizer_of(model, options.rate, options.decay)
    best, kept, step, start = math.inf, None, 0, time.monotonic()
    result = {}
    progress = 0.0
    model.train()
    while progress < 1:
        rate = options.rate * min(1, (step + 1) / warm_up) * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)
        for group in optimizer.param_groups:
            group["lr"] = rate
        starts = torch.randint(len(parts["train"]) - CONTEXT, (options.batch,), device=device)
        loss = loss_of(model, windows(parts["train"], starts))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        seconds = time.monotonic() - start
        progress = max(step / steps, seconds / options.seconds)
        if step % every == 0 or progress >= 1:
            valid = validation_loss(model, parts["valid"], options.batch)
            log(f"{seconds:6.1f} s  step {step:5d} of {steps}  rate {rate:.2e}  train {loss.item():.4f}  valid {valid:.4f}")
            if valid < best:
                best = valid
                kept = {name: tensor.clone() for name, tensor in model.state_dict().items()}
                result = {"valid": valid, "train": loss.item(), "step": step, "steps": steps, "seconds": seconds}
    model.load_state_dict(kept)
    return result


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    torch.set_float32_matmul_precision("high")  # TF32 products, float32 weights and optimizer state
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = Tokenizer.from_file(str(options.prepared / "tokenizer.json"))
    parts = {name: tokens.to(device).long() for name, tokens in load_file(options.prepared / "tokens.safetensors").items()}
    model = build(options.model, attention_dropout=options.dropout).to(device)
    add_dropout(model, options.dropout)

    with open(options.out / "log.txt", "w") as file:
        def log(line):
            print(f"{options.model}: {line}", flush=True)
            print(line, file=file, flush=True)

        parameters = sum(parameter.numel() for parameter in model.parameters())
        settings = {name: getattr(options, name) for name in ("epochs", "dropout", "rate", "decay", "batch", "seed")}
        log(f"{parameters} parameters, {len(parts['train'])} tokens, torch {torch.__version__}, {device}, {settings}")
        result = train(model, parts, options, device, log)
        weights = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
        save_file(weights, options.out / "weights.safetensors")
        model.config.to_json_file(options.out / "config.json")
        (options.out / "result.json").write_text(json.dumps({**result, "parameters": parameters, **settings}, indent=1) + "\n")
        model.eval()
        samples = "\n\n".join(sample(model, tokenizer, prompt) for prompt in PROMPTS)
        (options.out / "samples.txt").write_text(samples + "\n")
        log(f"best: {result}\n{samples}")


if __name__ == "__main__":
    main()
