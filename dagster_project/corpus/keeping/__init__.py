"""The care of a store: what of it nothing needs, whether its records agree, and copies of it elsewhere."""
