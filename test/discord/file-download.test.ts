import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { createCall } from "../../adapters/discord/calls.ts";
import { failureOf } from "../../adapters/discord/errors.ts";
import { isDiscordsOwn } from "../../adapters/discord/file-addresses.ts";
import { download } from "../../adapters/discord/file-download.ts";
import { createRest } from "../../adapters/discord/rest.ts";
import type { Failure } from "../../src/desk/chat.ts";
import { discordWithPlatform, failing } from "./connected.ts";

/** The origin of a server on a free port, which answers so until the test is over. */
async function answeredBy(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${Object(server.address()).port}`;
}

async function withFile(given: Parameters<typeof discordWithPlatform>[0] = {}) {
  const connected = await discordWithPlatform(given);
  const { ada, triage, server } = connected;
  const files = [{ name: "log.txt", content: "hello", contentType: "text/plain" }];
  const message = ada.writes(triage, "see here", { files });
  const [attachment] = server.message(triage, message.id)?.attachments ?? [];
  if (!attachment) throw new Error("the message has no file");
  const file = `${triage}/${message.id}/${attachment.id}`;
  return { ...connected, message, attachment, file };
}

describe("a file of a message", () => {
  test("comes as it is, also long after it was written", async () => {
    const { platform, clock, file } = await withFile();
    clock.advance(100 * 24 * 60 * 60_000);
    expect(await platform.fetchFile(file, 5)).toEqual(Buffer.from("hello"));
  });

  test("that was only passed on comes too", async () => {
    const { platform, ada, triage, message, attachment } = await withFile();
    const { id } = ada.writes(triage, "", { forwards: message });
    const file = `${triage}/${id}/${attachment.id}`;
    expect(await platform.fetchFile(file, 5)).toEqual(Buffer.from("hello"));
  });

  test("larger than asked for is dead, and not even asked for", async () => {
    const { discord, platform, file } = await withFile();
    discord.misbehave("reset", { route: "GET cdn" });
    const failure = await failing(platform, platform.fetchFile(file, 4));
    expect(failure).toMatchObject({ outcome: "dead", reason: "the file is too large" });
  });

  test("that has been deleted, or never was, is dead", async () => {
    const { discord, platform, ada, message, triage, file } = await withFile();
    const deleted = { outcome: "dead", reason: expect.stringContaining("deleted") };
    const other = `${triage}/${message.id}/1000000000000000001`;
    expect(await failing(platform, platform.fetchFile(other, 5))).toMatchObject(deleted);
    ada.deletes(message);
    expect(await failing(platform, platform.fetchFile(file, 5))).toMatchObject(deleted);
    discord.deletesChannel(triage);
    expect(await failing(platform, platform.fetchFile(file, 5))).toMatchObject(deleted);
  });

  test.each([
    ["half of it", "cut-off", "broke"],
    ["a reset", "reset", "broke"],
    ["a failure of Discord's", { status: 500 }, "moment"],
    ["a page in its stead", "html", "part"],
    ["a page of a proxy", { html: 403 }, "moment"],
    ["a refusal", { status: 403 }, "moment"],
    ["nothing, once", { status: 404 }, "moment"],
  ] as const)("that comes as %s is to be fetched again, and says why", async (_, fault, word) => {
    const { discord, platform, file } = await withFile();
    discord.misbehave(fault, { route: "GET cdn" });
    const failure = await failing(platform, platform.fetchFile(file, 1_000));
    expect(failure).toMatchObject({ outcome: "retry", reason: expect.stringContaining(word) });
    expect(await platform.fetchFile(file, 5)).toEqual(Buffer.from("hello"));
  });

  test("that does not come in time is to be fetched again", async () => {
    const { discord, platform, file } = await withFile({ transferMs: 200 });
    discord.misbehave("silence", { route: "GET cdn" });
    const failure = await failing(platform, platform.fetchFile(file, 5));
    expect(failure).toMatchObject({ outcome: "retry" });
  });

  test("is waited for as long as Discord asks", async () => {
    const { discord, platform, file } = await withFile();
    discord.misbehave({ retryAfterS: 9 }, { route: "GET cdn" });
    const failure = await failing(platform, platform.fetchFile(file, 5));
    expect(failure).toMatchObject({ outcome: "retry", retryAfterMs: 9_000 });
  });

  test("in a channel that the bot does not see says what it needs", async () => {
    const { discord, platform, triage, file } = await withFile();
    discord.removesPermissions(triage, ["viewChannel"]);
    const failure = await failing(platform, platform.fetchFile(file, 5));
    expect(failure).toMatchObject({
      outcome: "retry",
      reason: expect.stringContaining("View Channel"),
    });
  });
});

/** What becomes of a file of a form at this origin. */
async function failureAt(origin: string, name = "a.txt"): Promise<Failure | undefined> {
  const call = createCall(createRest({ token: "token", apiUrl: `${origin}/api` }));
  const access = { apiUrl: `${origin}/api`, transferMs: 30_000 };
  const fetched = download(call, access, `1 ${origin}/${name}`, 100_000);
  return fetched.then(() => undefined, failureOf);
}

describe("a file of a form, which only has an address,", () => {
  const uploaded = async () => {
    const connected = await withFile();
    const { discord, triage, message } = connected;
    const answer = await fetch(`${discord.apiUrl}/v10/channels/${triage}/messages/${message.id}`, {
      headers: { authorization: `Bot ${discord.token}` },
    });
    const { attachments } = Object(await answer.json());
    return { ...connected, url: String(attachments[0].url) };
  };

  test("comes as it is while the address is good, and has to be sent again afterwards", async () => {
    const { platform, clock, url } = await uploaded();
    expect(await platform.fetchFile(`1000000000000000001 ${url}`, 5)).toEqual(Buffer.from("hello"));
    const large = await failing(platform, platform.fetchFile(`1000000000000000001 ${url}`, 4));
    expect(large).toMatchObject({ outcome: "dead", reason: "the file is too large" });
    clock.advance(100 * 24 * 60 * 60_000);
    const late = await failing(platform, platform.fetchFile(`1000000000000000001 ${url}`, 5));
    expect(late).toMatchObject({ outcome: "dead", reason: expect.stringContaining("again") });
  });

  test.each([200, 403])("is fetched again after a page of a proxy, with %i", async (status) => {
    const { discord, platform, url } = await uploaded();
    discord.misbehave({ html: status }, { route: "GET cdn" });
    const fetching = () => platform.fetchFile(`1000000000000000001 ${url}`, 5);
    expect(await failing(platform, fetching())).toMatchObject({ outcome: "retry" });
    expect(await fetching()).toEqual(Buffer.from("hello"));
  });

  test("may be a page of HTML, when that is what was uploaded", async () => {
    const origin = await answeredBy((_, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<p>hello</p>");
    });
    expect(await failureAt(origin, "a.html")).toBeUndefined();
    expect(await failureAt(origin)).toMatchObject({ outcome: "retry" });
  });

  test("is not fetched from anywhere but Discord", async () => {
    let asked = 0;
    const origin = await answeredBy((_, response) => {
      asked += 1;
      response.end("hello");
    });
    const { platform } = await discordWithPlatform();
    for (const address of [`${origin}/a.txt`, "file:///etc/passwd", "nonsense"]) {
      const failure = await failing(platform, platform.fetchFile(`1 ${address}`, 5));
      expect(failure).toMatchObject({ outcome: "dead" });
    }
    expect(asked).toBe(0);
  });

  test("is not looked for where Discord redirects to", async () => {
    let asked = 0;
    const elsewhere = await answeredBy((_, response) => {
      asked += 1;
      response.end("hello");
    });
    const origin = await answeredBy((_, response) => {
      response.writeHead(302, { location: `${elsewhere}/a.txt` }).end();
    });
    expect(await failureAt(origin)).toMatchObject({ outcome: "retry" });
    expect(asked).toBe(0);
  });

  test("without an end is read no further than it may be long", async () => {
    const closed: Promise<unknown>[] = [];
    const origin = await answeredBy((_, response) => {
      const fill = () => {
        while (response.write("x".repeat(1_000)));
      };
      closed.push(once(response, "close"));
      response.on("drain", fill);
      fill();
    });
    const failure = await failureAt(origin);
    expect(failure).toMatchObject({ outcome: "dead", reason: "the file is too large" });
    await Promise.all(closed);
  });

  test("is no reference when it is something else", async () => {
    const { discord, platform } = await discordWithPlatform();
    for (const reference of ["", "1", "1/2", "1/2/3/4", "1/../3", "a https://cdn.discordapp.com/a"])
      expect(await failing(platform, platform.fetchFile(reference, 5))).toMatchObject({
        outcome: "dead",
      });
    expect(discord.calls).toEqual([]);
  });
});

test.each([
  ["https://cdn.discordapp.com/attachments/1/2/a.png?ex=1", undefined, true],
  ["https://media.discordapp.net/attachments/1/2/a.png", undefined, true],
  ["http://cdn.discordapp.com/a", undefined, false],
  ["https://cdn.discordapp.com:8443/a", undefined, false],
  ["https://cdn.discordapp.com.evil.example/a", undefined, false],
  ["https://evil.cdn.discordapp.com/a", undefined, false],
  ["https://cdn.discordapp.com@evil.example/a", undefined, false],
  ["https://user:word@cdn.discordapp.com/a", undefined, false],
  ["file:///etc/passwd", undefined, false],
  ["nonsense", undefined, false],
  ["http://127.0.0.1:3001/cdn/a", "http://127.0.0.1:3001/api", true],
  ["http://127.0.0.1:3002/cdn/a", "http://127.0.0.1:3001/api", false],
  ["https://127.0.0.1:3001/cdn/a", "http://127.0.0.1:3001/api", false],
  ["https://cdn.discordapp.com/a", "http://127.0.0.1:3001/api", true],
])("%s, with the API at %s, is where Discord keeps files: %s", (address, apiUrl, own) => {
  expect(isDiscordsOwn(address, apiUrl)).toBe(own);
});
