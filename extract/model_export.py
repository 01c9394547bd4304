"""From a trained network to the folder that is shipped: ONNX in bytes, vocabulary, calibration."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .calibration import fitted, measured, reliability
from .decoding import Array
from .gold import GoldSentence
from .model import STATES, Calibration, Head, Model
from .reading import Reader

if TYPE_CHECKING:
    from .encoder import Network
    from .train import Training

# Nodes are written one by one, in onnxruntime's fused operators. PyTorch's own export of the same
# network ran 1.3 times slower on one core: three matrix products for query, key and value in place
# of one, shapes worked out anew in every layer, the last layer computed for pieces that nobody asks
# about, and sums fused with the norm after them into an operator five times slower than the two.

# onnxruntime's own operators: products in bytes, GELU.
_FUSED = "com.microsoft"
# LayerNormalization is in ONNX itself from 17, Split into equal parts from 18.
_OPSET = 18
_EPSILON = 1e-12

Values = NDArray[Any]


def export(
    network: "Network",
    training: "Training",
    pretrained: Path,
    out: Path,
    reader: Reader,
    dev: Sequence[GoldSentence],
    metric_dev: Sequence[GoldSentence],
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Write *out* and return its ``meta.json``, scores on the held-out sentences included."""
    out.mkdir(parents=True, exist_ok=True)
    network = network.eval()
    scheme = training.corpora[0].scheme
    heads = tuple(
        Head(name, network.heads[name].chain(), Calibration(), 0.5) for name in (scheme, "metric")
    )
    write_network(network, (scheme, "metric"), out / "tagger.onnx", window=training.window)
    shutil.copyfile(pretrained / "tokenizer.json", out / "tokenizer.json")
    meta: dict[str, Any] = {
        "name": training.name,
        "version": training.version,
        "sha256": hashlib.sha256((out / "tagger.onnx").read_bytes()).hexdigest(),
        "window": training.window,
        "overlap": training.overlap,
        "seed": training.seed,
    }
    _write(meta, heads, out)
    model = Model.load(out, threads=training.threads)
    settled, scores = [], {}
    for number, (head, sentences) in enumerate(zip(heads, (dev, metric_dev), strict=True)):

        def shipped(words: list[str], number: int = number) -> Array:
            return model.scores(words)[number]

        found = measured(sentences, head, reader, shipped)
        table = reliability(found.half(1), fitted(found.half(0)))
        head = replace(head, calibration=fitted(found))
        head = replace(head, threshold=found.best_threshold(head.calibration))
        settled.append(head)
        scores[head.output] = {
            "sentences": len(sentences),
            "threshold": head.threshold,
            "scores": found.scores(head),
            "reliability": table,
        }
        report(f"{head.output}: {json.dumps(scores[head.output]['scores'])}")
    meta["scores"] = scores
    _write(meta, tuple(settled), out)
    return meta


def _write(meta: dict[str, Any], heads: tuple[Head, ...], out: Path) -> None:
    meta["heads"] = [head.to_json() for head in heads]
    text = json.dumps(meta, indent=1, ensure_ascii=False)
    (out / "meta.json").write_text(text + "\n", encoding="utf-8")


def write_network(network: "Network", heads: Sequence[str], path: Path, *, window: int) -> None:
    """
    *network* with the named *heads* as ONNX, in bytes, for sentences of at most *window* pieces.

    Inputs are ``ids`` and ``shapes`` of each piece and ``firsts``, where each word's first piece
    stands; outputs are the heads' scores for each word and ``states``, what two layers make of it,
    for what is decided about the words afterwards. The embeddings get a scale for each row in
    8 bits, matrices one for each column in 7: on processors without VNNI the sums of 8-bit
    products saturate, and a text would get other scores there.
    """
    graph = _Graph()
    encoder = network.encoder
    zero = graph.constant("zero", np.array([0]))
    words = graph.embedding("words", _values(encoder.words.weight))
    shapes = graph.constant("shape_table", _values(encoder.shapes.weight))
    places = graph.constant("place_table", _values(encoder.positions.weight)[:window])
    here = graph.node("Slice", places, zero, graph.node("Shape", "ids"), zero)
    x = graph.node("Add", graph.node("Add", words, here), graph.node("Gather", shapes, "shapes"))
    x = graph.node("Unsqueeze", graph.norm("norm", x, encoder.norm), zero)
    last = len(encoder.layers) - 1
    halfway = x
    for number, layer in enumerate(encoder.layers):
        if number == last - 1:
            halfway = graph.node("Gather", x, "firsts", axis=1)
        mixed = graph.attention(f"layer{number}", x, layer)
        if number == last:  # nobody asks about the other pieces
            x = graph.node("Gather", x, "firsts", axis=1)
            mixed = graph.node("Gather", mixed, "firsts", axis=1)
        x = graph.rest(f"layer{number}", x, mixed, layer)
    states = graph.node("Squeeze", graph.node("Concat", halfway, x, axis=-1), zero)
    graph.node("Cast", states, to=TensorProto.FLOAT16, output=STATES)
    x = graph.node("Squeeze", x, zero)
    for head in heads:
        score = network.heads[head].score[1]
        weight = graph.constant(f"{head}_weight", _values(score.weight).T)
        bias = graph.constant(f"{head}_bias", _values(score.bias))
        graph.node("Add", graph.node("MatMul", x, weight), bias, output=head)
    graph.save(path, heads)


