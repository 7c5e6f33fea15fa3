"""``bert4ner convert-checkpoint``: what it prints, and its refusals in one line."""

import pytest


def test_a_checkpoint_goes_there_and_back(bert4ner, tiny_checkpoint, tmp_path):
    there, back = tmp_path / "hf", tmp_path / "tf"
    code, out, err = bert4ner("convert-checkpoint", tiny_checkpoint, there)
    assert (code, err) == (0, "")
    assert out == f"{tiny_checkpoint} (bert, tensorflow) -> {there} (huggingface): 42 variables\n"
    out = bert4ner("convert-checkpoint", there, back, "--to", "tensorflow").out
    assert out.endswith("(tensorflow): 42 variables\n")
    assert sorted(path.name for path in there.iterdir()) == ["config.json", "model.safetensors", "vocab.txt"]
    assert (back / "vocab.txt").read_bytes() == (tiny_checkpoint / "vocab.txt").read_bytes()


@pytest.mark.parametrize("target", ["there", "file"])
def test_nothing_is_written_over(target, refused, tiny_checkpoint, tmp_path):
    (tmp_path / "there" / "sub").mkdir(parents=True)
    (tmp_path / "file").touch()
    path = tmp_path / target
    assert refused("convert-checkpoint", tiny_checkpoint, path) == f"{path}: exists already; name a new folder"


def test_what_is_no_pretrained_folder(refused, tmp_path):
    assert refused("convert-checkpoint", tmp_path / "nowhere", tmp_path / "out").startswith(
        f"{tmp_path / 'nowhere'}: no such folder; "
    )
    (tmp_path / "empty").mkdir()
    assert "no bert_config.json" in refused("convert-checkpoint", tmp_path / "empty", tmp_path / "out")


def test_tokens_are_left_out(bert4ner, refused, tiny_checkpoint, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text("本品用于气血\n龘\n", encoding="utf-8")
    code, out, _ = bert4ner("convert-checkpoint", tiny_checkpoint, tmp_path / "less", "--keep-tokens", text)
    first, second = out.splitlines()
    assert code == 0 and first.endswith(f"-> {tmp_path / 'less'} (tensorflow): 42 variables")
    assert second.endswith(f"tokens kept; of the characters of {text} it lacks 14.29%, the whole lacked 14.29%")
    vocabulary = (tmp_path / "less" / "vocab.txt").read_text(encoding="utf-8")
    assert "气" in vocabulary and "参" not in vocabulary
    none = tmp_path / "none.txt"
    assert refused("convert-checkpoint", tiny_checkpoint, tmp_path / "no", "--keep-tokens", none) == (
        f"{none}: cannot be read (No such file or directory); --keep-tokens takes characters or a text file"
    )
