"""The optimizer against AdamW as its paper writes it, the schedule, and who learns at which rate."""

import numpy as np
import pytest

from bert4ner.backend.frameworks import keras, tf
from bert4ner.models.ner_model import NERModel
from bert4ner.train.optimizers import GroupedAdamW, build_optimizer, state_variables
from bert4ner.train.schedule import Warmup


def adamw(values, gradients, *, rates, decay, beta_1=0.9, beta_2=0.999, epsilon=1e-9):
    """Algorithm 2 of Loshchilov and Hutter, a gradient and a rate for each step; float64."""
    values = np.array(values, "float64")
    first, second = np.zeros_like(values), np.zeros_like(values)
    for step, (gradient, rate) in enumerate(zip(gradients, rates, strict=True), start=1):
        first = beta_1 * first + (1 - beta_1) * gradient
        second = beta_2 * second + (1 - beta_2) * gradient**2
        unbiased, spread = first / (1 - beta_1**step), second / (1 - beta_2**step)
        values = values - rate * (unbiased / (np.sqrt(spread) + epsilon) + decay * values)
    return values


@pytest.fixture
def make_variable(rng):
    return lambda name, shape: tf.Variable(rng.normal(size=shape).astype("float32"), name=name)


def test_dense_steps_agree_with_the_paper(rng, make_variable):
    kernel, bias, gamma = (make_variable(f"layer/{name}", (3, 2)) for name in ("kernel", "bias", "gamma"))
    fast = make_variable("head/kernel", (2,))
    variables = [kernel, bias, gamma, fast]
    before = [variable.numpy() for variable in variables]
    schedule = Warmup(0.1, 2, 6)
    optimizer = GroupedAdamW(schedule, {"head/kernel:0": 5.0}, weight_decay=0.3, epsilon=1e-9)
    steps = [[rng.normal(size=value.shape) for value in before] for _ in range(6)]
    for gradients in steps:
        optimizer.apply_gradients([(tf.constant(g, "float32"), v) for g, v in zip(gradients, variables, strict=True)])

    rates = np.array([0.05, 0.1, 0.08, 0.06, 0.04, 0.02])
    for number, (variable, factor, decay) in enumerate(
        [(kernel, 1.0, 0.3), (bias, 1.0, 0.0), (gamma, 1.0, 0.0), (fast, 5.0, 0.3)]
    ):
        gradients = [step[number] for step in steps]
        expected = adamw(before[number], gradients, rates=rates * factor, decay=decay)
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_sparse_steps_agree_with_dense_ones_of_the_same_gradient(rng, make_variable):
    table = make_variable("embeddings", (6, 2))
    before = table.numpy()
    optimizer = GroupedAdamW(0.1, weight_decay=0.2, epsilon=1e-9)
    gradients = []
    for rows in ([0, 2, 2], [5, 0, 5], [1, 1, 1], [0, 3, 2]):  # a row twice, rows that rest, row 4 never
        values = rng.normal(size=(3, 2))
        optimizer.apply_gradients([(tf.IndexedSlices(tf.constant(values, "float32"), rows, (6, 2)), table)])
        gradients.append(np.zeros((6, 2)))
        np.add.at(gradients[-1], rows, values)
    expected = adamw(before, gradients, rates=[0.1] * 4, decay=0.2)
    np.testing.assert_allclose(table.numpy(), expected, rtol=1e-4, atol=1e-5)


def test_behind_a_closed_gate_a_variable_rests_but_its_moments_go_on(rng, make_variable):
    gated, free = make_variable("layer/kernel", (3,)), make_variable("other/kernel", (3,))
    before = gated.numpy()
    optimizer = GroupedAdamW(0.1, weight_decay=0.3, epsilon=1e-9)
    gate = tf.Variable(0.0)
    optimizer.gates["layer/kernel:0"] = gate
    gradients = [rng.normal(size=3) for _ in range(6)]
    step = tf.function(lambda gradient: optimizer.apply_gradients([(gradient, gated), (gradient, free)]))
    optimizer.build([gated, free])
    rates = [0.0, 0.0, 0.0, 0.1, 0.1, 0.05]
    for gradient, rate in zip(gradients, rates, strict=True):
        gate.assign(rate / 0.1)
        step(tf.constant(gradient, "float32"))
        assert rate or np.array_equal(gated.numpy(), before)
    np.testing.assert_allclose(gated.numpy(), adamw(before, gradients, rates=rates, decay=0.3), rtol=1e-4)


