import { createHmac, timingSafeEqual } from "node:crypto";
import { addressName, type StoredFile } from "../desk/attachment-address.ts";
import { type Refusal, refuse } from "../tickets/errors.ts";

export interface LinkParts {
  secret: Uint8Array;
  /** How others reach Deskhand, without a slash at its end. */
  publicUrl(): string;
  /** In ms since 1970. */
  now(): number;
  /** How long a link is good. */
  linkMs: number;
}

/** Links that open one file for whoever has them, for some time, and nothing else. */
export interface Links {
  urlFor(file: StoredFile): string;
  /** What a link says, and with which signature; undefined when it was made here and is good. */
  check(file: StoredFile, expires: string, signature: string): Refusal | undefined;
}

export function createLinks({ secret, publicUrl, now, linkMs }: LinkParts): Links {
  const sign = ({ hash, name, type }: StoredFile, expires: string): string =>
    createHmac("sha256", secret)
      .update(JSON.stringify(["attachment", hash, name, type, expires]))
      .digest("base64url");
  return {
    urlFor(given) {
      const file = { ...given, name: addressName(given.name) };
      // In whole seconds, as times in addresses usually are.
      const expires = String(Math.ceil((now() + linkMs) / 1_000));
      const query = new URLSearchParams({
        type: file.type,
        expires,
        signature: sign(file, expires),
      });
      return `${publicUrl()}/attachments/${file.hash}/${encodeURIComponent(file.name)}?${query}`;
    },
    check(file, expires, signature) {
      if (!isSame(signature, sign(file, expires))) return refuse("LINK_INVALID");
      return now() < Number(expires) * 1_000 ? undefined : refuse("LINK_EXPIRED");
    },
  };
}

/** In a time that tells nothing of how nearly they are the same. */
function isSame(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.byteLength === other.byteLength && timingSafeEqual(one, other);
}
