// No _POSIX_V7_ macro fits: long has 64 bits, pointers have 32.
