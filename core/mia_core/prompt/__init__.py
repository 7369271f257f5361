"""Prompts: the persona and the templates, and how a scene becomes the model's input."""
