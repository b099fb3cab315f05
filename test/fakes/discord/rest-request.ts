import type { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { parsedJson } from "../json.ts";
import type { Upload } from "./server.ts";

/** A request's body: its JSON, and the files beside it. */
export interface Received {
  /** Undefined when there was none, or it was not JSON. */
  readonly json: unknown;
  readonly files: readonly Upload[];
  /** Whether there was something that should have been JSON, and is not. */
  readonly broken: boolean;
}

/** https://docs.discord.com/developers/reference#uploading-files */
export async function received(request: IncomingMessage): Promise<Received> {
  const bytes = await buffer(request);
  const type = request.headers["content-type"] ?? "";
  if (bytes.length === 0) return { json: undefined, files: [], broken: false };
  if (!type.startsWith("multipart/form-data")) return { ...parsed(bytes.toString()), files: [] };
  const form = await new Response(new Uint8Array(bytes), {
    headers: { "content-type": type },
  }).formData();
  const files: Upload[] = [];
  for (const [name, value] of form) {
    const key = /^files\[(\d+)\]$/.exec(name)?.[1];
    if (key !== undefined && typeof value !== "string") {
      const content = Buffer.from(await value.arrayBuffer());
      const kind = value.type || "application/octet-stream";
      files.push({ key, name: value.name, type: kind, content });
    }
  }
  const payload = form.get("payload_json");
  return { ...(typeof payload === "string" ? parsed(payload) : parsed("{}")), files };
}

function parsed(text: string) {
  const json = parsedJson(text);
  return { json, broken: json === undefined };
}