class _Graph:
    """Nodes and constants, each node named by its number."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, name: str, values: Values) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(
        self, kind: str, *inputs: str, domain: str = "", output: str | None = None, **settings: Any
    ) -> str:
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(
            helper.make_node(kind, list(inputs), [name], name=name, domain=domain, **settings)
        )
        return name

    def embedding(self, name: str, table: Values) -> str:
        """Rows of *table*, kept in bytes, for the input ``ids``."""
        scale = _scale(table, axis=1, top=127)
        rows = self.constant(name, np.round(table / scale).astype(np.int8))
        scales = self.constant(f"{name}_scale", scale.astype(np.float32))
        drawn = self.node("Cast", self.node("Gather", rows, "ids"), to=TensorProto.FLOAT)
        return self.node("Mul", drawn, self.node("Gather", scales, "ids"))

    def linear(self, name: str, x: str, weight: Values, bias: Values) -> str:
        """``x @ weight.T + bias``, the product in integers."""
        scale = _scale(weight.T, axis=0, top=63)
        return self.node(
            "DynamicQuantizeMatMul",
            x,
            self.constant(f"{name}_weight", np.round(weight.T / scale).astype(np.int8)),
            self.constant(f"{name}_scale", scale[0].astype(np.float32)),
            self.constant(f"{name}_zero", np.zeros(len(weight), dtype=np.int8)),
            self.constant(f"{name}_bias", bias),
            domain=_FUSED,
        )

    def split(self, x: str, parts: int) -> list[str]:
        """*x* cut into equal *parts* along its last axis."""
        names = [f"Split_{len(self._nodes)}_{part}" for part in range(parts)]
        self._nodes.append(helper.make_node("Split", [x], names, axis=-1, num_outputs=parts))
        return names

    def norm(self, name: str, x: str, norm: Any) -> str:
        weight = self.constant(f"{name}_weight", _values(norm.weight))
        bias = self.constant(f"{name}_bias", _values(norm.bias))
        return self.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=_EPSILON)

    def attention(self, name: str, x: str, layer: Any) -> str:
        """Every piece's look at all others, before the layer mixes what its heads saw."""
        width = layer.query.weight.shape[0]
        size = width // layer.attention_heads
        parts = (layer.query, layer.key, layer.value)
        # The query's scale is part of its weights.
        factors = (size**-0.5, 1.0, 1.0)
        joined = self.linear(
            f"{name}_attend",
            x,
            np.concatenate([_values(p.weight) * f for p, f in zip(parts, factors, strict=True)]),
            np.concatenate([_values(p.bias) * f for p, f in zip(parts, factors, strict=True)]),
        )
        apart = self.constant(f"{name}_apart", np.array([0, 0, layer.attention_heads, size]))
        together = self.constant(f"{name}_together", np.array([0, 0, width]))
        query, key, value = (
            self.node("Transpose", self.node("Reshape", part, apart), perm=order)
            for part, order in zip(
                self.split(joined, len(parts)),
                ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]),
                strict=True,
            )
        )
        looks = self.node("Softmax", self.node("MatMul", query, key), axis=-1)
        seen = self.node("Transpose", self.node("MatMul", looks, value), perm=[0, 2, 1, 3])
        return self.node("Reshape", seen, together)

    def rest(self, name: str, x: str, mixed: str, layer: Any) -> str:
        """What follows attention in a layer."""
        y = self.linear(f"{name}_mix", mixed, _values(layer.mix.weight), _values(layer.mix.bias))
        x = self.norm(f"{name}_mix_norm", self.node("Add", x, y), layer.mix_norm)
        y = self.linear(f"{name}_widen", x, _values(layer.widen.weight), _values(layer.widen.bias))
        y = self.node("Gelu", y, domain=_FUSED)
        narrow = layer.narrow
        y = self.linear(f"{name}_narrow", y, _values(narrow.weight), _values(narrow.bias))
        return self.norm(f"{name}_norm", self.node("Add", x, y), layer.norm)

    def save(self, path: Path, heads: Sequence[str]) -> None:
        rows = ["words", None]
        inputs = [("ids", "pieces"), ("shapes", "pieces"), ("firsts", "words")]
        graph = helper.make_graph(
            self._nodes,
            "tagger",
            [helper.make_tensor_value_info(n, TensorProto.INT64, [size]) for n, size in inputs],
            [
                *(helper.make_tensor_value_info(n, TensorProto.FLOAT, rows) for n in heads),
                helper.make_tensor_value_info(STATES, TensorProto.FLOAT16, rows),
            ],
            self._constants,
        )
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
        model = helper.make_model(graph, opset_imports=opsets)
        model.ir_version = 8  # what onnxruntime reads since 1.15
        onnx.save(model, path)


def _values(parameter: Any) -> Values:
    values: Values = parameter.detach().numpy()
    return values


def _scale(values: Values, *, axis: int, top: int) -> Values:
    """What one unit of an integer stands for, along *axis* of *values*."""
    scale: Values = np.maximum(np.abs(values).max(axis=axis, keepdims=True), 1e-12) / top
    return scale
