"""What `backend` gives of Keras' private parts, and that no class elsewhere overrides one."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import numpy as np
import pytest

import bert4ner
from bert4ner.backend.frameworks import keras, tf
from bert4ner.backend.optimizer import SlotOptimizer, loss_scaling_state
from bert4ner.backend.randomness import RepeatedDraws, random_generators, random_words

FLOORS = ("networks", "models", "train")


def modules() -> Iterator[str]:
    for floor in FLOORS:
        package = importlib.import_module(f"bert4ner.{floor}")
        yield from (each.name for each in pkgutil.walk_packages(package.__path__, f"bert4ner.{floor}."))


def overridden(cls: type) -> list[str]:
    """Private names in the body of a class that a base of Keras or TensorFlow has, too."""
    bases = [base for base in cls.__mro__ if base.__module__.partition(".")[0] in ("tf_keras", "keras", "tensorflow")]
    private = [name for name in vars(cls) if name.startswith("_") and not name.startswith("__")]
    return [name for name in private if any(name in vars(base) for base in bases) and name not in GENERATED]


GENERATED = {"_tf_api_names", "_tf_api_names_v1", "_keras_api_names", "_keras_api_names_v1"}  # by decorators


@pytest.mark.parametrize("name", list(modules()))
def test_no_class_overrides_a_private_part_of_keras(name):
    module = importlib.import_module(name)
    classes = [each for _, each in inspect.getmembers(module, inspect.isclass) if each.__module__ == name]
    assert {each.__name__: overridden(each) for each in classes if overridden(each)} == {}


def test_an_overridden_private_part_is_found():
    assert overridden(SlotOptimizer) == ["_clip_gradients"]
    assert bert4ner.__name__ in SlotOptimizer.__module__


def test_words_come_from_the_layer_own_generator():
    layer = keras.layers.Dropout(0.5)
    assert random_generators(layer) == []  # made at the first drawing
    drawn = random_words(layer, 5)
    (generator,) = random_generators(layer)
    assert drawn.dtype == tf.uint32 and drawn.shape == (5,) and len(set(drawn.numpy())) > 1
    generator.reset_from_seed(3)
    again = random_words(layer, 5).numpy()
    generator.reset_from_seed(3)
    assert np.array_equal(random_words(layer, 5), again)


def test_what_was_drawn_can_be_drawn_again_and_the_generator_goes_on_as_ever():
    layer, draws = keras.layers.Dropout(0.5), RepeatedDraws()
    random_words(layer, 1)
    (generator,) = random_generators(layer)
    generator.reset_from_seed(3)
    expected = [random_words(layer, count).numpy() for count in (5, 3, 5)]
    generator.reset_from_seed(3)
    for _ in range(2):
        with draws.drawing():
            assert all(np.array_equal(random_words(layer, len(words)), words) for words in expected[:2])
    assert np.array_equal(random_words(layer, 5), expected[2])


def test_generators_of_a_model_come_in_the_order_of_its_layers():
    network = keras.Sequential([keras.layers.Dropout(0.5), keras.layers.Dense(2), keras.layers.Dropout(0.5)])
    network(tf.ones((1, 2)), training=True)
    first, _, last = network.layers
    assert [id(each) for each in random_generators(network)] == [
        id(random_generators(layer)[0]) for layer in (first, last)
    ]


class Signs(SlotOptimizer):
    """Steps by the sign of the gradient, and counts them."""

    slots = ("count", "last")

    def update_step(self, gradient, variable):
        count, last = self.slots_of(variable)
        count.assign_add(tf.ones_like(count))
        last.assign(gradient)
        variable.assign_sub(self.learning_rate * tf.sign(gradient))


def test_slots_belong_to_their_variables():
    variables = [tf.Variable([1.0, 2.0], name="a"), tf.Variable([[3.0]], name="b")]
    optimizer = Signs(0.5, name="signs", jit_compile=True)
    optimizer.build(variables)
    optimizer.build(variables)  # a second time changes nothing
    for _ in range(2):
        optimizer.apply_gradients([(tf.constant([3.0, -4.0]), variables[0]), (tf.constant([[1.0]]), variables[1])])
    assert [variable.numpy().tolist() for variable in variables] == [[0.0, 3.0], [[2.0]]]
    assert [slot.numpy().tolist() for slot in optimizer.slots_of(variables[0])] == [[2.0, 2.0], [3.0, -4.0]]
    assert [slot.numpy().tolist() for slot in optimizer.slots_of(variables[1])] == [[[2.0]], [[1.0]]]
    assert not optimizer.jit_compile


def test_rows_that_occur_twice_are_summed_before_gradients_are_clipped():
    table = tf.Variable(tf.zeros((3, 1)))
    optimizer = Signs(1.0, name="signs", global_clipnorm=1.0)
    optimizer.build([table])
    gradient = tf.IndexedSlices(tf.constant([[3.0], [1.0]]), tf.constant([1, 1]), tf.constant([3, 1]))
    optimizer.apply_gradients([(gradient, table)])
    assert optimizer.slots_of(table)[1].numpy().tolist() == [[0.0], [1.0], [0.0]]  # 4 clipped to norm 1


def test_the_state_of_loss_scaling_is_its_scale_and_its_counter():
    plain = Signs(1.0, name="signs")
    assert loss_scaling_state(plain) == []
    scale, counter = loss_scaling_state(keras.mixed_precision.LossScaleOptimizer(plain, initial_scale=256.0))
    assert (float(scale), int(counter)) == (256.0, 0)


def test_what_is_ours_is_traced_as_it_is_written_and_what_others_write_is_translated():
    def positive(x):
        if x > 0:  # of a tensor: only AutoGraph's translation can be traced
            return x
        return -x

    assert float(tf.function(positive)(tf.constant(-3.0))) == 3.0
    positive.__module__ = "bert4ner.networks.mending"
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(lambda x: positive(x))(tf.constant(-3.0))
