// Verify and disclose an SD-JWT with the npm package @sd-jwt/core.
// usage: check_sd_jwt.mjs CREDENTIAL ISSUER_JWK [NONCE AUDIENCE]
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { SDJwtInstance } from "@sd-jwt/core";
import { report, verifierOf } from "./jws.mjs";

const [credential, issuerJwk, nonce, audience] = process.argv.slice(2);

await report(async () => {
  const text = readFileSync(credential, "ascii").trim();
  const instance = new SDJwtInstance({
    hasher: (data, algorithm) =>
      createHash(algorithm.replace("sha-", "sha")).update(Buffer.from(data)).digest(),
    verifier: verifierOf(JSON.parse(readFileSync(issuerJwk, "utf8"))),
    kbVerifier: (input, signature, payload) => verifierOf(payload.cnf.jwk)(input, signature),
  });
  const { payload, kb } = await instance.verify(text, nonce ? { keyBindingNonce: nonce } : {});
  if (audience && kb.payload.aud !== audience) throw new Error("aud is another");
  return { claims: payload, bound: Boolean(kb) };
});
