"""What happens around the epochs of a training, each a Keras callback of its own; `bert4ner.callbacks` shows them."""
