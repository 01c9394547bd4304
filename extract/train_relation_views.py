# PyTorch is not installed where types are checked: its classes are Any there.
# mypy: allow-subclassing-any
"""Learns the weights of `relation_views` in PyTorch; the tagger's network stays as it is."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from .annotations import Marked
from .relation_views import DISTANCES, KINDS, TAGS, VIEWS, Views, Words, distance, tags

WIDTH = 128
BATCH = 12  # sentences
RATE = 1.5e-3
DECAY = 0.02
DROPOUT = 0.2
AVERAGE = 0.995
_NEVER = -1e4  # smaller than any value of a view


@dataclass(frozen=True)
class Lesson:
    """A sentence, its mentions, and the class of each pair of them that can be related."""

    words: Words
    mentions: tuple[Marked, ...]
    pairs: tuple[tuple[int, int], ...]
    gold: tuple[int, ...]
    permitted: NDArray[np.bool_]

    @cached_property
    def tensors(self) -> "_Tensors":
        places = [self.words.place(mention) for mention in self.mentions]
        word = np.arange(len(self.words.states))
        own = np.zeros((len(places), 3, len(word)), dtype=bool)
        for mention, place in enumerate(places):
            if place is not None:
                own[mention, 0] = (word >= place[0]) & (word < place[1])
                own[mention, 1] = word < place[0]
                own[mention, 2] = word >= place[1]
        rows = []
        for number, (one, two) in enumerate(self.pairs):
            first, second = places[one], places[two]
            if first is not None and second is not None:
                pair = [KINDS.index(self.mentions[mention].kind) for mention in (one, two)]
                kind = len(KINDS) * pair[0] + pair[1]
                rows.append((number, one, two, kind, distance(first, second), first[1], second[0]))
        table = torch.tensor(rows, dtype=torch.long).reshape(-1, 7).T
        row, firsts, seconds, kinds, distances, ends, starts = table
        place = torch.from_numpy(word)
        return _Tensors(
            torch.from_numpy(own),
            (place >= ends[:, None]) & (place < starts[:, None]),
            firsts,
            seconds,
            kinds,
            distances,
            torch.tensor(self.gold, dtype=torch.long)[row],
            torch.from_numpy(self.permitted)[row],
            torch.tensor(tags(places, self.mentions, len(word)), dtype=torch.long),
        )


class _Tensors(NamedTuple):
    """
    A lesson's mentions, pairs and words.

    *own* says of each mention which words are in it, before and after it, *between* which stand
    between a pair. *first* and *second* are its mentions, by index.
    """

    own: Tensor
    between: Tensor
    first: Tensor
    second: Tensor
    kinds: Tensor
    distances: Tensor
    gold: Tensor
    permitted: Tensor
    tags: Tensor


class _Net(nn.Module):
    def __init__(self, states: int, classes: int) -> None:
        super().__init__()
        self.word = nn.Linear(states, WIDTH)
        self.tags = nn.Embedding(TAGS, WIDTH)
        self.view = nn.Linear(WIDTH, VIEWS * WIDTH)
        self.empty = nn.Parameter(torch.zeros(VIEWS, WIDTH))
        self.kinds = nn.Embedding(len(KINDS) ** 2, WIDTH)
        self.distances = nn.Embedding(len(DISTANCES) + 1, WIDTH)
        for table in (self.tags, self.kinds, self.distances):
            nn.init.normal_(table.weight, 0, 0.3)
        self.drop = nn.Dropout(DROPOUT)
        self.hidden = nn.Linear((VIEWS + 2) * WIDTH, WIDTH)
        self.output = nn.Linear(WIDTH, classes)

    def forward(self, lessons: Sequence[Lesson]) -> Tensor:
        """A row of scores for each pair of all *lessons*."""
        states = torch.from_numpy(np.concatenate([lesson.words.states for lesson in lessons]))
        tagged = torch.cat([lesson.tensors.tags for lesson in lessons])
        known = self.word(self.drop(states.float())) + self.tags(tagged)
        seen = self.view(self.drop(torch.relu(known))).view(-1, VIEWS, WIDTH).transpose(0, 1)
        rows = []
        start = 0
        for lesson in lessons:
            read = lesson.tensors
            stop = start + len(read.tags)
            here = seen[:, start:stop]
            start = stop
            first = self._largest(here, read.own[:, 0], 0)[read.first]
            second = self._largest(here, read.own[:, 0], 1)[read.second]
            before = self._largest(here, read.own[:, 1], 2)[read.first]
            between = self._largest(here, read.between, 3)
            after = self._largest(here, read.own[:, 2], 4)[read.second]
            rows.append(torch.cat([first, second, before, between, after], dim=1))
        every = [lesson.tensors for lesson in lessons]
        joined = torch.cat(
            [
                torch.cat(rows),
                self.kinds(torch.cat([read.kinds for read in every])),
                self.distances(torch.cat([read.distances for read in every])),
            ],
            dim=1,
        )
        hidden = torch.relu(self.hidden(self.drop(torch.relu(joined))))
        scores: Tensor = self.output(self.drop(hidden))
        return scores.masked_fill(~torch.cat([read.permitted for read in every]), _NEVER)

    def _largest(self, seen: Tensor, inside: Tensor, view: int) -> Tensor:
        """For each row of *inside*, the largest values of *view* over its words."""
        own = seen[view].masked_fill(~inside[..., None], _NEVER).amax(dim=1)
        return torch.where(inside.any(dim=1)[:, None], own, self.empty[view])


def trained(lessons: Sequence[Lesson], *, seed: int = 0, epochs: int = 6) -> Views:
    """Weights learnt from *lessons*: a moving average, as the tagger's are."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    chance = random.Random(seed)
    useful = [lesson for lesson in lessons if len(lesson.tensors.gold)]
    net = _Net(useful[0].words.states.shape[1], useful[0].permitted.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    steps = epochs * -(-len(useful) // BATCH)
    warm = max(1, round(0.06 * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm))),
    )
    averaged = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(AVERAGE)
    )
    for _ in range(epochs):
        chance.shuffle(useful)
        for at in range(0, len(useful), BATCH):
            batch = useful[at : at + BATCH]
            gold = torch.cat([lesson.tensors.gold for lesson in batch])
            optimiser.zero_grad()
            loss = functional.cross_entropy(net(batch), gold, reduction="sum") / len(batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            averaged.update_parameters(net)
    return _views(averaged.module)


def _views(net: _Net) -> Views:
    return Views(
        *(
            np.ascontiguousarray(values.detach().numpy())
            for values in (
                net.word.weight.T,
                net.word.bias,
                net.tags.weight,
                net.view.weight.T,
                net.view.bias,
                net.empty,
                net.kinds.weight,
                net.distances.weight,
                net.hidden.weight.T,
                net.hidden.bias,
                net.output.weight.T,
                net.output.bias,
            )
        )
    )
