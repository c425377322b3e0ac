// Verify a status list token (node) and read indexes with the npm package @sd-jwt/jwt-status-list.
// usage: check_status_list.mjs TOKEN SIGNER_JWK INDEX...
import { readFileSync } from "node:fs";
import { getListFromStatusListJWT } from "@sd-jwt/jwt-status-list";
import { report, verifierOf } from "./jws.mjs";

const [token, signerJwk, ...indexes] = process.argv.slice(2);

await report(() => {
  const text = readFileSync(token, "ascii").trim();
  const [header, payload, signature] = text.split(".");
  const verify = verifierOf(JSON.parse(readFileSync(signerJwk, "utf8")));
  if (!verify(`${header}.${payload}`, signature)) throw new Error("the signature does not match");
  const { typ } = JSON.parse(Buffer.from(header, "base64url"));
  if (typ !== "statuslist+jwt") throw new Error("typ is another");
  const list = getListFromStatusListJWT(text);
  return {
    sub: JSON.parse(Buffer.from(payload, "base64url")).sub,
    bits: list.getBitsPerStatus(),
    length: list.statusList.length,
    statuses: Object.fromEntries(indexes.map((index) => [index, list.getStatus(Number(index))])),
  };
});