@pytest.mark.parametrize("name", ["bias", "beta", "gamma", "mixture", "transitions", "starts", "ends"])
def test_no_decay_for(name, make_variable):
    spared, decayed = make_variable(f"bias-layer/{name}", (2,)), make_variable(f"{name}/kernel", (2,))
    before = spared.numpy(), decayed.numpy()
    optimizer = GroupedAdamW(0.1, weight_decay=0.5)
    optimizer.apply_gradients([(tf.zeros(2), spared), (tf.zeros(2), decayed)])
    assert np.array_equal(spared.numpy(), before[0])
    np.testing.assert_allclose(decayed.numpy(), before[1] * (1 - 0.1 * 0.5), rtol=1e-6)


def test_the_norm_of_all_gradients_together_is_clipped(make_variable):
    """Seen in the first moment: a tenth of the clipped gradient. Values of one row count as their sum."""
    table, kernel = make_variable("embeddings", (4, 2)), make_variable("kernel", (2,))
    optimizer = GroupedAdamW(0.1, global_clipnorm=2.0)
    slices = tf.IndexedSlices(tf.constant([[3.0, 0.0], [3.0, 0.0]]), [1, 1], (4, 2))
    optimizer.apply_gradients([(slices, table), (tf.constant([0.0, 8.0]), kernel)])
    moments = {variable.name: variable.numpy() for variable in optimizer.variables if "/m" in variable.name}
    table_moment, kernel_moment = moments.values()
    np.testing.assert_allclose(10 * table_moment[1], [2.0 * 6 / 10, 0.0], rtol=1e-5)
    np.testing.assert_allclose(10 * kernel_moment, [0.0, 2.0 * 8 / 10], rtol=1e-5)


def test_a_gradient_within_the_norm_stays_as_it_is(make_variable):
    kernel = make_variable("kernel", (2,))
    optimizer = GroupedAdamW(0.1, global_clipnorm=2.0)
    optimizer.apply_gradients([(tf.constant([0.6, 0.8]), kernel)])
    moment = next(variable.numpy() for variable in optimizer.variables if "/m" in variable.name)
    np.testing.assert_allclose(10 * moment, [0.6, 0.8], rtol=1e-5)


def test_the_configuration_makes_an_equal_optimizer(rng, make_variable):
    optimizer = GroupedAdamW(
        Warmup(0.3, 2, 9, "cosine"),
        {"kernel:0": 3.0},
        weight_decay=0.2,
        beta_1=0.8,
        beta_2=0.99,
        epsilon=1e-5,
        global_clipnorm=0.7,
    )
    twin = GroupedAdamW.from_config(optimizer.get_config(), custom_objects={"Warmup": Warmup})
    assert twin.get_config() == optimizer.get_config()
    one = make_variable("kernel", (3,))
    other = tf.Variable(one.numpy(), name="kernel")
    for _ in range(3):
        gradient = tf.constant(rng.normal(size=3), "float32")
        optimizer.apply_gradients([(gradient, one)])
        twin.apply_gradients([(gradient, other)])
    assert np.array_equal(one.numpy(), other.numpy())


ON_TOP = [("crf", "none", "last"), ("crf", "idcnn", "weighted"), ("softmax", "bilstm", "concat")]


