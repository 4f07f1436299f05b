"""How far takedowns reach: from the documents that entries mean to their copies, families and children, wherever in the
store these stand."""
