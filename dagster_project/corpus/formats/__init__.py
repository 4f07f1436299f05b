"""The formats in which mixes are delivered: one module writes and reads each, and knows nothing of mixes or stores."""
