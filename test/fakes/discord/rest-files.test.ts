import { Routes } from "discord.js";
import { expect, test } from "vitest";
import { type Json, record, records } from "../json.ts";
import { limits } from "./limits.ts";
import { permission } from "./permissions.ts";
import { refusal, restHost, said } from "./rest-host.ts";

type Host = Awaited<ReturnType<typeof restHost>>;

const file = (name: string, data: string | Buffer) => ({
  ...{ name, data, contentType: "text/plain" },
});

const sends = async ({ api, channel }: Host, files: ReturnType<typeof file>[]): Promise<Json> =>
  record(await api.post(Routes.channelMessages(channel.id), { ...said("see here"), files }));
const filesOf = (message: Json) => records(message.attachments);

test("a file that was sent can be fetched by its address, for a day", async () => {
  const host = await restHost();
  const [shown] = filesOf(await sends(host, [file("trace log.txt", "it broke")]));
  expect(shown).toMatchObject({
    ...{ filename: "trace_log.txt", size: 8, content_type: "text/plain" },
  });
  const url = String(shown?.url);
  expect(await (await fetch(url)).text()).toBe("it broke");
  expect((await fetch(url.replace(/ex=\w+/, "ex=ffffffff"))).status).toBe(404);
  host.clock.advance(25 * 60 * 60_000);
  expect((await fetch(url)).status).toBe(404);
  const [read] = records(await host.api.get(Routes.channelMessages(host.channel.id)));
  expect((await fetch(String(filesOf(read ?? {})[0]?.url))).status).toBe(200);
});

test("an edit keeps the files it names, loses the others, and adds new ones", async () => {
  const host = await restHost();
  const made = await sends(host, [file("a.txt", "a"), file("b.txt", "b")]);
  const [first] = filesOf(made);
  const at = Routes.channelMessage(host.channel.id, String(made.id));
  const attachments = [{ id: first?.id }, { id: "0", filename: "c.txt" }];
  const edited = await host.api.patch(at, {
    ...said("see here", { attachments }),
    files: [file("c.txt", "c")],
  });
  expect(filesOf(record(edited)).map(({ filename }) => filename)).toEqual(["a.txt", "c.txt"]);
  const bare = record(await host.api.patch(at, said("text only")));
  expect(filesOf(bare)).toHaveLength(2);
});

test("a file can be too large, or not allowed at all", async () => {
  const host = await restHost();
  const large = sends(host, [file("dump", Buffer.alloc(limits.fileBytes + 1))]);
  expect(await refusal(large)).toMatchObject({ status: 413, code: 40005 });
  expect(host.rest.violations).toEqual(["POST /channels/:id/messages: dump is too large"]);
  const deny = permission.attachFiles;
  host.channel.overwrites.push({ id: host.guild.id, type: 0, allow: 0n, deny });
  expect(await refusal(sends(host, [file("a.txt", "a")]))).toMatchObject({ code: 50013 });
});

test("fetching a file can go wrong, and anyone's picture can be fetched", async () => {
  const host = await restHost();
  const [shown] = filesOf(await sends(host, [file("a.txt", "a")]));
  host.faults.plan({ status: 503 }, { route: "GET cdn" });
  expect((await fetch(String(shown?.url))).status).toBe(503);
  expect((await fetch(String(shown?.url))).status).toBe(200);
  const picture = await fetch(`${host.server.origin}/cdn/embed/avatars/0.png`);
  expect(picture.headers.get("content-type")).toBe("image/gif");
});
