"""Imported by the process that others are forked from: what each of them would read at its start, read once."""

from mia_core.gate import language, sense, signs
from mia_core.wishes.phrases import phrasebooks

phrasebooks()
signs.all_signs()
language.warm_up()
for task in sense.TASKS:
    sense.weights(task)
