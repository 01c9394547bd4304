"""Training the tagger, on a network small enough for a test, and reading annotated sentences."""

import gzip
import hashlib
import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scholargraph.extract.corpora import Corpus, epoch_batches, split, stopped
from scholargraph.extract.gold import GoldSentence, Span, read_gold
from scholargraph.extract.model import Model, ModelError
from scholargraph.extract.sources.opening import SourceError
from scholargraph.extract.train import SETTINGS, Training, train

LINE = {
    "id": "d#0",
    "doc_id": "d",
    "text": "We train CRDN on Cityscapes.",
    "spans": [
        {"start": 17, "end": 27, "label": "Dataset"},
        {"start": 9, "end": 13, "label": "Method"},
    ],
}


def written(path: Path, *lines: object) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_gold_is_read_plain_and_packed_in_reading_order(tmp_path):
    plain = written(tmp_path / "gold.jsonl", LINE)
    packed = tmp_path / "gold.data"
    packed.write_bytes(gzip.compress(plain.read_bytes()))

    expected = [
        GoldSentence("d#0", "d", LINE["text"], (Span(9, 13, "method"), Span(17, 27, "dataset")))
    ]
    assert list(read_gold(plain)) == expected
    assert list(read_gold(packed)) == expected


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "gold.jsonl:2: not a line of JSON"),
        ('{"text": "a"}', 'gold.jsonl:2: needs "text" and "spans"'),
        ("[]", 'gold.jsonl:2: needs "text" and "spans"'),
        ('{"text": 5, "spans": []}', 'gold.jsonl:2: needs "text" and "spans"'),
        (
            '{"text": "a", "spans": [{"start": 0, "end": 2, "label": "Task"}]}',
            "gold.jsonl:2: a span lies outside its text of 1 characters",
        ),
    ],
)
def test_a_bad_line_of_gold_is_named(tmp_path, line, message):
    path = written(tmp_path / "gold.jsonl", LINE)
    path.write_text(path.read_text() + line + "\n")

    with pytest.raises(SourceError, match="gold.jsonl") as error:
        list(read_gold(path))
    assert message in str(error.value)


def test_gold_that_is_not_there_or_cut_short_is_refused(tmp_path):
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(json.dumps(LINE).encode())[:-12])

    for path in (tmp_path / "none.jsonl", cut):
        with pytest.raises(SourceError, match="cannot be read"):
            list(read_gold(path))


def test_settings_are_read_from_a_file_beside_the_data(tmp_path):
    settings = tmp_path / "tagger.toml"
    settings.write_text(
        'dev = "dev.jsonl"\nepochs = 2\nbegin = "a.pt"\nblend = ["a.pt", "b.pt"]\n'
        '[[corpora]]\nscheme = "a"\npath = "train.jsonl"\n'
        'kinds = ["method"]\nsentences = [0, 500]\n'
    )

    assert Training.from_file(settings) == Training(
        corpora=(Corpus("a", tmp_path / "train.jsonl", ("method",), (None, 500)),),
        dev=tmp_path / "dev.jsonl",
        epochs=2,
        begin=tmp_path / "a.pt",
        blend=(tmp_path / "a.pt", tmp_path / "b.pt"),
    )


def test_the_settings_of_the_packaged_tagger_can_be_read():
    training = Training.from_file(SETTINGS, data=Path("data"))

    assert training.corpora[0].path == Path("data/scier/train.jsonl.gz")
    assert training.name == "scholargraph-tagger"


@pytest.mark.parametrize("text", ["epochs =", "epochs = 2", "corpora = []\ndev = 'x'\nspeed = 3"])
def test_bad_settings_are_refused(tmp_path, text):
    settings = tmp_path / "tagger.toml"
    settings.write_text(text)

    with pytest.raises(ModelError, match=r"tagger\.toml: not the settings of a training run"):
        Training.from_file(settings)


def test_whole_documents_are_held_out(tmp_path):
    lines = [{**LINE, "id": f"{d}#{n}", "doc_id": str(d)} for d in range(60) for n in range(3)]
    corpus = Corpus("a", written(tmp_path / "train.jsonl", *lines), ("method",))

    _, kept, held = split(corpus, hold_out=True)

    assert len(kept) + len(held) == 180
    assert held
    assert not {s.document for s in kept} & {s.document for s in held}


