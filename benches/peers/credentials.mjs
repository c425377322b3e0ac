// Makes and reads the cases with npm's @sd-jwt/core, on node's own Ed25519.
// usage: credentials.mjs CASES; then a line "issue SECONDS" or "verify SECONDS" is answered by credentials for each second of a core
import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { SDJwtInstance } from "@sd-jwt/core";

const cases = JSON.parse(readFileSync(process.argv[2], "utf8"));
const secret = createPrivateKey({ key: Buffer.from(cases.pkcs8, "hex"), format: "der", type: "pkcs8" });
const open = createPublicKey({ key: cases.jwk, format: "jwk" });
const instance = new SDJwtInstance({
  hashAlg: "sha-256",
  hasher: (data, algorithm) => createHash(algorithm.replace("sha-", "sha")).update(Buffer.from(data)).digest(),
  saltGenerator: (length) => randomBytes(length).toString("base64url"),
  signAlg: "EdDSA",
  signer: (input) => sign(null, Buffer.from(input), secret).toString("base64url"),
  verifier: (input, signature) => verify(null, Buffer.from(input), open, Buffer.from(signature, "base64url")),
});
const work = {
  issue: ({ drafts }, n) => instance.issue(drafts[n].claims, undefined, { header: drafts[n].header }),
  verify: ({ credentials }, n) => instance.verify(credentials[n]),
};

// What is measured is right: read by it, and refused when changed.
const { payload } = await work.verify(cases, 0);
if (payload.licence_number !== cases.drafts[0].claims.licence_number) throw new Error("other claims");
const made = await work.issue(cases, 0);
if (JSON.stringify((await instance.verify(made)).payload.claims) !== JSON.stringify(cases.drafts[0].claims.claims))
  throw new Error("made with other claims");
const changed = made.replace(/\.[^.~]{4}([^.~]*~)$/, ".AAAA$1");
if (await instance.verify(changed).then(() => true, () => false)) throw new Error("accepts a changed signature");

const { version } = JSON.parse(readFileSync(new URL("node_modules/@sd-jwt/core/package.json", import.meta.url), "utf8"));
console.log(`@sd-jwt/core ${version}, node ${process.versions.node}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, seconds] = line.split(" ");
  const before = process.cpuUsage();
  const until = performance.now() + Number(seconds) * 1e3;
  let count = 0;
  while (performance.now() < until) await work[what](cases, count++ % cases.drafts.length);
  const { user, system } = process.cpuUsage(before);
  console.log(count / ((user + system) / 1e6));
}
