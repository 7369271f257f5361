"""Login with X, and the browsers that are signed in."""