@pytest.fixture(params=ON_TOP, ids="-".join, scope="module")
def model(request, tiny_config, tiny_encoder) -> NERModel:
    head, encoder, fusion = request.param
    config = tiny_config(
        pretrained=str(tiny_encoder),
        head=head,
        encoder=encoder,
        fusion=fusion,
        fusion_layers=2,
        learning_rate=1e-3,
        head_learning_rate=7e-3,
        warmup=0.0,
        weight_decay=0.0,
        clip_norm=0.0,
        **({} if encoder == "none" else {"neck_learning_rate": 3e-3}),
        **({} if head != "crf" else {"transition_learning_rate": 2e-2}),
    )
    return NERModel.create(config, ["DRUG", "SYMPTOM"])


def test_every_variable_is_in_one_group_by_a_name_of_its_own(model):
    names = [variable.name for variable in model.network.trainable_variables]
    on_top = model.head_variables()
    below = [
        variable.name
        for layer in model.network.layers
        if layer.name.startswith(("Embedding-", "Transformer-"))
        for variable in layer.trainable_variables
    ]
    assert len(set(names)) == len(names)
    assert sorted([*on_top, *below]) == sorted(names)
    assert {name for name in names if name.startswith(("head/", "encoder/", "fusion/"))} == set(on_top)
    assert any(name.startswith("head/") for name in on_top)


def own_rate(name):
    """By the name of a variable of the fixture `model`."""
    part, _, rest = name.partition("/")
    if part == "head" and rest in ("transitions:0", "starts:0", "ends:0"):
        return 2e-2
    return {"encoder": 3e-3, "head": 7e-3, "fusion": 7e-3}.get(part, 1e-3)


def test_each_part_learns_at_its_own_rate(model, rng):
    """The first step of Adam is the rate times the gradient's sign, wherever the gradient is not tiny."""
    optimizer = build_optimizer(model, 1000)
    variables = model.network.trainable_variables
    before = [variable.numpy() for variable in variables]
    gradients = [tf.constant(rng.choice([-1.0, 1.0], size=value.shape), "float32") for value in before]
    optimizer.apply_gradients(zip(gradients, variables, strict=True))
    for variable, value, gradient in zip(variables, before, gradients, strict=True):
        rate = own_rate(variable.name)
        moved = (value - variable.numpy()) / gradient.numpy()
        np.testing.assert_allclose(moved, rate * 1000 / 1001, rtol=2e-3, err_msg=variable.name)


def test_loss_scaling_belongs_to_the_state(model):
    plain, scaled = build_optimizer(model, 10), build_optimizer(model, 10, loss_scaling=True)
    assert isinstance(scaled, keras.mixed_precision.LossScaleOptimizer)
    assert len(state_variables(scaled)) == len(state_variables(plain)) + 2
    for variable in state_variables(scaled)[-2:]:
        variable.assign(tf.cast(64, variable.dtype))
    assert float(scaled.loss_scale) == 64.0
    assert int(scaled.dynamic_counter) == 64


def test_the_rate_falls_layer_by_layer_and_the_first_is_neither_the_tenth_nor_the_eleventh(tiny_config, deep_encoder):
    options = {"head": "softmax", "pretrained": str(deep_encoder(num_hidden_layers=12)), "learning_rate": 1e-3}
    model = NERModel.create(tiny_config(**options, head_learning_rate=7e-3, layer_decay=0.5), ["DRUG"])
    optimizer = build_optimizer(model, 100)
    on_top = set(model.head_variables())
    factors = {number: set() for number in range(13)}
    for name in (variable.name for variable in model.network.trainable_variables):
        if name in on_top:
            assert optimizer.rate_factors[name] == pytest.approx(7)
        else:
            part, _, rest = name.partition("-")
            number = 0 if part == "Embedding" else int(rest.partition("-")[0]) + 1
            factors[number].add(optimizer.rate_factors[name])
    assert factors == {number: {0.5 ** (12 - number)} for number in range(13)}


def test_without_layer_decay_no_layer_has_a_factor(model):
    optimizer = build_optimizer(model, 100)
    assert set(optimizer.rate_factors) == set(model.head_variables())
