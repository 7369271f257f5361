"""MIA's tests: they mirror the four packages; e2e runs real processes, bench measures."""
