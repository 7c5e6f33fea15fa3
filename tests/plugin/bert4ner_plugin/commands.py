"""The commands of this package as `bert4ner --help` shows them; what they do is imported when one is run."""

from bert4ner.command import Command

LABELS = Command("bert4ner_plugin.labels:labels", "the labels of annotated data, and how often each occurs")
