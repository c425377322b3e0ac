//! Floor 6: where rows are kept: in memory, and on sled.
