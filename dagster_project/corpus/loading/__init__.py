"""Publications on their way into training: which sample goes to which rank and step, and the samples themselves."""
