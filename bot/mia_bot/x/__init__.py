"""X's API v2 behind typed methods: tweepy's client on our origin, its faults as our errors."""
