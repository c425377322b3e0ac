// A signature check on node's own cryptography: (JWK) -> (signing input, base64url signature) -> boolean.
import { createPublicKey, verify } from "node:crypto";

export function verifierOf(jwk) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const ed25519 = key.asymmetricKeyType === "ed25519";
  return (input, signature) =>
    verify(
      ed25519 ? null : "sha256",
      Buffer.from(input),
      ed25519 ? key : { key, dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
}

export async function report(work) {
  try {
    console.log(JSON.stringify({ ok: true, ...(await work()) }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, error: `${error.name}: ${error.message}` }));
    process.exitCode = 1;
  }
}
