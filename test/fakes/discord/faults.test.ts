import { DiscordAPIError, REST, Routes } from "discord.js";
import { describe, expect, test } from "vitest";
import { restHost, said } from "./rest-host.ts";

type Host = Awaited<ReturnType<typeof restHost>>;

const route = "POST /channels/:id/messages";
const posts = ({ api, channel }: Host, content = "hi") =>
  api.post(Routes.channelMessages(channel.id), said(content));
const left = ({ channel }: Host) => channel.messages.map(({ content }) => content);

/** The same call without discord.js, which waits and asks again by itself. */
const plainly = ({ server, channel, token }: Host, signal: AbortSignal | null = null) =>
  fetch(`${server.origin}/api/v10/channels/${channel.id}/messages`, {
    method: "POST",
    headers: { authorization: `Bot ${token}`, "content-type": "application/json" },
    body: JSON.stringify(said("hi").body),
    signal,
  });

const until = (host: Host, look: () => boolean) =>
  new Promise<void>((resolve) => {
    const again = () => {
      if (!look()) return;
      stop();
      resolve();
    };
    const stop = host.server.watch(again);
    again();
  });

describe("calls that go wrong", () => {
  test.each([
    ["reset", 0],
    ["reset-after-effect", 1],
    ["cut-off", 1],
  ] as const)("%s leaves %i messages", async (fault, count) => {
    const host = await restHost();
    host.faults.plan(fault, { route });
    await expect(plainly(host).then((response) => response.json())).rejects.toThrow();
    expect(left(host)).toHaveLength(count);
    expect((await plainly(host)).status).toBe(200);
  });

  test.each([
    ["silence", 0],
    ["silence-after-effect", 1],
  ] as const)("%s leaves %i messages, and no answer", async (fault, count) => {
    const host = await restHost();
    host.faults.plan(fault, { route });
    const given = new AbortController();
    const asked = plainly(host, given.signal);
    await until(host, () => host.rest.calls.length === 1);
    await host.api.get(Routes.user());
    given.abort();
    await expect(asked).rejects.toThrow();
    expect(left(host)).toHaveLength(count);
  });

  test("a 5xx, with and without the effect, only where it is aimed at", async () => {
    const host = await restHost();
    host.faults.plan({ status: 503 }, { route, channel: host.channel.id });
    host.faults.plan({ status: 502, afterEffect: true }, { route });
    await host.api.get(Routes.user());
    expect((await plainly(host)).status).toBe(503);
    expect(left(host)).toHaveLength(0);
    expect((await plainly(host)).status).toBe(502);
    expect(left(host)).toHaveLength(1);
  });

  test("discord.js sends again after a 5xx: a message twice, unless its nonce is enforced", async () => {
    const host = await restHost();
    const { channel, server, faults } = host;
    const eager = new REST({ api: `${server.origin}/api`, retries: 3 }).setToken(host.token);
    const path = Routes.channelMessages(channel.id);
    faults.plan({ status: 500, afterEffect: true }, { route });
    await eager.post(path, said("doubled"));
    expect(left(host)).toEqual(["doubled", "doubled"]);
    faults.plan({ status: 500, afterEffect: true }, { route });
    await eager.post(path, said("once", { nonce: "n-1", enforce_nonce: true }));
    expect(left(host)).toEqual(["doubled", "doubled", "once"]);
  });

  test("a page of the proxy, with 200 and with 502", async () => {
    const host = await restHost();
    host.faults.plan("html", { route });
    host.faults.plan({ html: 502 }, { route });
    const shown = [await plainly(host), await plainly(host)];
    expect(shown.map(({ status }) => status)).toEqual([200, 502]);
    expect(await shown[0]?.text()).toContain("<!DOCTYPE html>");
    expect(left(host)).toEqual([]);
  });

  test("an error of Discord's, before and after the effect", async () => {
    const host = await restHost();
    const error = { status: 404, code: 10003, message: "Unknown Channel" };
    host.faults.plan({ error }, { route });
    await expect(posts(host)).rejects.toMatchObject({ code: 10003, status: 404 });
    expect(left(host)).toEqual([]);
    host.faults.plan({ error, afterEffect: true }, { route });
    await expect(posts(host)).rejects.toBeInstanceOf(DiscordAPIError);
    expect(left(host)).toEqual(["hi"]);
  });

  test("an answer that comes late, with the effect before or after", async () => {
    const host = await restHost();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    host.faults.plan({ until: opened }, { route });
    host.faults.plan({ answeredAfter: opened }, { route });
    const waiting = [plainly(host), plainly(host)];
    await until(host, () => host.rest.calls.length === 2 && left(host).length === 1);
    open();
    await Promise.all(waiting);
    expect(left(host)).toHaveLength(2);
  });

  test("what is drawn comes when nothing is planned", async () => {
    const host = await restHost();
    host.faults.drawBy(({ route: drawn }) => (drawn === route ? { status: 500 } : undefined));
    host.faults.plan({ status: 504 }, { route });
    expect([(await plainly(host)).status, (await plainly(host)).status]).toEqual([504, 500]);
    await host.api.get(Routes.user());
  });
});

describe("too many calls", () => {
  test("429 says how long to wait, and discord.js waits", async () => {
    const host = await restHost();
    host.faults.plan({ retryAfterS: 0.02 }, { route });
    host.faults.plan({ retryAfterS: 0.02, global: true }, { route });
    const [own, global] = [await plainly(host), await plainly(host)];
    expect(await own.json()).toMatchObject({ retry_after: 0.02, global: false });
    expect(own.headers.get("retry-after")).toBe("0.02");
    expect(own.headers.get("x-ratelimit-scope")).toBe("user");
    expect(global.headers.get("x-ratelimit-global")).toBe("true");
    host.faults.plan({ retryAfterS: 0.02 }, { route });
    await posts(host);
    expect(host.rest.calls).toHaveLength(4);
    expect(left(host)).toEqual(["hi"]);
  });

  test("a limit is told beforehand, for one channel and not for another", async () => {
    const host = await restHost();
    host.rates.set(route, { limit: 1, perMs: 60_000 });
    const first = await plainly(host);
    expect(first.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(first.headers.get("x-ratelimit-limit")).toBe("1");
    expect((await plainly(host)).status).toBe(429);
    const other = host.server.addChannel(host.guild, { name: "other" });
    expect((await plainly({ ...host, channel: other })).status).toBe(200);
    expect(left(host)).toEqual(["hi"]);
  });
});

test("how to reach the gateway, and who the bot is", async () => {
  const { api, server } = await restHost();
  expect(await api.get(Routes.gatewayBot())).toMatchObject({
    url: `${server.origin.replace("http", "ws")}/gateway`,
    shards: 1,
    session_start_limit: { remaining: 1_000, max_concurrency: 1 },
  });
  expect(await api.get(Routes.user())).toMatchObject({ id: server.application.id, bot: true });
  expect(await api.get(Routes.oauth2CurrentApplication())).toMatchObject({ flags: 1 << 19 });
});
