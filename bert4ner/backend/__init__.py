"""The only package that names TensorFlow and Keras, and what it needs of their private parts."""
