"""From characters to token ids and back: tagging schemes, windows, tokenizers, batches."""
