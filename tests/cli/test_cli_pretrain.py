"""``bert4ner pretrain``: what it prints, and its refusals in one line."""

import pytest


@pytest.fixture
def texts(tmp_path):
    path = tmp_path / "texts.txt"
    path.write_text(
        "\n".join(f"人参用于头痛，当归用于发热{'。' * number}" for number in range(1, 21)), encoding="utf-8"
    )
    return path


def test_what_an_encoder_read_is_reported(bert4ner, texts, data, tiny_bert, tmp_path):
    options = ("--pretrained", tiny_bert, "--window", 16, "--batch-tokens", 64, "--precision", "float32", "--epochs", 1)
    code, out, err = bert4ner("pretrain", texts, data, *options, "--output", tmp_path / "read")
    assert code == 0, err
    assert "the encoder starts from random weights" in err and "28 documents" in err
    rows = [line.split() for line in out.splitlines()]
    assert ["update", "epoch", "loss", "perplexity", "accuracy", "tokens", "per", "second"] in rows
    assert out.endswith(f"next:    bert4ner train DATA --pretrained {tmp_path / 'read'} --output RUN\n")
    again = bert4ner("pretrain", texts, data, *options, "--output", tmp_path / "read")
    assert (again.code, again.out) == (0, out)


def test_what_cannot_be_done_is_refused(refused, texts, tiny_checkpoint, tmp_path):
    output = ("--output", tmp_path / "read")
    assert "no such file or folder" in refused("pretrain", tmp_path / "nowhere", *output)
    assert "--architecture FILE" in refused("pretrain", texts, *output)
    message = refused("pretrain", texts, "--pretrained", tiny_checkpoint, "--window", 100, *output)
    assert message == "window=100, but the encoder has 64 positions; lower --window"
    (tmp_path / "empty.txt").touch()
    message = refused("pretrain", tmp_path / "empty.txt", "--pretrained", tiny_checkpoint, "--window", 16, *output)
    assert message == "the texts to learn from contain no token"
    (tmp_path / "image.png").write_bytes(bytes(range(256)) * 8)
    message = refused("pretrain", tmp_path / "image.png", "--pretrained", tiny_checkpoint, "--window", 16, *output)
    assert str(tmp_path / "image.png") in message
