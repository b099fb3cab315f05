/** What stands in the file of a document. */
import type { TicketDocument } from "../../desk/document.ts";
import { bytesOf, readableText } from "./durable.ts";

/** From so many messages on, what was written of each before is kept, to be written again. */
export const longMessages = 100;

/**
 * The same as `JSON.stringify(document, null, 2)`, and a line break. Of a long one, what it has from the
 * one before it, and is frozen, is not made anew: most of it.
 */
export function bytesOfDocument(document: TicketDocument): Buffer {
  const { messages, ticket } = document;
  if (messages.length < longMessages) return bytesOf(document);
  const pieces = object(document, "", {
    messages: () => list(messages, step),
    ticket: () => object(ticket, step, { threads: () => list(ticket.threads, step + step) }),
  });
  return Buffer.concat([...pieces, Buffer.from("\n")]);
}

const step = "  ";

/** `own` says how the values of some keys are written. */
function object(value: object, indent: string, own: Record<string, () => Buffer[]>): Buffer[] {
  const inside = `\n${indent}${step}`;
  const pieces: Buffer[] = [];
  for (const [key, each] of Object.entries(value)) {
    if (each === undefined) continue;
    const name = `${pieces.length === 0 ? "{" : ","}${inside}${JSON.stringify(key)}: `;
    pieces.push(Buffer.from(name));
    // Far too many for the arguments of one call.
    for (const piece of own[key]?.() ?? [indented(each, indent + step)]) pieces.push(piece);
  }
  return [...pieces, Buffer.from(`\n${indent}}`)];
}

function list(values: readonly object[], indent: string): Buffer[] {
  if (values.length === 0) return [Buffer.from("[]")];
  const inside = indent + step;
  const between = Buffer.from(`,\n${inside}`);
  const pieces = values.flatMap((each) => [between, kept(each, inside)]);
  return [Buffer.from(`[\n${inside}`), ...pieces.slice(1), Buffer.from(`\n${indent}]`)];
}

/** What stands in one place of a document stands in no other, so it is always indented by as much. */
const texts = new WeakMap<object, Buffer>();

/** All of it is frozen, or none. */
function kept(value: object, indent: string): Buffer {
  const known = texts.get(value);
  if (known) return known;
  if (!Object.isFrozen(value)) return indented(value, indent);
  const text = alone(indented(value, indent));
  texts.set(value, text);
  return text;
}

/** Small buffers share their memory with others, and would keep it: up to 8 KiB each. */
function alone(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

/** In JSON no text has a line break. */
const indented = (value: unknown, indent: string): Buffer =>
  Buffer.from(readableText(value).replaceAll("\n", `\n${indent}`));
