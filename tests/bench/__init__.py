"""Measurements: run by hand and by CI for their figures, never asserted on time."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as `mia` does it, before numpy is imported
