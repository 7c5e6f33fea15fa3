"""Networks: pretrained encoders, fusion, necks, heads, and how networks are saved and loaded."""
