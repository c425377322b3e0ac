//! Floor 2: the Merkle tree of RFC 6962 over SHA-256, and its form as files, C2SP tlog-tiles.
//!
//! Hashes and arithmetic only: what a leaf means is the ledger's, who signs a root the checkpoint's, where tiles lie
//! the store's. A *complete subtree* is named by level and index: it covers the leaves from index·2^level on, 2^level
//! of them.

mod bundle;
mod hash;
mod prefix;
mod proof;
mod prove;
mod range;
mod tile;
mod tile_path;

pub use bundle::{BundleError, decode_bundle, encode_bundle};
pub use hash::{EMPTY_ROOT, Hash, HashError, leaf, node};
pub use prefix::PrefixProof;
pub use proof::{ConsistencyProof, InclusionProof, ProofError};
pub use prove::{Nodes, consistency, inclusion, prefix, root_from_nodes};
pub use range::{Range, RangeError};
pub use tile::{
    TileError, TileId, Width, bundles, decode_hashes, encode_hashes, node_from_tiles, tiles, width_at,
};
pub use tile_path::{PathError, TilePath};