def test_batches_depend_on_the_seed_alone(tmp_path):
    lines = [
        {**LINE, "id": str(n), "text": LINE["text"] + " It works." * (n % 7)} for n in range(90)
    ]
    corpus = Corpus("a", written(tmp_path / "train.jsonl", *lines), ("method",), (None, 40))
    kept = list(read_gold(corpus.path))
    training = Training((corpus,), tmp_path / "train.jsonl", batch=8)

    def drawn(seed, epoch):
        settings = Training((corpus,), training.dev, batch=8, seed=seed)
        return [
            [s.id for s in batch] for _, batch in epoch_batches(settings, [(corpus, kept)], epoch)
        ]

    assert drawn(1, 0) == drawn(1, 0)
    assert drawn(1, 0) != drawn(2, 0)
    assert sorted(sum(drawn(1, 0), [])) == sorted(s.id for s in kept)
    assert len(sum(drawn(1, 5), [])) == 40


@pytest.fixture(scope="module")
def small_encoder(tmp_path_factory):
    """Weights by chance in the shape and the names of a pretrained BERT, of 2 layers, 16 wide."""
    folder = tmp_path_factory.mktemp("encoder")
    letters = [chr(code) for code in range(33, 127) if not chr(code).isupper()]
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = [*marks, *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = {
        "version": "1.0",
        "added_tokens": [],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": vocabulary},
    }  # fmt: skip
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    width, inner, layers = 16, 32, 2
    config = {
        "hidden_size": width,
        "vocab_size": len(vocabulary),
        "max_position_embeddings": 64,
        "intermediate_size": inner,
        "num_attention_heads": 2,
        "num_hidden_layers": layers,
    }
    (folder / "config.json").write_text(json.dumps(config))
    shapes = {
        "embeddings.word_embeddings.weight": (len(vocabulary), width),
        "embeddings.position_embeddings.weight": (64, width),
        "embeddings.token_type_embeddings.weight": (2, width),
        "embeddings.LayerNorm.weight": (width,),
        "embeddings.LayerNorm.bias": (width,),
    }
    for layer in range(layers):
        name = f"encoder.layer.{layer}"
        for part in ("attention.self.query", "attention.self.key", "attention.self.value"):
            shapes |= {f"{name}.{part}.weight": (width, width), f"{name}.{part}.bias": (width,)}
        for part, size in {
            "attention.output.dense": (width, width),
            "intermediate.dense": (inner, width),
            "output.dense": (width, inner),
        }.items():
            shapes |= {f"{name}.{part}.weight": size, f"{name}.{part}.bias": size[:1]}
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{name}.{part}.weight": (width,), f"{name}.{part}.bias": (width,)}
    chance = np.random.default_rng(0)
    header, blocks, at = {}, [], 0
    for name, shape in shapes.items():
        norm = "LayerNorm.weight" in name
        numbers = np.ones(shape) if norm else chance.normal(scale=0.2, size=shape)
        block = numbers.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": (at, at + len(block))}
        blocks.append(block)
        at += len(block)
    packed = json.dumps(header).encode()
    weights = struct.pack("<Q", len(packed)) + packed + b"".join(blocks)
    (folder / "model.safetensors").write_bytes(weights)
    return folder


@pytest.fixture
def training(tmp_path, small_encoder):
    methods, datasets = ("CRDN", "BERT", "UNet", "GLDA"), ("Cityscapes", "SQuAD", "COCO", "KITTI")
    lines = []
    for number in range(96):
        method, dataset = methods[number % 4], datasets[number // 4 % 4]
        text = f"We train {method} on {dataset}."
        lines.append(
            {
                "id": f"{number}#0",
                "doc_id": str(number),
                "text": text,
                "spans": [
                    {"start": 9, "end": 13, "label": "Method"},
                    {"start": 17, "end": len(text) - 1, "label": "Dataset"},
                ],
            }
        )
    metrics = [
        {"id": str(n), "text": f"It gains {n} points of accuracy on COCO.",
         "spans": [{"start": 19 + len(str(n)), "end": 27 + len(str(n)), "label": "Metric"}]}
        for n in range(60)
    ]  # fmt: skip
    return Training(
        corpora=(
            Corpus("main", written(tmp_path / "train.jsonl", *lines), ("method", "dataset")),
            Corpus("other", written(tmp_path / "other.jsonl", *metrics), ("metric",)),
        ),
        dev=written(tmp_path / "dev.jsonl", *lines[:16]),
        encoder=small_encoder,
        epochs=8,
        threads=1,
        rate=1e-2,
        head_rate=1e-2,
        average=0.5,
        window=48,
        overlap=8,
    )


def test_a_trained_model_finds_what_it_was_taught(tmp_path, training):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    lines: list[str] = []

    meta = train(training, tmp_path / "model", report=lines.append)
    model = Model.load(tmp_path / "model")

    found = model.spans(["We", "train", "BERT", "on", "KITTI", "."])
    assert [(span.first, span.last, span.kind) for span in found] == [
        (2, 2, "method"),
        (4, 4, "dataset"),
    ]
    assert model.kinds == ("method", "dataset", "metric")
    assert meta["scores"]["main"]["scores"]["all"]["f1"] > 90
    assert any(line.startswith("epoch 8, dev:") for line in lines)
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == [
        "meta.json",
        "network.pt",
        "tagger.onnx",
        "tokenizer.json",
    ]


def test_a_stopped_run_goes_on_and_ends_as_an_unbroken_one(tmp_path, training):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")

    class Stopped(Exception):
        pass

    def stop_in_epoch_5(line: str) -> None:
        if line.startswith("epoch 5, dev"):
            raise Stopped

    whole = train(training, tmp_path / "whole", report=lambda line: None)
    with pytest.raises(Stopped):
        train(training, tmp_path / "broken", report=stop_in_epoch_5)
    lines: list[str] = []
    resumed = train(training, tmp_path / "broken", report=lines.append)

    assert lines[0].startswith("going on after epoch 4")
    assert resumed == whole


@pytest.mark.parametrize(
    ("batches", "left"), [(None, ["abc", "de"]), (2, ["ab"]), (3, ["abc"]), (4, ["abc", "d"])]
)
def test_a_run_may_end_before_its_plan(batches, left):
    corpus = Corpus("a", Path("a"), ("method",))
    epochs = [[(corpus, [letter]) for letter in epoch] for epoch in ("abc", "de")]

    ended = list(stopped(epochs, batches))

    assert ["".join(letter for _, [letter] in epoch) for epoch in ended] == left


def test_a_run_goes_on_from_another_and_is_blended_with_it(tmp_path, training):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    first = tmp_path / "first"
    train(replace(training, epochs=2), first, report=lambda line: None)
    second = replace(
        training,
        epochs=1,
        begin=first / "network.pt",
        blend=(first / "network.pt",),
        keep_words=True,
        swap=0.5,
    )
    lines: list[str] = []

    train(second, tmp_path / "second", report=lines.append)

    before, after = (
        torch.load(folder / "network.pt", weights_only=True)
        for folder in (first, tmp_path / "second")
    )
    assert torch.equal(before["encoder.words.weight"], after["encoder.words.weight"])
    assert not torch.equal(before["encoder.shapes.weight"], after["encoder.shapes.weight"])
    assert lines[-3].startswith("blended, dev:")


def test_heads_begin_alike_whatever_is_drawn(tmp_path, training):
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    runs = {"a": (1, 7), "b": (2, 7), "c": (2, None)}
    for name, (seed, head_seed) in runs.items():
        begun = replace(training, epochs=0, seed=seed, head_seed=head_seed)
        train(begun, tmp_path / name, report=lambda line: None)

    first, alike, other = (
        torch.load(tmp_path / name / "network.pt", weights_only=True) for name in runs
    )

    heads = [name for name in first if name.startswith("heads.")]
    assert all(torch.equal(first[name], alike[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in heads)


def test_a_network_without_states_still_tags(tmp_path, training):
    pytest.importorskip("torch")
    onnx = pytest.importorskip("onnx")
    train(replace(training, epochs=2), tmp_path, report=lambda line: None)
    words = ["We", "train", "BERT", "on", "KITTI", "."]
    whole = Model.load(tmp_path).read(words)
    path = tmp_path / "tagger.onnx"
    network = onnx.load(path)
    (states,) = [output for output in network.graph.output if output.name == "states"]
    network.graph.output.remove(states)
    onnx.save(network, path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    meta["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "meta.json").write_text(json.dumps(meta))

    bare = Model.load(tmp_path).read(words)

    assert whole.states.shape[0] == 6
    assert bare.states.shape == (6, 0)
    assert bare.spans == whole.spans


def test_weights_of_other_schemes_are_refused(tmp_path, training):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    train(replace(training, epochs=1), tmp_path / "first", report=lambda line: None)
    main, other = training.corpora
    begin = tmp_path / "first" / "network.pt"
    changed = replace(training, corpora=(replace(main, scheme="new"), other), begin=begin)

    for settings in (changed, replace(training, begin=tmp_path / "none.pt")):
        with pytest.raises(ModelError, match=r"\.pt: not the network.pt of such a run"):
            train(settings, tmp_path / "second", report=lambda line: None)


def test_training_without_its_extra_says_what_to_install(tmp_path, training, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch", None)

    with pytest.raises(ModelError, match=r"pip install 'scholargraph\[train\]'"):
        train(training, tmp_path / "model")
