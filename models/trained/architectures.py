"""The two models: what they are made of. Embeddings are tied, so every table is there once."""

from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM

CONTEXT = 512  # tokens

SIZES = dict(vocab_size=1536, hidden_size=128, intermediate_size=352, num_attention_heads=4, head_dim=32,
             max_position_embeddings=CONTEXT, tie_word_embeddings=True, bos_token_id=0, eos_token_id=1)

CONFIGURATIONS = {
    "llama": lambda: LlamaConfig(**SIZES, num_hidden_layers=6, num_key_value_heads=4),
    "mistral": lambda: MistralConfig(**SIZES, num_hidden_layers=5, num_key_value_heads=2, sliding_window=256),
}
CLASSES = {"llama": LlamaForCausalLM, "mistral": MistralForCausalLM}


def build(name, attention="sdpa", **changes):
    """The model with random weights."""
    configuration = CONFIGURATIONS[name]()
    for key, value in changes.items():
        setattr(configuration, key, value)
    return CLASSES[name]._from_config(configuration, attn_implementation=attention)
