"""Pages on which a person sees and rules their own data."""
