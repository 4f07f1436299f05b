"""Questions about a mix that stands: how old it is, what it says of whom how often, and who can prove it."""
