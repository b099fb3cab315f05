/**
 * How a ticket names a file that is kept in the attachments folder. The address leads nowhere: it
 * is for the store. Whoever shows a ticket to someone puts a link in its place.
 */

const origin = "http://attachments.deskhand.invalid";

export interface StoredFile {
  /** SHA-256 of its content, in hex. */
  hash: string;
  name: string;
  /** A MIME type. */
  type: string;
}

/** The name in it is `addressName`'s: a ticket's `filename` has all of it. */
export const storedAddress = ({ hash, name, type }: StoredFile): string =>
  `${origin}/${hash}/${encodeURIComponent(addressName(name))}?type=${encodeURIComponent(type)}`;

const pattern = new RegExp(
  `^${origin.replaceAll(".", "\\.")}/([0-9a-f]{64})/([^/?#]+)\\?type=([^&#]+)$`,
);

/** Undefined for every other address. */
export function readStoredAddress(url: string): StoredFile | undefined {
  const [, hash, name, type] = pattern.exec(url) ?? [];
  if (hash === undefined || name === undefined || type === undefined) return undefined;
  try {
    return { hash, name: decodeURIComponent(name), type: decodeURIComponent(type) };
  } catch {
    return undefined;
  }
}

/** As it is written in an address: with it, the address stays within the contract's bound. */
const mostEncoded = 900;
const mostEncodedEnding = 100;

/**
 * A file's name as the last part of an address: no path, no control characters, nothing that
 * turns text around, and short. Its ending is kept. A name that was made by it stays as it is.
 */
export function addressName(name: string): string {
  const safe = name.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}/\\]/gu, "_");
  // Browsers and proxies take these parts of a path away.
  if (/^\.*$/.test(safe)) return "file";
  return encodedLength(safe) <= mostEncoded ? safe : shortened(safe);
}

function shortened(name: string): string {
  const dot = name.lastIndexOf(".");
  const ending = dot > 0 && encodedLength(name.slice(dot)) <= mostEncodedEnding ? dot : name.length;
  const stem = [...name.slice(0, ending)];
  const room = mostEncoded - encodedLength(name.slice(ending));
  let length = 0;
  const end = stem.findIndex((character) => {
    length += encodedLength(character);
    return length > room;
  });
  return stem.slice(0, end).join("") + name.slice(ending);
}

const encodedLength = (text: string): number => encodeURIComponent(text).length;
