/** Carries one delivery to its platform, and says what became of it. */
import type { OutboundMessage, PlatformAdapter, Spot, TicketCard } from "./chat.ts";
import { type Delivery, platformOf } from "./delivery.ts";
import type { MessageFile, Place, TicketDocument, Underway } from "./document.ts";
import { messageIn } from "./messages.ts";
import { type AttachmentFolder, type FileRules, type Log, StoreError } from "./ports.ts";
import type { Result, Sent } from "./result.ts";
import type { TicketService } from "./service.ts";
import { deliverToService, isForPlace, type TicketFinder } from "./service-courier.ts";
import type { RichText } from "./text.ts";

export interface Courier {
  /** Whether its platform is on. A file of one that is off is not waited for. */
  carries(delivery: Delivery): boolean;
  deliver(document: TicketDocument, delivery: Delivery): Promise<Result>;
}

export interface CourierParts {
  adapters: ReadonlyMap<string, PlatformAdapter>;
  /** The ticket service in which tickets live, too. */
  service?: TicketService;
  store: TicketFinder;
  files: AttachmentFolder;
  fileRules: FileRules;
  log: Log;
}

export function createCourier(parts: CourierParts): Courier {
  const serviceFor = (delivery: Delivery) =>
    platformOf(delivery) === parts.service?.platform ? parts.service : undefined;
  return {
    carries: (delivery) =>
      delivery.do === "fetch" ||
      (adapterFor(parts, delivery) ?? serviceFor(delivery)) !== undefined,
    deliver(document, delivery) {
      const service = serviceFor(delivery);
      return service && isForPlace(delivery)
        ? deliverToService({ ...parts, service }, document, delivery)
        : deliverToPlatform(parts, document, delivery);
    },
  };
}

const adapterFor = ({ adapters }: CourierParts, delivery: Delivery) =>
  adapters.get(platformOf(delivery));

async function deliverToPlatform(
  parts: CourierParts,
  document: TicketDocument,
  delivery: Delivery,
): Promise<Result> {
  const adapter = adapterFor(parts, delivery);
  if (!adapter) return { failed: { outcome: "retry", reason: "its platform is not connected" } };
  try {
    return { sent: await send(parts, document, delivery, adapter) };
  } catch (error) {
    if (error instanceof StoreError) return folderFailed(parts, error);
    if (error instanceof NotTaken) return { failed: { outcome: "dead", reason: error.message } };
    parts.log.debug({ delivery: delivery.id, err: error }, "A call of a platform failed");
    return { failed: adapter.failureOf(error) };
  }
}

/** It is our disk that fails, or what stands for it, and no platform. */
function folderFailed({ log }: CourierParts, err: StoreError): Result {
  log.error({ err }, "Attachments cannot be read or written: files wait for it");
  const reason = "what keeps files fails at the moment";
  return { failed: { outcome: "retry", reason, isOurs: true } };
}

/** Nothing, when it is not there. */
async function find(
  document: TicketDocument,
  { place, sought, card }: { place: Place; sought: Underway; card: TicketCard },
  adapter: PlatformAdapter,
): Promise<Sent> {
  const { key } = sought;
  if (sought.makes === "thread") {
    const sinceMs = Date.parse(document.ticket.createdAt);
    const opened = await adapter.findThread(place.where, card, key, sinceMs);
    return opened ? { thread: opened.thread, message: opened.card } : {};
  }
  const { at, files } = messageIn(document, sought.message);
  const file = sought.makes === "file" ? files[sought.file] : undefined;
  const wanted = { key, sinceMs: Date.parse(at) };
  const found = await adapter.findPosted(
    spotOf({ place }).thread,
    file ? { ...wanted, file: { ...file, others: filesIn(document, place.id) } } : wanted,
  );
  return found === undefined ? {} : { message: found };
}

/** The messages that files of this ticket became in a place. */
const filesIn = ({ messages }: TicketDocument, place: string): string[] =>
  messages
    .flatMap(({ copies }) => copies)
    .filter((copy) => copy.place === place)
    .flatMap(({ files }) => files.map(({ message }) => message));

async function send(
  parts: CourierParts,
  document: TicketDocument,
  delivery: Delivery,
  adapter: PlatformAdapter,
): Promise<Sent> {
  switch (delivery.do) {
    case "open": {
      const { place, card, key } = delivery;
      const opened = await adapter.openThread(place.where, card, key);
      return { thread: opened.thread, message: opened.card };
    }
    case "post": {
      const message = outbound(document, delivery, delivery.text);
      return { message: await adapter.post(spotOf(delivery), message, delivery.key) };
    }
    case "file":
      return sendFile(parts, document, delivery, adapter);
    case "find":
      return find(document, delivery, adapter);
    case "done":
      return {};
    case "edit":
      await adapter.update(delivery.of, { message: outbound(document, delivery, delivery.text) });
      return {};
    case "remove":
      await adapter.remove(delivery.of);
      return {};
    case "card": {
      const { of, card } = delivery;
      const message = await adapter.update(of, { card, at: spotOf(delivery) });
      return message === undefined ? {} : { message };
    }
    case "mark":
      await adapter.mark(delivery.of, delivery.mark, delivery.others);
      return {};
    case "fetch":
      return fetchFile(parts, delivery.offered, adapter);
  }
}

async function sendFile(
  { files }: CourierParts,
  document: TicketDocument,
  delivery: Extract<Delivery, { do: "file" }>,
  adapter: PlatformAdapter,
): Promise<Sent> {
  const { by, files: all } = messageIn(document, delivery.message);
  const file = all[delivery.file];
  const content = file?.hash ? await files.read(file.hash) : undefined;
  if (!file || !content) throw new NotTaken("the file is no longer in the attachments folder");
  const { name, type } = file;
  const sent = { author: by, name, type, content };
  return { message: await adapter.postFile(spotOf(delivery), sent, delivery.key) };
}

async function fetchFile(
  { files, fileRules }: CourierParts,
  { file, sizeBytes, type }: MessageFile,
  adapter: PlatformAdapter,
): Promise<Sent> {
  if (sizeBytes > fileRules.maxBytes)
    throw new NotTaken(`it is larger than ${sizeWords(fileRules.maxBytes)}`);
  if (!fileRules.allows(type)) throw new NotTaken(`files of the type ${type} are not taken here`);
  const content = await adapter.fetchFile(file, fileRules.maxBytes);
  // Not every platform takes such a file.
  if (content.byteLength === 0) throw new NotTaken("there is nothing in it");
  return files.keep(content);
}

function sizeWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kb = bytes / 1024;
  return kb < 1024 ? `${Math.floor(kb)} kB` : `${Math.floor(kb / 1024)} MB`;
}

/** What will not be carried, in words that follow "not passed on: ". */
class NotTaken extends Error {
  override readonly name = "NotTaken";
}

function outbound(
  document: TicketDocument,
  { place, message }: { place: Place; message: number },
  text: RichText,
): OutboundMessage {
  const { kind, by, retry } = messageIn(document, message);
  const isOffered = retry !== null && place.side === "agents";
  const offer = isOffered ? { retry: { id: document.ticket._id, delivery: retry } } : {};
  return { kind, author: by, text, ...offer };
}

function spotOf({ place: { where, thread } }: { place: Place }): Spot {
  if (thread === null) throw new Error("A delivery is for a thread that is not open");
  return { where, thread };
}
