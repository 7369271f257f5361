"""What is promised to people: the privacy policy in all its versions, and the pages beside it."""
