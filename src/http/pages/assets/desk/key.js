// The officer's own key: Ed25519, made here, kept in this browser and never to be taken out of it, which `extractable:
// false` means. It belongs to one ledger. Not here: what is signed with it (statement.js).
import { bytesOf, canonical, encode, hex, sha256 } from "./canonical.js";

const DATABASE = "vidimus-desk";
const STORE = "keys";
// How long the proof that goes with a key counts: two months, as `vidimus officer enrol` has it.
const PROOF = 62 * 24 * 3600 * 1000;

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function opened(mode) {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return (await settled(request)).transaction(STORE, mode).objectStore(STORE);
}

// Whether this browser can make such a key here: over HTTPS or on this machine, and new enough.
export const possible = () => Boolean(globalThis.isSecureContext && crypto.subtle && globalThis.indexedDB);

// The key of a ledger with its id and public half, or null.
export async function own(origin) {
  return (await settled((await opened("readonly")).get(origin))) ?? null;
}

// Makes one; a key that is there is not written over.
export async function make(origin) {
  const pair = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const id = hex((await sha256(spki)).slice(0, 16));
  const key = { origin, id, spki: encode(spki), privateKey: pair.privateKey, made: new Date().toISOString() };
  await navigator.storage?.persist?.();
  await settled((await opened("readwrite")).add(key, origin));
  return key;
}

export async function forget(origin) {
  await settled((await opened("readwrite")).delete(origin));
}

export async function sign(key, bytes) {
  return encode(await crypto.subtle.sign("Ed25519", key.privateKey, bytes));
}

// What `vidimus officer enrol` writes: the roles that are asked for, and the key with the proof that it is here (law 0,
// section 4).
export async function request(key, { department, roles, officer = null }) {
  const not_after = new Date(Date.now() + PROOF).toISOString();
  const claim = canonical({ not_after, owner: department, purpose: "officer", spki: key.spki });
  const possession = await sign(key, bytesOf(`vidimus/possession/v1\n${key.origin}\n${claim}`));
  return { officer: { department, key: { spki: key.spki, not_after, possession }, roles, from: null, until: null, officer } };
}
