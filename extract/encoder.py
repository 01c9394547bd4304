# PyTorch is not installed where types are checked: its classes are Any there.
# mypy: allow-subclassing-any
"""
The tagger's network in PyTorch: a BERT encoder (Devlin et al. 2019) with a head for each scheme.

Only training imports this module; what it learns runs in onnxruntime (see ``model.py``).
"""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from .decoding import IMPOSSIBLE, Chain, allowed
from .subwords import SHAPES


class Layer(nn.Module):
    """Self-attention and feed-forward, each followed by a residual sum and a norm."""

    def __init__(self, width: int, inner: int, attention_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention_heads = attention_heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.mix = nn.Linear(width, width)
        self.mix_norm = nn.LayerNorm(width, eps=1e-12)
        self.widen = nn.Linear(width, inner)
        self.narrow = nn.Linear(inner, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, length, width = x.shape

        def heads(projected: Tensor) -> Tensor:
            size = width // self.attention_heads
            return projected.view(batch, length, self.attention_heads, size).transpose(1, 2)

        mixed = functional.scaled_dot_product_attention(
            heads(self.query(x)),
            heads(self.key(x)),
            heads(self.value(x)),
            attn_mask=mask,  # no dropout: without it attention is one fused step, twice as fast
        )
        mixed = mixed.transpose(1, 2).reshape(batch, length, width)
        x = self.mix_norm(x + self.dropout(self.mix(mixed)))
        return self.norm(x + self.dropout(self.narrow(functional.gelu(self.widen(x)))))


class Encoder(nn.Module):
    """WordPieces and letter case to one vector for each piece."""

    def __init__(self, config: dict[str, Any], dropout: float) -> None:
        super().__init__()
        width = config["hidden_size"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.shapes = nn.Embedding(SHAPES, width)
        nn.init.zeros_(self.shapes.weight)  # so that training starts from what was pretrained
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(
            Layer(width, config["intermediate_size"], config["num_attention_heads"], dropout)
            for _ in range(config["num_hidden_layers"])
        )

    @classmethod
    def pretrained(cls, folder: Path, dropout: float) -> "Encoder":
        """From ``config.json`` and ``model.safetensors`` in the names that Hugging Face uses."""
        encoder = cls(json.loads((folder / "config.json").read_text(encoding="utf-8")), dropout)
        theirs = _safetensors(folder / "model.safetensors")
        # A single segment: its embedding joins the positions'.
        segment = theirs["embeddings.token_type_embeddings.weight"][0]
        ours = {
            "words.weight": theirs["embeddings.word_embeddings.weight"],
            "positions.weight": theirs["embeddings.position_embeddings.weight"] + segment,
            "shapes.weight": encoder.shapes.weight.detach(),
            "norm.weight": theirs["embeddings.LayerNorm.weight"],
            "norm.bias": theirs["embeddings.LayerNorm.bias"],
        }
        names = {
            "query": "attention.self.query",
            "key": "attention.self.key",
            "value": "attention.self.value",
            "mix": "attention.output.dense",
            "mix_norm": "attention.output.LayerNorm",
            "widen": "intermediate.dense",
            "narrow": "output.dense",
            "norm": "output.LayerNorm",
        }
        for number in range(len(encoder.layers)):
            for our, their in names.items():
                for part in ("weight", "bias"):
                    key = f"encoder.layer.{number}.{their}.{part}"
                    ours[f"layers.{number}.{our}.{part}"] = theirs[key]
        encoder.load_state_dict(ours)
        return encoder

    def forward(self, ids: Tensor, shapes: Tensor, mask: Tensor | None = None) -> Tensor:
        positions = self.positions.weight[: ids.shape[1]]
        x = self.dropout(self.norm(self.words(ids) + positions + self.shapes(shapes)))
        for layer in self.layers:
            x = layer(x, mask)
        return x


class Head(nn.Module):
    """Scores for one scheme's labels, and the conditional random field over them."""

    def __init__(self, width: int, kinds: tuple[str, ...], dropout: float) -> None:
        super().__init__()
        self.kinds = kinds
        labels = 2 * len(kinds) + 1
        self.score = nn.Sequential(nn.Dropout(dropout), nn.Linear(width, labels))
        self.transitions = nn.Parameter(torch.zeros(labels, labels))
        self.start = nn.Parameter(torch.zeros(labels))
        self.end = nn.Parameter(torch.zeros(labels))
        follows, first = allowed(len(kinds))
        self.register_buffer("forbidden", torch.tensor(~follows) * IMPOSSIBLE, persistent=False)
        self.register_buffer("not_first", torch.tensor(~first) * IMPOSSIBLE, persistent=False)

    def surprise(self, x: Tensor, gold: Tensor, lengths: Tensor) -> Tensor:
        """Negative log-likelihood of the *gold* labels, summed over words of all sentences."""
        scores = self.score(x).float()
        transitions, start = self.transitions + self.forbidden, self.start + self.not_first
        rows = torch.arange(len(gold))
        ahead = start + scores[:, 0]
        path = ahead[rows, gold[:, 0]]
        for t in range(1, gold.shape[1]):
            live = t < lengths
            onward = torch.logsumexp(ahead[:, :, None] + transitions, dim=1) + scores[:, t]
            ahead = torch.where(live[:, None], onward, ahead)
            step = transitions[gold[:, t - 1], gold[:, t]] + scores[rows, t, gold[:, t]]
            path = path + torch.where(live, step, torch.zeros_like(step))
        last = gold[rows, lengths - 1]
        return (torch.logsumexp(ahead + self.end, dim=1) - path - self.end[last]).sum()

    def chain(self) -> Chain:
        """The field's weights as the decoder wants them."""
        return Chain(
            self.kinds,
            (self.transitions + self.forbidden).detach().double().numpy(),
            (self.start + self.not_first).detach().double().numpy(),
            self.end.detach().double().numpy(),
        )


class Network(nn.Module):
    """One encoder, a `Head` for each scheme of annotation."""

    def __init__(
        self, encoder: Encoder, schemes: dict[str, tuple[str, ...]], dropout: float
    ) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.norm.weight.shape[0]
        self.heads = nn.ModuleDict(
            {name: Head(width, kinds, dropout) for name, kinds in schemes.items()}
        )

    def words(self, ids: Tensor, shapes: Tensor, firsts: Tensor, mask: Tensor | None) -> Tensor:
        """A vector for each word: that of its first piece."""
        x = self.encoder(ids, shapes, mask)
        return torch.gather(x, 1, firsts[:, :, None].expand(-1, -1, x.shape[2]))


def _safetensors(path: Path) -> dict[str, Tensor]:
    """The float tensors of a safetensors file: a length, a JSON header, then the numbers."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        if entry.get("dtype") == "F32":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            numbers = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(numbers.copy())
    return tensors
