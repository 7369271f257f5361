"""`mia demo`: X, MIA, her site and her jobs on one machine, each a real process, with one command."""
