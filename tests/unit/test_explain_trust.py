import numpy as np
import pytest
import torch
from explaining import TEXT, attribution, head_for, meme_picture
from PIL import Image

from gatedclip.explain import trust
from gatedclip.explain.attribution import Maps, absent_picture, explain
from gatedclip.explain.parts import Parts
from gatedclip.explain.score import scorer
from gatedclip.explain.trust import (
    Half,
    assess,
    halves_of,
    judge,
    likeness,
    removal_curves,
    sensitivity,
    shuffled,
    unforeseen_changes,
    values_of,
)
from gatedclip.types import Interval

WEIGHTS = torch.tensor([4.0, 2.0, 1.0, 0.0, -1.0])


def additive(weight: float = 1.0) -> Half:
    """A half in which each part adds its own weight, whatever else is there."""
    return Half("picture", 5, lambda present: present @ WEIGHTS - 3, weight)


@pytest.mark.parametrize("scale", [1.0, 0.2, -3.0])
def test_a_map_that_foresees_everything_has_no_infidelity_however_scaled(scale):
    assert unforeseen_changes(additive(), WEIGHTS * scale) == pytest.approx(0, abs=1e-5)


def test_a_silent_map_foresees_nothing_and_a_wrong_one_little():
    assert unforeseen_changes(additive(), torch.zeros(5)) == pytest.approx(1, abs=1e-6)
    right, wrong = (unforeseen_changes(additive(), torch.tensor(v)) for v in ([3.0, 2, 1, 1, 0], [0.0, 0, 0, 4, -1]))
    assert right < 0.15 < 0.5 < wrong < 1


def test_a_score_that_never_moves_leaves_nothing_unforeseen():
    assert unforeseen_changes(Half("words", 3, lambda present: present.sum(1) * 0, 1.0), torch.ones(3)) == 0


def test_deletion_and_insertion_solved_on_paper():
    """Two parts with margins: both 3, only the first 2, only the second -1, neither -2; the map puts the first first."""
    half = Half(
        "picture", 2, lambda present: 3 * present[:, 0] + present[:, 1] - 1 - (1 - present[:, 0]) * 1 + 0 * present[:, 1], 1.0
    )
    margins = half.score(torch.tensor([[1.0, 1], [1, 0], [0, 1], [0, 0]])).tolist()
    p = [1 / (1 + np.exp(-m)) for m in margins]
    curves = removal_curves([half], {"picture": torch.tensor([2.0, 1.0])}, signed=True)
    assert curves.deletion == pytest.approx((p[0] / 2 + p[2] + p[3] / 2) / 2)
    assert curves.insertion == pytest.approx((p[3] / 2 + p[1] + p[0] / 2) / 2)
    assert set(np.round(curves.random, 5)) == {round(curves.deletion, 5), round(curves.insertion, 5)}  # there are two orders


def test_the_true_order_is_outside_what_random_orders_do():
    curves = removal_curves([additive()], {"picture": WEIGHTS}, signed=True)
    assert curves.deletion <= curves.random.min()
    assert curves.insertion >= curves.random.max()
    assert len(curves.random) == 20
    assert (curves.random == removal_curves([additive()], {"picture": WEIGHTS}, signed=True).random).all()


def test_removals_are_scored_by_the_probability_of_the_head_whose_temperature_divides_the_margin():
    """One part: margin 3 with it, -2 without; at T = 2 the probabilities are those of 1.5 and -1."""
    half = Half("picture", 1, lambda present: 5 * present[:, 0] - 2, 1.0)
    with_it, without = 1 / (1 + np.exp(-1.5)), 1 / (1 + np.exp(1))
    curves = removal_curves([half], {"picture": torch.ones(1)}, signed=True, temperature=2.0)
    assert (curves.deletion, curves.insertion) == pytest.approx(((with_it + without) / 2,) * 2)


