import { hash, timingSafeEqual } from "node:crypto";
import type { Actor } from "../tickets/changes.ts";

/**
 * Whom a bearer token stands for: a client, an agent, or a program (`mirror`) that does what an agent
 * may do, and writes down what requesters have said elsewhere.
 */
export interface ApiToken {
  role: (typeof roles)[number];
  id: string;
  token: string;
}

const roles = ["client", "agent", "mirror"] as const;

const actorOf = ({ role, id }: ApiToken): Actor =>
  role === "mirror" ? { role: "agent", id, mirrors: true } : { role, id };

/** Finds whose token it is, in a time that tells nothing of how nearly it was right. */
export function tokenReader(tokens: readonly ApiToken[]): (token: string) => Actor | undefined {
  const known = tokens.map((each) => ({ actor: actorOf(each), digest: digest(each.token) }));
  return (token) => {
    const given = digest(token);
    let found: Actor | undefined;
    for (const { actor, digest } of known) if (timingSafeEqual(digest, given)) found = actor;
    return found;
  };
}

/** Of the same length for every token, so that they can be compared. */
const digest = (token: string): Buffer => hash("sha256", token, "buffer");

/** The token of an Authorization header; undefined when there is none. */
export function bearerToken(header: string | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1];
}

const format =
  "must be a comma-separated list of role:id:token, with the role client, agent or mirror";

/**
 * Reads `role:id:token` entries, separated by commas. An id may have colons in it, a token may
 * not. The problem, told after the name of what holds them, names none of them.
 */
export function readApiTokens(text: string): { tokens: ApiToken[] } | { problem: string } {
  const entries = text.split(",").map((entry) => entry.trim());
  const tokens = entries.filter((entry) => entry !== "").flatMap(readEntry);
  const places = entries.flatMap((entry, index) =>
    entry === "" || readEntry(entry).length > 0 ? [] : `entry ${index + 1}`,
  );
  if (places.length > 0) return { problem: `${format} (wrong: ${places.join(", ")})` };
  if (tokens.length === 0) return { problem: format };
  if (new Set(tokens.map(({ token }) => token)).size < tokens.length)
    return { problem: "must not give the same token to two callers" };
  return { tokens };
}

function readEntry(entry: string): [ApiToken] | [] {
  const match = /^(\w+):([\x21-\x7e]{1,200}):([\x21-\x7e]+)$/.exec(entry);
  const [, named, id, token] = match ?? [];
  const role = roles.find((each) => each === named);
  if (role === undefined || id === undefined || token === undefined) return [];
  return [{ role, id, token }];
}
