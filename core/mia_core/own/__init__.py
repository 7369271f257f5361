"""A person's own data, as they see it and change it themselves."""
