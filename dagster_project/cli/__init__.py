"""The command line: one small file per verb family. It parses, calls the library once, and shows what came back."""
