"""Networks: pretrained encoders, what is taken from them, what stands on them, and how they are saved and loaded."""
