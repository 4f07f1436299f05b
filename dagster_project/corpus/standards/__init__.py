"""The facts of a mix in the terms of standards, for programs to read. What people read is made in `publishing/`."""
