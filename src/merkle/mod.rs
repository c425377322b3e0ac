//! Floor 2: the RFC 6962 Merkle tree over SHA-256 and its C2SP tlog-tiles form.
