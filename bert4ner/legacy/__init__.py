"""What scripts of the time of TensorFlow 1 and Keras 2 need: their names, their optimizers, and a runner for them."""
