"""The only package that imports TensorFlow and Keras, and the only one that uses their private parts."""
