//! The ledger as files, receipts, and the keys under which all of it is checked.

use serde_json::json;

use crate::http::kind::Kind;
use crate::http::openapi::operation::{Content, Operation, Parameter, Place, get};

/// The rows.
pub fn operations() -> Vec<Operation> {
    let bytes = Content::Bytes("application/octet-stream");
    let text = Content::Text("text/plain");
    let index = Parameter {
        name: "index",
        place: Place::Query,
        says: "Of the entry, from 0.",
        schema: json!({"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_u64, "example": 0}),
        required: true,
    };
    vec![
        get("/ledger/checkpoint", "showCheckpoint")
            .says("检查点", "The newest checkpoint")
            .note("A C2SP signed note: origin, size, root.")
            .answers(200, "The note.", std::slice::from_ref(&text)),
        get("/ledger/witnessed-checkpoint", "showWitnessedCheckpoint")
            .says("经见证的检查点", "The newest checkpoint that a quorum of witnesses cosigned")
            .note(
                "The same note with the witnesses' lines (C2SP tlog-cosignature). 404 where no witness is asked, 503 until \
                 the first quorum. It may be smaller than `/ledger/checkpoint`, never larger.",
            )
            .answers(200, "The note.", std::slice::from_ref(&text))
            .refuses(&[Kind::NotFound, Kind::NotReady]),
        get("/ledger/tile/{*path}", "showTile")
            .says("瓦片与记录", "A tile, or a bundle of entries")
            .note(
                "C2SP tlog-tiles: `{level}/{index}[.p/{width}]`, or `entries/{index}[.p/{width}]`. The path holds \
                 slashes, which are not to be escaped.",
            )
            .part("path", "As in tlog-tiles.", json!({"type": "string", "example": "0/000"}))
            .answers(200, "Hashes, or length-prefixed entries.", std::slice::from_ref(&bytes))
            .refuses(&[Kind::NotFound]),
        get("/ledger/blob/sha256/{hex}", "showBlob")
            .says("公开材料", "Public material by its digest")
            .part("hex", "SHA-256, lower case.", json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}))
            .answers(200, "The bytes.", std::slice::from_ref(&bytes))
            .refuses(&[Kind::NotFound]),
        get("/ledger/vkey", "listVerifierKeys")
            .says("检查点验证密钥", "Verifier keys of checkpoints")
            .answers(200, "One C2SP vkey a line, newest first.", std::slice::from_ref(&text)),
        get("/v1/ledger/proof", "proveEntry")
            .says("回执", "A receipt for an entry")
            .with(index)
            .answers(200, "A C2SP tlog-proof: to the newest checkpoint that witnesses cosigned, if it covers the entry, with their \
                 lines; otherwise to the newest checkpoint.", &[text])
            .refuses(&[Kind::NotFound]),
        get("/.well-known/jwt-vc-issuer", "listIssuerKeys")
            .says("签发密钥", "Keys that sign credentials, retired ones too")
            .answers(200, "JWT VC issuer metadata.", &[Content::Json("IssuerKeys")]),
        get("/pki/root.pem", "showRoot")
            .says("根证书", "The root certificate")
            .answers(200, "PEM.", &[Content::Text("application/pem-certificate-chain")]),
    ]
}