def test_the_trust_of_a_map_speaks_of_the_calibrated_probability_and_never_divides_the_gate(tiny_encoder):
    head = head_for(tiny_encoder)
    found = explain(tiny_encoder, head, meme_picture(), TEXT)
    before = assess(tiny_encoder, head, meme_picture(), TEXT, found)
    head.temperature = 2.5
    after = assess(tiny_encoder, head, meme_picture(), TEXT, found)
    assert (after.infidelity, after.sensitivity, after.sanity) == (before.infidelity, before.sensitivity, before.sanity)
    spans = tiny_encoder.words(TEXT)[0]
    picture, tokens = tiny_encoder.pixels([meme_picture()]), tiny_encoder.trim(tiny_encoder.tokens([TEXT]))
    parts = Parts(tiny_encoder, picture, tokens, absent_picture(tiny_encoder, meme_picture(), picture, "mean colour"), spans)
    cooled = [half._replace(score=lambda p, of=half.score: of(p) / 2.5) for half in halves_of(scorer(head), parts)]
    curves = removal_curves(cooled, values_of(found, spans), found.signed)
    assert (after.deletion, after.insertion) == pytest.approx((curves.deletion, curves.insertion))
    assert after.deletion != pytest.approx(before.deletion, abs=1e-3)
    assert trust.temperature_of(head, "gate") == 1.0


def test_a_map_upside_down_deletes_as_it_inserted():
    up, down = (removal_curves([additive()], {"picture": sign * WEIGHTS}, signed=True) for sign in (1, -1))
    assert (down.deletion, down.insertion) == pytest.approx((up.insertion, up.deletion))


def test_a_signed_map_is_read_towards_the_verdict():
    benign = Half("picture", 5, lambda present: -(present @ WEIGHTS - 3), 1.0)
    towards = removal_curves([benign], {"picture": -WEIGHTS}, signed=True)
    assert towards.deletion == pytest.approx(removal_curves([additive()], {"picture": WEIGHTS}, signed=True).deletion)


def test_each_half_counts_by_its_weight():
    flat = Half("words", 2, lambda present: present.sum(1) * 0 + 2, 0.25)
    both = removal_curves([additive(0.75), flat], {"picture": WEIGHTS, "words": torch.ones(2)}, signed=True)
    alone = removal_curves([additive()], {"picture": WEIGHTS}, signed=True)
    assert both.deletion == pytest.approx(0.75 * alone.deletion + 0.25 / (1 + np.exp(-2)))


def test_halves_weigh_what_their_absence_changes(tiny_encoder):
    head, picture = head_for(tiny_encoder), tiny_encoder.pixels([meme_picture()])
    tokens = tiny_encoder.trim(tiny_encoder.tokens([TEXT]))
    halves = halves_of(scorer(head), Parts(tiny_encoder, picture, tokens, torch.zeros_like(picture), tiny_encoder.words(TEXT)[0]))
    with torch.no_grad():
        whole = head(tiny_encoder.encode_pixels(picture), tiny_encoder.encode_texts([TEXT])).margin
        blind = head(tiny_encoder.encode_pixels(0 * picture), tiny_encoder.encode_texts([TEXT])).margin
        mute = head(tiny_encoder.encode_pixels(picture), tiny_encoder.encode_texts([""])).margin
    moved = [abs(float(whole - blind)), abs(float(whole - mute))]
    assert [half.weight for half in halves] == pytest.approx([m / sum(moved) for m in moved], abs=1e-4)


def test_a_map_that_ignores_its_picture_is_perfectly_steady_and_one_that_copies_it_moves_by_the_noise():
    pixels = torch.full((1, 3, 8, 8), 0.5)
    still = sensitivity(lambda some, told: Maps(torch.ones(4), torch.ones(2)), pixels, lambda done: None)
    assert still == 0
    copied = sensitivity(lambda some, told: Maps(some.flatten(), torch.zeros(2)), pixels, lambda done: None)
    assert 0.02 < copied < 0.04 * 3**0.5  # uniform noise up to 0.02 on values of 0.5: 0.023 on average


def test_progress_of_the_noisy_maps_grows_and_stays_below_one():
    told = []

    def explained(some, tell):
        tell(0.5)
        return Maps(some.flatten(), torch.zeros(1))

    sensitivity(explained, torch.ones(1, 3, 4, 4), told.append)
    assert told == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])


def test_a_shuffled_head_has_the_same_weights_elsewhere(tiny_encoder):
    head = head_for(tiny_encoder)
    other, again = shuffled(head), shuffled(head)
    for name, weight in head.named_parameters():
        twin = dict(other.named_parameters())[name]
        assert torch.equal(weight.flatten().sort().values, twin.flatten().sort().values)
        assert torch.equal(twin, dict(again.named_parameters())[name])
    assert not torch.equal(head.project_picture[0].weight, other.project_picture[0].weight)
    assert torch.equal(head.scale_picture.mean, other.scale_picture.mean)


