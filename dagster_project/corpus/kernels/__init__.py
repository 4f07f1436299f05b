"""The loops: functions from arrays to arrays, compiled by numba. No file, no configuration, no clock, no logging.

A text travels as two arrays, `data` (UTF-8 bytes) and `offsets` (int64, one more than there are documents); document i
is `data[offsets[i]:offsets[i + 1]]`. What a character is comes from `unicode.npz`, never from the interpreter.
"""
