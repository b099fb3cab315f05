import { createHash } from "node:crypto";
import { readdir, rm, truncate } from "node:fs/promises";
import { get as httpGet } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createLinks } from "../../src/attachments/links.ts";
import { openAttachments } from "../../src/attachments/open.ts";
import { storedAddress } from "../../src/desk/attachment-address.ts";
import { createDesk } from "../../src/desk/desk.ts";
import { randomIds } from "../../src/desk/ids.ts";
import { type AppParts, createApp } from "../../src/http/app.ts";
import { createMetrics } from "../../src/http/metrics.ts";
import { serve } from "../../src/http/server.ts";
import { openLowdbStore } from "../../src/store/lowdb/open.ts";
import type { Ticket } from "../../src/tickets/ticket.ts";
import { newDocument } from "../contracts/store.ts";
import { keptLog } from "../log.ts";
import { temporaryFolder } from "../temporary.ts";

const hourMs = 3_600_000;
const content = Buffer.from("a picture of what went wrong");
const hash = createHash("sha256").update(content).digest("hex");
const ticketPath = "/v2/support-tickets";
const asClient = { Authorization: "Bearer client-secret" };

/** Where the content is kept. */
async function fileIn(folder: string): Promise<string> {
  const within = join(folder, "attachments", hash.slice(0, 2));
  const [name = ""] = await readdir(within);
  return join(within, name);
}

/** The ticket service with attachments, on a real socket and a real folder. */
async function startDesk(more: Pick<AppParts, "hooks"> = {}) {
  const folder = await temporaryFolder();
  const log = keptLog();
  const clock = { now: Date.parse("2026-01-01T00:00:00Z") };
  const now = () => clock.now;
  const store = await openLowdbStore({ folder, log });
  const files = await openAttachments({ folder, log });
  const secret = Buffer.from("a secret");
  const links = createLinks({ secret, publicUrl: () => http.url, now, linkMs: hourMs });
  const rules = { replies: "thread" as const, triageFor: () => [], idOf: () => "" };
  const app = createApp({
    desk: createDesk({
      store,
      ids: randomIds,
      rules,
      now,
      outbox: { prepare: () => undefined, wake: () => undefined },
    }),
    log,
    tokens: [{ role: "client", id: "client_1", token: "client-secret" }],
    metrics: createMetrics(store),
    rateLimit: undefined,
    notReady: async () => [],
    roles: ["http"],
    version: "0.0.0",
    publicUrl: () => http.url,
    now,
    attachments: { files, links },
    ...more,
  });
  const http = await serve(app, { host: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await http.stop(0);
    await store.close();
  });
  return { url: http.url, store, files, links, log, clock, folder };
}

type Running = Awaited<ReturnType<typeof startDesk>>;

/** A ticket with these files, each with the same content. */
async function storeTicket({ store, files }: Running, kept: { name: string; type: string }[]) {
  await files.keep(content);
  const attachments = kept.map(({ name, type }) => ({
    filename: name,
    url: storedAddress({ hash, name, type }),
    size: content.byteLength,
    type,
  }));
  const document = newDocument({ attachments });
  await store.create(document);
  return document.ticket._id;
}

async function readTicket({ url }: Running, id: string): Promise<Ticket> {
  const response = await fetch(`${url}${ticketPath}/${id}`, { headers: asClient });
  const { data }: { data: Ticket } = JSON.parse(await response.text());
  return data;
}

const linkIn = ({ attachments }: Ticket) => new URL(attachments[0]?.url ?? "");

const codeOf = async (response: Response) => {
  const { message }: { message: string } = JSON.parse(await response.text());
  return [response.status, message];
};

