/**
 * Where attachments are: a folder, or a bucket. Several processes may use one at once, as a name is
 * given to one content, once: nothing that is there ever changes, it is only added and removed.
 */
import { randomBytes } from "node:crypto";
import { StoreError } from "../desk/ports.ts";

export interface Place {
  /** As an operator knows it, without anything secret. */
  readonly title: string;
  /** Whether it is near enough to read all of a content to check it before it is passed on. */
  readonly isNear: boolean;
  /** What has ended badly may be done again. Durable, and as a whole. Throws `WRITE_FAILED`. */
  put(name: string, content: Buffer): Promise<void>;
  /** Nothing is asked for before the first piece is. Throws `Absent`, or another `READ_FAILED`. */
  read(name: string): AsyncGenerator<Uint8Array, void>;
  /**
   * Those whose names begin so, page by page; copies of one content come after one another. A far
   * place says how large they are. Throws `READ_FAILED`.
   */
  list(start: string): AsyncIterable<Listed>;
  /** Makes durable what is listed, of which a crash may have come too early for that. */
  settle(name: string): Promise<void>;
  /** Also of what is not there. Throws `WRITE_FAILED`. */
  remove(name: string): Promise<void>;
  /** What is under way fails, and all that comes later. */
  close(): void;
}

interface Listed {
  name: string;
  sizeBytes?: number;
}

/** What was to be read is not there. */
export class Absent extends StoreError {
  constructor(title: string, name: string) {
    super("READ_FAILED", `${name} is not there any more in ${title}. It may be in a backup.`);
  }
}

/** One of perhaps several of the same content. */
export interface Copy extends Listed {
  /** SHA-256 of the content, in hex. */
  hash: string;
  /** When it was written, in ms since 1970; 0 if that is not known. */
  keptMs: number;
}

const hashPattern = /^[0-9a-f]{64}$/;
const namePattern = /^([0-9a-f]{64})(?:\.(\d{1,15})-[0-9a-f]{8})?$/;

/** What comes from an address may be anything. */
export const isHash = (text: string): boolean => hashPattern.test(text);

/** One that nobody has ever had. */
export const nameFor = (hash: string, nowMs: number): string =>
  `${hash}.${nowMs}-${randomBytes(4).toString("hex")}`;

/** Undefined for what is no content. Before there were times in names, a name was a hash. */
export function copyOf(listed: Listed): Copy | undefined {
  const [, hash, keptMs = "0"] = namePattern.exec(listed.name) ?? [];
  return hash === undefined ? undefined : { ...listed, hash, keptMs: Number(keptMs) };
}

/** All of it, from its pieces. */
export async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}
