"""Erasing: the text of what was taken down leaves every object of the store; ids and counts stay."""