describe("a ticket with an attachment", () => {
  test("shows a link that gives the file to whoever has it, without a token", async () => {
    const desk = await startDesk();
    const ticket = await readTicket(desk, await storeTicket(desk, [png]));
    expect(ticket.attachments).toMatchObject([
      { filename: "screen shot.png", size: content.byteLength, type: "image/png" },
    ]);
    const response = await fetch(linkIn(ticket));
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(content.byteLength),
      "content-disposition":
        "attachment; filename=\"screen shot.png\"; filename*=UTF-8''screen%20shot.png",
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'",
      "cache-control": "private",
      "x-request-id": expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  test("shows a new link each time, and keeps none", async () => {
    const desk = await startDesk();
    const id = await storeTicket(desk, [png]);
    const first = linkIn(await readTicket(desk, id));
    desk.clock.now += hourMs;
    expect(await codeOf(await fetch(first))).toEqual([410, "LINK_EXPIRED"]);
    const later = linkIn(await readTicket(desk, id));
    expect((await fetch(later)).status).toBe(200);
    const kept = await desk.store.get(id);
    expect(kept?.ticket.attachments[0]?.url).toMatch(/^http:\/\/attachments\.deskhand\.invalid\//);
  });

  test("shows it in every answer that holds the ticket, and leaves others' addresses alone", async () => {
    const desk = await startDesk();
    const id = await storeTicket(desk, [png]);
    const elsewhere = { filename: "a", url: "https://example.com/a", size: 1, type: "text/plain" };
    await desk.store.change(id, ({ ticket }) => ticket.attachments.push(elsewhere));
    const headers = { ...asClient, "Content-Type": "application/json" };
    const send = (method: string, path: string, body: object) =>
      fetch(desk.url + path, { method, headers, body: JSON.stringify(body) });
    const answers = [
      await send("PUT", `${ticketPath}/${id}`, { title: "Another" }),
      await send("POST", `${ticketPath}/${id}/threads`, { message: "More" }),
    ];
    for (const answer of answers) {
      const { data }: { data: Ticket } = JSON.parse(await answer.text());
      expect((await fetch(linkIn(data))).status).toBe(200);
      expect(data.attachments[1]).toEqual(elsewhere);
    }
  });

  test("cannot be made over HTTP with the address of a file that another has", async () => {
    const desk = await startDesk();
    await storeTicket(desk, [png]);
    const url = storedAddress({ hash, ...png });
    const response = await fetch(desk.url + ticketPath, {
      method: "POST",
      headers: { ...asClient, "Content-Type": "application/json" },
      body: JSON.stringify({
        title: "T",
        description: "D",
        priority: "low",
        category: "general",
        attachments: [{ filename: "mine", url, size: 1, type: "image/png" }],
      }),
    });
    expect(await codeOf(response)).toEqual([400, "INVALID_ATTACHMENTS"]);
  });
});

const png = { name: "screen shot.png", type: "image/png" };

describe("a link", () => {
  test.each([
    "Überblick 😀.png",
    "100%.png",
    "%41%2F%252e.png",
    "a?b#c&d=e;f+g.png",
    "it's (1)*.png",
    '"; filename="x.exe',
    "..",
    "../../api-tokens.json",
    "a\0b\r\nSet-Cookie: x.png",
    "\ud800.png",
    `${"長".repeat(255)}.png`,
  ])("opens a file that is named %j", async (name) => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const response = await fetch(desk.links.urlFor({ hash, name, type: "image/png" }));
    expect(response.status).toBe(200);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(content);
    expect(response.headers.get("Content-Disposition")).toMatch(
      /^attachment; filename="[\w. -]+"; filename\*=UTF-8''[\w.~!%-]+$/,
    );
    expect(response.headers.get("Set-Cookie")).toBeNull();
  });

  test("says the file's name as it is", async () => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const name = "it's 100% Über (1).png";
    const response = await fetch(desk.links.urlFor({ hash, name, type: "image/png" }));
    const [, told = ""] =
      /filename\*=UTF-8''(.*)$/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
    expect(decodeURIComponent(told)).toBe(name);
  });

  test.each([
    ["image/png", "image/png"],
    ["IMAGE/JPEG; q=1", "image/jpeg"],
    ["application/pdf", "application/pdf"],
    ["text/plain; charset=utf-8", "text/plain"],
    ["text/html", "application/octet-stream"],
    ["image/svg+xml", "application/octet-stream"],
    ["application/xhtml+xml", "application/octet-stream"],
    ["text/javascript", "application/octet-stream"],
    ["image/png, text/html", "application/octet-stream"],
    ["", "application/octet-stream"],
  ])("gives a file of type %j as %s", async (type, expected) => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const response = await fetch(desk.links.urlFor({ hash, name: "a", type }));
    expect([response.status, response.headers.get("Content-Type")]).toEqual([200, expected]);
  });

  test("HEAD tells what GET would, without the file", async () => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const response = await fetch(desk.links.urlFor({ hash, ...png }), { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(response.headers.get("Content-Length")).toBe(String(content.byteLength));
    expect(response.headers.get("Content-Type")).toBe("image/png");
    expect(await response.text()).toBe("");
  });

  test("gives a large file whole, and the service goes on when its reader leaves", async () => {
    const desk = await startDesk();
    const large = Buffer.alloc(20_000_000, "deskhand");
    const kept = await desk.files.keep(large);
    const url = desk.links.urlFor({ hash: kept.hash, name: "a", type: "image/png" });
    const leaving = await fetch(url);
    await leaving.body?.cancel();
    const response = await fetch(url);
    expect(large.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
  });

  test("that was changed in any way opens nothing", async () => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const other = await desk.files.keep(Buffer.from("someone else's"));
    const good = new URL(desk.links.urlFor({ hash, ...png }));
    const changes: ((url: URL) => void)[] = [
      (url) => url.searchParams.delete("signature"),
      (url) => url.searchParams.set("signature", "x"),
      (url) => url.searchParams.set("type", "text/html"),
      (url) => url.searchParams.delete("type"),
      (url) => url.searchParams.set("expires", "99999999999"),
      (url) => url.searchParams.delete("expires"),
      (url) => {
        url.pathname = url.pathname.replace(hash, other.hash);
      },
      (url) => {
        url.pathname = url.pathname.replace(".png", ".html");
      },
      (url) => {
        url.pathname = url.pathname.replace("screen", "%FF%00");
      },
      (url) => {
        url.pathname = url.pathname.replace(hash, "..%2F..%2Fapi-tokens.json");
      },
    ];
    for (const change of changes) {
      const url = new URL(good);
      change(url);
      const response = await fetch(url);
      expect(response.headers.get("Content-Type")).toBe("application/json");
      expect(await codeOf(response)).toEqual([403, "LINK_INVALID"]);
    }
    expect((await fetch(good)).status).toBe(200);
  });

  test("with a path that climbs out of the folder reaches nothing", async () => {
    const desk = await startDesk();
    // Sent as it stands: fetch would tidy it up.
    const status = await new Promise((resolve, reject) => {
      const path = `/attachments/${hash}/../../api-tokens.json?type=a&expires=9&signature=x`;
      const { hostname, port } = new URL(desk.url);
      httpGet({ hostname, port, path }, async (response) => {
        await buffer(response);
        resolve(response.statusCode);
      }).on("error", reject);
    });
    expect(status).toBe(404);
  });

  test.each([
    ["gone", (path: string) => rm(path)],
    ["damaged", (path: string) => truncate(path, 3)],
  ])("whose file is %s says that there is nothing", async (_, spoil) => {
    const desk = await startDesk();
    await desk.files.keep(content);
    await spoil(await fileIn(desk.folder));
    const response = await fetch(desk.links.urlFor({ hash, ...png }));
    expect(await codeOf(response)).toEqual([404, "NOT_FOUND"]);
  });

  test("whose file is cut short under way breaks off, and the service goes on", async () => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const { open } = desk.files;
    // Between the check of the file and its reading.
    desk.files.open = async (hash) => {
      const opened = await open(hash);
      await truncate(await fileIn(desk.folder), 3);
      return opened;
    };
    const said = vi.spyOn(console, "error");
    onTestFinished(() => said.mockRestore());
    const url = desk.links.urlFor({ hash, ...png });
    const told: string[] = [];
    const read = new Promise((resolve, reject) => {
      httpGet(url, (response) => {
        response
          .on("data", (chunk: Buffer) => told.push(chunk.toString()))
          .on("end", resolve)
          .on("error", reject);
      }).on("error", reject);
    });
    await expect(read).rejects.toThrow();
    expect(told.join("")).not.toContain(desk.folder);
    expect(said).not.toHaveBeenCalled();
    expect(desk.log.lines.map(({ message }) => message)).toContain("An attachment was cut off");
    expect((await fetch(`${desk.url}/healthz`)).status).toBe(200);
  });

  test("takes no other method, and is logged without its signature", async () => {
    const desk = await startDesk();
    await desk.files.keep(content);
    const url = desk.links.urlFor({ hash, ...png });
    const response = await fetch(url, { method: "DELETE" });
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
    await fetch(url);
    expect(JSON.stringify(desk.log.lines)).toContain(hash);
    expect(JSON.stringify(desk.log.lines)).not.toContain(
      new URL(url).searchParams.get("signature"),
    );
    const metrics = await (await fetch(`${desk.url}/metrics`)).text();
    expect(metrics).toContain(
      'deskhand_http_requests_total{method="GET",route="/attachments/{hash}/{name}",status="200"} 1',
    );
  });
});

