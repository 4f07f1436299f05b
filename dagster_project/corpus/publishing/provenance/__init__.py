"""The provenance page of a mix: what is in it, where that came from, what was left out; and a search that needs no
server. Facts come as plain data; charts are drawn here once, as pictures in the page."""
