"""Maps that only ask the model again with parts taken away: one part at a time, or many together (KernelSHAP).

They look inside nothing, so they check what the methods built on gradients say.
"""

from __future__ import annotations

import math
from itertools import product

import torch
from torch import Tensor

from gatedclip.explain.parts import Parts, Told
from gatedclip.explain.score import Score, looks_at

REGIONS = 49  # of the picture at most for KernelSHAP; a finer grid is grouped into square blocks
SETS = 512  # of parts asked about; all there are where there are fewer
SEED = 0


def leave_one_out(score: Score, parts: Parts, on_progress: Told) -> tuple[Tensor, Tensor]:
    """By how much the score falls when a patch is covered (G·G,) and when a word is left out (T,): signed."""
    v_picture, v_words = parts.whole()
    whole = score(v_picture, v_words)  # (1,)
    picture_counts, words_count = looks_at(score, v_picture, v_words)
    covered, shorter = torch.zeros(parts.regions), torch.zeros(parts.words)
    with torch.no_grad():
        if picture_counts:
            seen = parts.see(~torch.eye(parts.regions, dtype=torch.bool), lambda done: on_progress(done / 2))
            covered = whole - score(seen, v_words.expand(len(seen), -1))
        if words_count and parts.words:
            read = parts.read(~torch.eye(parts.words, dtype=torch.bool), lambda done: on_progress(0.5 + done / 2))
            shorter = whole - score(v_picture.expand(len(read), -1), read)
    on_progress(1.0)
    return parts.on_patches(covered), parts.on_pieces(shorter)


def kernel_shap(
    score: Score, parts: Parts, on_progress: Told, most: int = SETS, seed: int = SEED
) -> tuple[Tensor, Tensor, float]:
    """Shapley values of regions, on their patches (G·G,), and of words (T,), all players of one game; and the score of no part.

    They add up to what the whole meme has over no meme. Lundberg and Lee 2017; exact where `most` sets are all there are.
    """
    picture_counts, words_count = looks_at(score, *parts.whole())
    regions, words = parts.regions * picture_counts, parts.words * words_count
    asked, weight = coalitions(regions + words, most, seed)  # (N, M)
    asked = torch.cat([torch.tensor([[True], [False]]).expand(2, regions + words), asked])
    looking = asked[:, :regions] if picture_counts else torch.ones(len(asked), parts.regions)
    reading = asked[:, regions:] if words_count else torch.ones(len(asked), parts.words)
    seen = parts.see(looking, lambda done: on_progress(0.8 * done))
    read = parts.read(reading, lambda done: on_progress(0.8 + 0.2 * done))
    with torch.no_grad():
        answers = score(seen, read).cpu().double()
    values = solve(asked[2:], weight, answers[2:], full=float(answers[0]), empty=float(answers[1])).float()
    covered, shorter = torch.zeros(parts.regions), torch.zeros(parts.words)
    covered[:regions], shorter[:words] = values[:regions], values[regions:]
    return parts.on_patches(covered), parts.on_pieces(shorter), float(answers[1])


def coalitions(players: int, most: int, seed: int) -> tuple[Tensor, Tensor]:
    """Sets of players to ask about, neither empty nor full, (N, M) bool, with their weights in the Shapley kernel (N,).

    Every set once where `most` allows; otherwise sets drawn by the kernel, each with its complement.
    """
    if players < 2:
        return torch.zeros(0, players, dtype=torch.bool), torch.zeros(0, dtype=torch.float64)
    if 2**players - 2 <= most:
        every = torch.tensor(list(product((False, True), repeat=players)))[1:-1]  # (2^M - 2, M)
        kernel = [1 / (math.comb(players, n) * n * (players - n)) for n in every.sum(1).tolist()]
        return every, torch.tensor(kernel, dtype=torch.float64)
    dice = torch.Generator().manual_seed(seed)
    size = torch.arange(1, players)
    sizes = 1 + torch.multinomial(1 / (size * (players - size)), most // 2, replacement=True, generator=dice)  # (N/2,)
    rank = torch.rand(most // 2, players, generator=dice).argsort(1).argsort(1)
    drawn = rank < sizes[:, None]
    return torch.cat([drawn, ~drawn]), torch.ones(2 * len(drawn), dtype=torch.float64)


def solve(asked: Tensor, weight: Tensor, answers: Tensor, full: float, empty: float) -> Tensor:
    """The values (M,) that explain the answers (N,) to the sets asked about (N, M) best, adding up to full - empty exactly.

    The last player's value is what the others leave, which turns the constraint into an ordinary least squares.
    """
    gain = torch.tensor([full - empty], dtype=torch.float64)
    if asked.shape[1] < 2:
        return gain[: asked.shape[1]]
    z = asked.double()
    last, root = z[:, -1:], weight.sqrt()[:, None]
    left = answers[:, None] - empty - last * gain
    others = torch.linalg.lstsq(root * (z[:, :-1] - last), root * left, driver="gelsd").solution[:, 0]
    return torch.cat([others, gain - others.sum()])