describe("what others post to us", () => {
  const path = "/chat/events";
  const echo = async (request: Request) => {
    const told = { given: await request.text(), signature: request.headers.get("X-Signature") };
    return Response.json(told, { status: 202, headers: { "X-Answer": "yes" } });
  };

  test("reaches its hook as it was sent, without a token, and its answer goes back", async () => {
    const desk = await startDesk({ hooks: { [path]: echo } });
    const body = "payload=%7B%22a%22%3A1%7D&é";
    const response = await fetch(desk.url + path, {
      method: "POST",
      headers: { "X-Signature": "v0=abc", "Content-Type": "application/x-www-form-urlencoded" },
      body,
    });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ given: body, signature: "v0=abc" });
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(response.headers.get("X-Answer")).toBe("yes");
    const requestId = response.headers.get("X-Request-Id");
    expect(desk.log.lines).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({ requestId, path, status: 202 }),
      }),
    );
    expect(await (await fetch(`${desk.url}/metrics`)).text()).toContain(
      `deskhand_http_requests_total{method="POST",route="${path}",status="202"} 1`,
    );
  });

  test.each([200, 204])("an empty answer with %i is passed on", async (status) => {
    const hook = async () => new Response(null, { status });
    const desk = await startDesk({ hooks: { [path]: hook } });
    const response = await fetch(desk.url + path, { method: "POST" });
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });

  test("larger than any request may be is refused before the hook hears of it", async () => {
    let heard = 0;
    const hook = async () => {
      heard += 1;
      return new Response();
    };
    const desk = await startDesk({ hooks: { [path]: hook } });
    const body = "x".repeat(1024 * 1024 + 1);
    const response = await fetch(desk.url + path, { method: "POST", body });
    expect(await codeOf(response)).toEqual([413, "PAYLOAD_TOO_LARGE"]);
    expect(heard).toBe(0);
  });

  test("a hook that fails is a fault of ours, told by the request's id", async () => {
    const hook = () => Promise.reject(new Error("of no one's business"));
    const desk = await startDesk({ hooks: { [path]: hook } });
    const response = await fetch(desk.url + path, { method: "POST" });
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).toContain("INTERNAL_ERROR");
    expect(text).not.toContain("business");
  });

  test("takes no other method, and without a hook there is nothing", async () => {
    const hooked = await startDesk({ hooks: { [path]: echo } });
    const get = await fetch(hooked.url + path);
    expect([get.status, get.headers.get("Allow")]).toEqual([405, "POST"]);
    const none = await startDesk();
    const post = await fetch(none.url + path, { method: "POST" });
    expect(await codeOf(post)).toEqual([404, "NOT_FOUND"]);
  });
});