def test_likeness_is_of_ranks_and_of_strength():
    one = torch.tensor([0.1, -5.0, 2.0])
    assert likeness(one, torch.tensor([1.0, 3.0, -2.0])) == pytest.approx(1)
    assert likeness(one, torch.tensor([3.0, 1.0, 2.0])) == pytest.approx(-1)
    assert likeness(one, torch.zeros(3)) == 0


# --- the badge ------------------------------------------------------------------------------------------------------

GOOD = {
    "completeness": 0.01,
    "unforeseen": 0.1,
    "change": 0.01,
    "deletion": 0.2,
    "insertion": 0.8,
    "chance": Interval(0.5, 0.4, 0.6),
    "alike": 0.0,
}


def test_a_map_with_nothing_against_it_is_solid():
    assert judge(**GOOD) == ("solid", ())
    assert judge(**GOOD | {"completeness": None}) == ("solid", ())  # a method that promises no sum


@pytest.mark.parametrize(
    ("number", "bounds", "sentence"),
    [
        ("completeness", trust.COMPLETENESS, "The parts miss the whole by"),
        ("unforeseen", trust.INFIDELITY, "It fails to foresee"),
        ("change", trust.SENSITIVITY, "Noise nobody can see changes it by"),
        ("alike", trust.SANITY, "A head that has learned nothing gives much the same map"),
    ],
)
def test_each_number_alone_makes_a_map_shaky_then_unstable(number, bounds, sentence):
    for value, badge in ((bounds[0], "solid"), (bounds[0] + 1e-6, "shaky"), (bounds[1], "shaky"), (bounds[1] + 1e-6, "unstable")):
        found, reasons = judge(**GOOD | {number: value})
        assert found == badge
        assert [reason[: len(sentence)] for reason in reasons] == [sentence] * (badge != "solid")


@pytest.mark.parametrize("number", [{"deletion": 0.45}, {"insertion": 0.55}, {"deletion": 0.45, "insertion": 0.55}])
def test_an_order_within_what_random_orders_do_is_shaky(number):
    assert judge(**GOOD | number) == ("shaky", ("Taking parts away in its order tells little more than some random orders.",))


@pytest.mark.parametrize("number", [{"deletion": 0.5}, {"insertion": 0.5}])
def test_an_order_no_better_than_the_average_random_one_is_unstable(number):
    assert judge(**GOOD | number) == (
        "unstable",
        ("Taking parts away in its order tells no more than the average random order.",),
    )


def test_the_gravest_reason_comes_first():
    badge, reasons = judge(**GOOD | {"completeness": 0.1, "alike": 0.99})
    assert badge == "unstable"
    assert reasons == (
        "A head that has learned nothing gives much the same map (rank correlation 0.99).",
        "The parts miss the whole by 10%.",
    )


# --- of a real map --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["quick", "integrated gradients", "leave one out"])
def test_a_map_is_assessed_the_same_each_time_and_its_numbers_are_in_range(tiny_encoder, method):
    head, told = head_for(tiny_encoder), []
    found = explain(tiny_encoder, head, meme_picture(), TEXT, method)
    first = assess(tiny_encoder, head, meme_picture(), TEXT, found, on_progress=told.append)
    assert assess(tiny_encoder, head, meme_picture(), TEXT, found) == first
    assert told == sorted(told)
    assert told[-1] == 1
    assert first.completeness == found.completeness
    assert 0 <= first.infidelity <= 1
    assert first.sensitivity > 0
    assert 0 < first.deletion < 1
    assert 0 < first.insertion < 1
    assert first.chance.low <= first.chance.value <= first.chance.high
    assert -1 <= first.sanity <= 1


def test_where_nothing_moves_the_score_nothing_can_be_checked(tiny_encoder):
    grey = Image.new("RGB", (64, 64))
    found = attribution(np.zeros((4, 4)))
    told = assess(tiny_encoder, head_for(tiny_encoder), grey, "", found, baseline="black")
    assert told.badge == "shaky"
    assert told.reasons == ("The score hardly moves whatever is taken away, so no map of it can be checked.",)
    assert told.infidelity is told.deletion is told.chance is None


def test_nothing_is_left_on_the_model_after_a_cancelled_assessment(tiny_encoder):
    head = head_for(tiny_encoder)
    found = explain(tiny_encoder, head, meme_picture(), TEXT)

    def cancel(done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assess(tiny_encoder, head, meme_picture(), TEXT, found, on_progress=cancel)
    for module in [*tiny_encoder.model.modules(), *head.modules()]:
        assert not any(v for k, v in vars(module).items() if "hooks" in k)
