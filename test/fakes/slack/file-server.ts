import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { type Answer, answer, signInPage } from "./answers.ts";
import type { App } from "./app.ts";
import type { Faults } from "./faults.ts";
import type { Workspace } from "./workspace.ts";

/** https://docs.slack.dev/reference/objects/file-object#authentication and the upload URLs. */
export class FileServer {
  readonly #app: App;
  readonly #workspace: Workspace;
  readonly #faults: Faults;

  constructor({ app, workspace }: { app: App; workspace: Workspace }, faults: Faults) {
    this.#app = app;
    this.#workspace = workspace;
    this.#faults = faults;
  }

  async upload(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const content = await uploaded(request.headers, await buffer(request));
    await answer(response, this.#faults.next("upload", {}), () => {
      const file = this.#workspace.files.get(path.split("/").at(-1) ?? "");
      if (!file) return plain(404, "");
      file.content = content;
      return plain(200, `OK - ${content.length}`);
    });
  }

  download(path: string, { headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#faults.next("download", {});
    return answer(response, fault, () => this.#file(path, headers.authorization));
  }

  #file(path: string, authorization: string | undefined): Answer {
    const { botToken, scopes, revoked } = this.#app;
    const mayRead = scopes.includes("files:read") && !revoked;
    if (authorization !== `Bearer ${botToken}` || !mayRead) {
      return { status: 200, headers: { "content-type": "text/html" }, body: signInPage };
    }
    const id = /^\/files-pri\/[^-]+-([^/]+)\//.exec(path)?.[1] ?? "";
    const file = this.#workspace.files.get(id);
    if (!file || file.deleted) return plain(404, "");
    return { status: 200, headers: { "content-type": file.mimetype }, body: file.content };
  }
}

const plain = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "text/plain" },
  body,
});

/** The bytes that were sent to an upload URL, as they are or in a form. */
async function uploaded(headers: IncomingHttpHeaders, body: Buffer): Promise<Buffer> {
  const type = headers["content-type"] ?? "";
  if (!type.startsWith("multipart/form-data")) return body;
  const form = await new Response(new Uint8Array(body), {
    headers: { "content-type": type },
  }).formData();
  for (const value of form.values()) {
    if (typeof value !== "string") return Buffer.from(await value.arrayBuffer());
  }
  return body;
}
