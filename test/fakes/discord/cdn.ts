import type { IncomingMessage, ServerResponse } from "node:http";
import type { Faults } from "./faults.ts";
import { signature } from "./objects-message.ts";
import { type Answer, answer } from "./rest-answers.ts";
import type { Server } from "./server.ts";

/**
 * Serves files: https://docs.discord.com/developers/reference#signed-attachment-cdn-urls. Who has an
 * address needs no token, until it expires.
 */
export class Cdn {
  readonly #server: Server;
  readonly #faults: Faults;

  constructor(server: Server, faults: Faults) {
    this.#server = server;
    this.#faults = faults;
  }

  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
    const [, , folder = "", channel, id = ""] = pathname.split("/");
    const fault = this.#faults.next({ route: "GET cdn", channel });
    return answer(response, fault, () =>
      folder.endsWith("attachments") ? this.#file(id, searchParams) : picture,
    );
  }

  #file(id: string, query: URLSearchParams): Answer {
    const file = this.#server.attachments.get(id);
    const ex = query.get("ex") ?? "";
    const expired = Number.parseInt(ex, 16) * 1_000 <= this.#server.clock.now();
    if (!file || query.get("hm") !== signature(id, ex) || expired) return gone;
    return { status: 200, headers: { "content-type": file.type }, body: file.content };
  }
}

const gone: Answer = {
  status: 404,
  headers: { "content-type": "text/plain" },
  body: "This content is no longer available.",
};

/** Anyone's picture: the smallest GIF there is. */
const picture: Answer = {
  status: 200,
  headers: { "content-type": "image/gif" },
  body: Buffer.from("R0lGODlhAQABAAAAACwAAAAAAQABAAA=", "base64"),
};
