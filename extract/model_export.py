"""From a trained network to the folder that is shipped: ONNX in bytes, vocabulary, calibration."""

import hashlib
import json
import shutil
import tempfile
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from .calibration import fitted, measured, reliability
from .decoding import Array
from .encoder import ByteEmbedding, Network, Tagger
from .gold import GoldSentence
from .model import Calibration, Head, Model
from .reading import Reader

if TYPE_CHECKING:
    from .train import Training


def export(
    network: Network,
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
    write_network(network, (scheme, "metric"), out / "tagger.onnx")
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


def write_network(network: Network, heads: tuple[str, ...], path: Path) -> None:
    """
    *network* with the named *heads* as ONNX, in bytes.

    The embeddings get a scale for each row, matrices one for each column, in 7 bits: on processors
    without VNNI the sums of 8-bit products saturate, and a text would get other scores there.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    tagger = Tagger(network, heads).eval()
    kept = network.encoder.words
    network.encoder.words = ByteEmbedding(kept)
    try:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            # Traced with fixed lengths in view; every size that matters is a dynamic axis.
            warnings.simplefilter("ignore")
            exact = Path(folder) / "exact.onnx"
            torch.onnx.export(
                tagger,
                (torch.arange(8), torch.zeros(8, dtype=torch.int64), torch.arange(1, 4)),
                str(exact),
                input_names=["ids", "shapes", "firsts"],
                output_names=list(heads),
                dynamic_axes={
                    "ids": {0: "pieces"},
                    "shapes": {0: "pieces"},
                    "firsts": {0: "words"},
                },
                opset_version=17,
                dynamo=False,
            )
            quantize_dynamic(
                exact,
                path,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,
                weight_type=QuantType.QInt8,
            )
    finally:
        network.encoder.words = kept
