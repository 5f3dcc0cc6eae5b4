"""The families: for each a tiny model of the transformers library, random weights, two layers, one gated MLP a layer or none."""

import types
from dataclasses import dataclass, field

import torch
import transformers

SIZES = dict(vocab_size=32, hidden_size=16, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
             num_key_value_heads=1, head_dim=8, max_position_embeddings=128, pad_token_id=0, bos_token_id=1, eos_token_id=2)


def unrolled_experts(self, hidden_states, top_k_index, top_k_weights):
    """One MLP an expert on the tokens routed to it, as optimum's patches write it; the library's loop depends on the data."""
    result = torch.zeros_like(hidden_states)
    for expert in range(self.num_experts):
        token, slot = torch.where(top_k_index == expert)
        gate, up = torch.nn.functional.linear(hidden_states[token], self.gate_up_proj[expert]).chunk(2, dim=-1)
        output = torch.nn.functional.linear(self.act_fn(gate) * up, self.down_proj[expert])
        result = result.index_add(0, token, output * top_k_weights[token, slot, None])
    return result


@dataclass(frozen=True)
class Family:
    """A model class, its sizes beside SIZES, and how many gated MLPs the whole model has, in how many of them packed."""

    name: str
    model: str
    sizes: dict = field(default_factory=dict)
    gated: int = 2
    packed: int = 0
    drop: tuple = ()
    kind: str = "decoder"

    def build(self, attention="eager", **other_sizes):
        """The same weights whenever it is called."""
        model_class = getattr(transformers, self.model)
        sizes = {key: value for key, value in {**SIZES, **self.sizes, **other_sizes}.items() if key not in self.drop}
        torch.manual_seed(0)
        transformers.set_seed(0)
        model = model_class._from_config(model_class.config_class(**sizes), attn_implementation=attention).eval()
        for module in model.modules():
            if hasattr(module, "num_experts") and hasattr(module, "gate_up_proj"):
                module.forward = types.MethodType(unrolled_experts, module)
        for parameter in model.parameters():
            if parameter.dim() == 1 and parameter.abs().max() == 0:
                torch.nn.init.normal_(parameter, std=0.1)
        return model


FAMILIES = {family.name: family for family in [
    Family("llama", "LlamaForCausalLM"),
    Family("llama-bias", "LlamaForCausalLM", dict(mlp_bias=True)),
    Family("mistral", "MistralForCausalLM"),
    Family("ministral", "MinistralForCausalLM"),
    Family("qwen2", "Qwen2ForCausalLM"),
    Family("qwen3", "Qwen3ForCausalLM"),
    Family("phi3", "Phi3ForCausalLM", dict(original_max_position_embeddings=128), packed=2),
    Family("gemma", "GemmaForCausalLM", dict(hidden_act="gelu_pytorch_tanh")),
    Family("gemma2", "Gemma2ForCausalLM"),
    Family("gemma3", "Gemma3ForCausalLM"),
    Family("glm", "GlmForCausalLM", packed=2),
    Family("glm4", "Glm4ForCausalLM", packed=2),
    Family("smollm3", "SmolLM3ForCausalLM"),
    Family("olmo", "OlmoForCausalLM"),
    Family("olmo2", "Olmo2ForCausalLM"),
    Family("granite", "GraniteForCausalLM", dict(embedding_multiplier=12.0, residual_multiplier=0.22, logits_scaling=8.0)),
    Family("stablelm", "StableLmForCausalLM"),
    Family("cohere", "CohereForCausalLM", dict(num_key_value_heads=2)),
    Family("cohere2", "Cohere2ForCausalLM", dict(num_key_value_heads=2)),
    Family("exaone4", "Exaone4ForCausalLM"),
    Family("ernie4_5", "Ernie4_5ForCausalLM"),
    Family("hunyuan", "HunYuanDenseV1ForCausalLM"),
    Family("seed-oss", "SeedOssForCausalLM"),
    Family("helium", "HeliumForCausalLM"),
    Family("lfm2", "Lfm2ForCausalLM", dict(layer_types=["full_attention", "conv"])),
    Family("mixtral", "MixtralForCausalLM", dict(intermediate_size=32, num_local_experts=4, num_experts=4, num_experts_per_tok=2), gated=8, packed=8),
    Family("qwen2-moe", "Qwen2MoeForCausalLM", dict(num_experts=4, num_experts_per_tok=2, moe_intermediate_size=48,
                                                   shared_expert_intermediate_size=64), gated=10, packed=8),
    Family("deepseek-v3", "DeepseekV3ForCausalLM", dict(first_k_dense_replace=2, q_lora_rank=8, kv_lora_rank=8,
           qk_rope_head_dim=8, qk_nope_head_dim=8, v_head_dim=8, num_key_value_heads=2), drop=("head_dim",)),
    Family("t5-v1.1", "T5EncoderModel", dict(d_model=16, d_kv=8, d_ff=64, num_layers=2, num_heads=2,
           feed_forward_proj="gated-gelu"), kind="encoder"),
    Family("t5-v1.1-full", "T5ForConditionalGeneration", dict(d_model=16, d_kv=8, d_ff=64, num_layers=2, num_heads=2,
           num_decoder_layers=2, feed_forward_proj="gated-gelu", decoder_start_token_id=0), gated=4, kind="seq2seq"),
    Family("modernbert", "ModernBertForMaskedLM", dict(global_attn_every_n_layers=2, local_attention=8, cls_token_id=1,
                                                     sep_token_id=2), packed=2, kind="encoder"),
    Family("nomic-bert", "NomicBertModel", kind="encoder"),
    Family("eurobert", "EuroBertForMaskedLM", kind="encoder"),
    Family("dinov2-swiglu", "Dinov2Model", dict(image_size=28, patch_size=14, use_swiglu_ffn=True, mlp_ratio=2),
           drop=("num_key_value_heads",), kind="image"),
    Family("aimv2", "Aimv2VisionModel", dict(image_size=28, patch_size=14), kind="image"),
    Family("pixtral", "PixtralVisionModel", dict(image_size=32, patch_size=16, hidden_act="silu"), kind="pixels"),
    # look-alikes: two projections or an activation, but no gate
    Family("starcoder2", "Starcoder2ForCausalLM", gated=0),
    Family("nemotron", "NemotronForCausalLM", gated=0),
    Family("phi", "PhiForCausalLM", gated=0),
    Family("gpt-neox", "GPTNeoXForCausalLM", gated=0),
    Family("arcee", "ArceeForCausalLM", gated=0),
    Family("t5", "T5EncoderModel", dict(d_model=16, d_kv=8, d_ff=64, num_layers=2, num_heads=2), gated=0, kind="encoder"),
    Family("clip", "CLIPTextModel", gated=0, kind="encoder"),
]}
