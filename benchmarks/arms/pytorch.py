"""transformers and pytorch-crf, as people put them together: dynamic padding, AdamW, bfloat16 autocast where asked."""

import os
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torchcrf import CRF
from transformers import BertConfig, BertModel, BertTokenizerFast, get_linear_schedule_with_warmup
from worker import Spans, serve

BATCH, PREDICT_BATCH = 16, 32


class Tagger(torch.nn.Module):
    """BERT, dropout, a linear layer and a CRF in float32."""

    def __init__(self, config: BertConfig, tags: int):
        super().__init__()
        self.bert = BertModel(config, add_pooling_layer=False)
        self.dropout = torch.nn.Dropout(0.1)
        self.projection = torch.nn.Linear(config.hidden_size, tags)
        self.crf = CRF(tags, batch_first=True)

    def emissions(self, ids: Any, mask: Any, precision: str) -> Any:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            features = self.bert(ids, attention_mask=mask).last_hidden_state
        return self.projection(self.dropout(features.float()))


class PyTorch:
    """The arm of PyTorch."""

    def __init__(self, task: dict[str, Any]):
        torch.manual_seed(task["seed"])
        self.task = task
        self.labels = task["labels"]
        self.tokenizer = BertTokenizerFast.from_pretrained(task["pretrained"])
        self.model = Tagger(
            BertConfig.from_json_file(os.path.join(task["pretrained"], "bert_config.json")), 2 * len(self.labels) + 1
        )
        weights = os.path.join(task["pretrained"], "model.safetensors")
        if os.path.exists(weights):
            self.model.bert.load_state_dict(load_file(weights))
        self.documents = [self._encode(each["text"], each["entities"]) for each in task["train"]]
        steps = task["epochs"] * -(-len(self.documents) // BATCH)
        encoder = list(self.model.bert.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": encoder},
                {"params": self.model.projection.parameters(), "lr": 2 * task["learning_rate"]},
                {"params": self.model.crf.parameters(), "lr": task["crf_rate"]},
            ],
            lr=task["learning_rate"],
            weight_decay=0.01,
        )
        self.schedule = get_linear_schedule_with_warmup(self.optimizer, steps // 10, steps)
        self.random = np.random.default_rng(task["seed"])

    def _encode(self, text: str, entities: list[Any]) -> tuple[list[int], list[int], list[int]]:
        """Token ids, the character of each token (-1: special), tags."""
        encoded = self.tokenizer(list(text), is_split_into_words=True, truncation=True, max_length=512)
        places = [-1 if word is None else word for word in encoded.word_ids()]
        by_character = [0] * len(text)
        for start, end, label in entities:
            number = self.labels.index(label)
            by_character[start:end] = [2 * number + 1] + [2 * number + 2] * (end - start - 1)
        return encoded["input_ids"], places, [by_character[place] if place >= 0 else 0 for place in places]

    @staticmethod
    def _padded(rows: list[list[int]]) -> Any:
        width = max(map(len, rows))
        return torch.tensor([row + [0] * (width - len(row)) for row in rows])

    def train_epoch(self, epoch: int) -> dict[str, int]:
        self.model.train()
        order = self.random.permutation(len(self.documents))
        real = fed = 0
        for start in range(0, len(order), BATCH):
            rows = [self.documents[number] for number in order[start : start + BATCH]]
            ids, tags = self._padded([row[0] for row in rows]), self._padded([row[2] for row in rows])
            mask = ids != 0
            emissions = self.model.emissions(ids, mask, self.task["precision"])
            loss = -self.model.crf(emissions, tags, mask=mask, reduction="token_mean")
            self.optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.schedule.step()
            real, fed = real + int(mask.sum()), fed + ids.numel()
        return {"tokens": real, "fed": fed}

    @torch.inference_mode()
    def predict(self, texts: list[str]) -> list[Spans]:
        self.model.eval()
        size = self.task["window"]
        pieces = [
            (number, start, text[start : start + size])
            for number, text in enumerate(texts)
            for start in range(0, len(text), size)
        ]
        found: list[Spans] = [[] for _ in texts]
        for first in range(0, len(pieces), PREDICT_BATCH):
            batch = pieces[first : first + PREDICT_BATCH]
            rows = [self._encode(text, []) for _, _, text in batch]
            ids = self._padded([row[0] for row in rows])
            mask = ids != 0
            paths = self.model.crf.decode(self.model.emissions(ids, mask, self.task["precision"]), mask=mask)
            for (number, start, _), row, path in zip(batch, rows, paths, strict=True):
                found[number] += [(start + i, start + j, label) for i, j, label in self._spans(row[1], path)]
        return found

    def _spans(self, places: list[int], path: list[int]) -> Spans:
        found: Spans = []
        for place, tag in zip(places, path, strict=True):
            label = self.labels[(tag - 1) // 2] if tag else ""
            if place < 0 or not tag:
                continue
            if tag % 2 == 0 and found and found[-1][1] == place and found[-1][2] == label:
                found[-1] = (found[-1][0], place + 1, label)
            elif tag % 2 == 1:
                found.append((place, place + 1, label))
        return found


if __name__ == "__main__":
    serve(PyTorch)
