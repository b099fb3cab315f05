import type { HonoRequest } from "hono";
import { readStoredAddress, type StoredFile } from "../desk/attachment-address.ts";
import type { Refusal } from "../tickets/errors.ts";
import type { Ticket } from "../tickets/ticket.ts";
import { type Answer, jsonOf, refusal } from "./answers.ts";
import { searchOf } from "./parameters.ts";

/** The files of the attachments folder, and the links that open them. */
export interface AttachmentParts {
  files: {
    /** Undefined: it is not there, or damaged. The content may be left unread. */
    open(
      hash: string,
    ): Promise<{ sizeBytes: number; content: ReadableStream<Uint8Array> } | undefined>;
  };
  links: {
    urlFor(file: StoredFile): string;
    /** Undefined: the link is good. */
    check(file: StoredFile, expires: string, signature: string): Refusal | undefined;
  };
}

export const attachmentPath = "/attachments/{hash}/{name}";

interface AttachmentRequest {
  hash: string;
  name: string;
  search: URLSearchParams;
}

export const attachmentRequest = (request: HonoRequest): AttachmentRequest => ({
  hash: request.param("hash") ?? "",
  name: request.param("name") ?? "",
  search: searchOf(request),
});

/** `cutOff` is called when the answer has begun, and cannot go on. */
export async function serveAttachment(
  { files, links }: AttachmentParts,
  { hash, name, search }: AttachmentRequest,
  cutOff: (err: unknown) => void,
): Promise<Answer> {
  const asked = (parameter: string) => search.get(parameter) ?? "";
  const file = { hash, name, type: asked("type") };
  const refused = links.check(file, asked("expires"), asked("signature"));
  if (refused) return refusal(refused.refused);
  const opened = await files.open(hash);
  if (!opened) return refusal("NOT_FOUND");
  return {
    status: 200,
    type: shownAs(file.type),
    text: "",
    content: guarded(opened.content, cutOff),
    headers: {
      "Cache-Control": "private",
      "Content-Disposition": disposition(name),
      "Content-Length": String(opened.sizeBytes),
      "Content-Security-Policy": "sandbox; default-src 'none'",
    },
  };
}

/** A fault ends it as if it were whole: what the fault says is not for those who read this. */
function guarded(
  content: ReadableStream<Uint8Array>,
  onFault: (err: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = content.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { value } = await reader.read();
          if (value) controller.enqueue(value);
          else controller.close();
        } catch (err) {
          onFault(err);
          controller.close();
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** What nothing in it can run, wherever it is opened. SVG is not among them: it may hold scripts. */
const harmless: ReadonlySet<string> = new Set([
  "application/pdf",
  "image/avif",
  "image/bmp",
  "image/gif",
  "image/jpeg",
  "image/png",
  "image/webp",
  "text/plain",
]);

function shownAs(type: string): string {
  const [name = ""] = type.toLowerCase().split(";");
  return harmless.has(name.trim()) ? name.trim() : "application/octet-stream";
}

/** https://www.rfc-editor.org/rfc/rfc6266: the name, and a plainer one for those who need it. */
function disposition(name: string): string {
  const plain = name.replaceAll(/[^\w. -]/g, "_");
  const encoded = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

/** A ticket's JSON as it leaves over HTTP: with links that open the files that are kept here. */
export function ticketJson(
  ticket: Ticket,
  links: Pick<AttachmentParts["links"], "urlFor"> | undefined,
): string {
  if (!links || ticket.attachments.length === 0) return jsonOf(ticket);
  let linked = false;
  const attachments = ticket.attachments.map((attachment) => {
    const stored = readStoredAddress(attachment.url);
    linked ||= stored !== undefined;
    return stored ? { ...attachment, url: links.urlFor(stored) } : attachment;
  });
  // Links expire: only what has none is told again and again.
  return linked ? JSON.stringify({ ...ticket, attachments }) : jsonOf(ticket);
}
