import { describe, expect, onTestFinished, test } from "vitest";
import type { HeldStore, SharedStore, StoreError } from "../../src/desk/ports.ts";
import { joinDatabase, type Member } from "../../src/store/postgres/follow.ts";
import { newDocument } from "../contracts/store.ts";
import { keptLog } from "../log.ts";
import { postgresServer, type TestDatabase } from "../postgres.ts";
import { cabled, holderLocks, letGo, saidIn, say } from "./postgres-stores.ts";

const server = postgresServer();

interface Process {
  member: Member;
  lost: StoreError[];
  /** Throws when another leads. */
  leads(): Promise<HeldStore>;
  follows(): Promise<SharedStore>;
}

async function database(): Promise<TestDatabase> {
  const made = await server.database();
  onTestFinished(() => made.remove());
  return made;
}

/** One that may work on it as soon as it can. */
function joins(url: string): Process {
  const lost: StoreError[] = [];
  const member = joinDatabase({
    ...{ url, connections: 3, connectMs: 60_000, log: keptLog() },
    onLost: (error) => void lost.push(error),
  });
  onTestFinished(() => member.close());
  return {
    ...{ member, lost },
    async leads() {
      const store = await member.tryToLead();
      if (!store) throw new Error("Another leads");
      onTestFinished(() => store.close());
      return store;
    },
    async follows() {
      const store = await member.follow();
      onTestFinished(() => store.close());
      return store;
    },
  };
}

/** As if its process had shown nothing of itself for so long. */
const silentFor = ({ query }: TestDatabase, seconds: number) =>
  query("update deskhand.holder set seen = now() - make_interval(secs => $1)", [seconds]);

describe("of the processes on one database", () => {
  test("one leads, however many try at once, and all see what any of them writes", async () => {
    const { url } = await database();
    const all = Array.from({ length: 4 }, () => joins(url));
    const led = await Promise.all(all.map(({ member }) => member.tryToLead()));
    const leading = led.filter((each) => each !== undefined);
    onTestFinished(async () => void (await Promise.all(leading.map((each) => each.close()))));
    expect(leading).toHaveLength(1);
    const [leader] = leading;
    const followers = await Promise.all(all.map((each) => each.follows()));
    const document = newDocument();
    expect(await followers[0]?.create(document)).toBe("created");
    const stores = [leader, ...followers].filter((each) => each !== undefined);
    const words = stores.map((_, index) => `word ${index}`);
    await Promise.all(
      stores.map((each, index) => each.change(document.ticket._id, say(words[index] ?? ""))),
    );
    for (const each of stores)
      expect((await saidIn(each, document.ticket._id)).sort()).toEqual(words);
  });

  test("another leads when the one that did has ended", async () => {
    const { url } = await database();
    const [one, other] = [joins(url), joins(url)];
    const first = await one.leads();
    expect(first.isHeld()).toBe(true);
    expect(await other.member.tryToLead()).toBeUndefined();
    await first.close();
    expect(first.isHeld()).toBe(false);
    expect((await other.leads()).isHeld()).toBe(true);
  });

  test("one that leads and has shown nothing of itself for 12 s is put out", async () => {
    const given = await database();
    const { cable, url } = await cabled(given.url);
    const [one, other] = [joins(url), joins(given.url)];
    const first = await one.leads();
    await silentFor(given, 11);
    expect(await other.member.tryToLead()).toBeUndefined();
    expect(await given.query(`select 1 from ${holderLocks}`)).toHaveLength(1);
    cable.takeNoMore();
    await silentFor(given, 13);
    expect(await other.member.tryToLead()).toBeUndefined();
    await letGo(given);
    await other.leads();
    await expect.poll(() => first.isHeld(), { timeout: 60_000 }).toBe(false);
    expect(one.lost).toEqual([]);
    cable.plugIn();
    await expect.poll(() => one.lost, { timeout: 60_000 }).toHaveLength(1);
  });

  test("one that cannot reach it leads no more at once, and another does", async () => {
    const given = await database();
    const { cable, url } = await cabled(given.url);
    const [one, other] = [joins(url), joins(given.url)];
    const first = await one.leads();
    cable.unplug();
    await expect.poll(() => first.isHeld(), { timeout: 60_000 }).toBe(false);
    await letGo(given);
    await other.leads();
    cable.plugIn();
    await expect.poll(() => one.lost, { timeout: 60_000 }).toHaveLength(1);
    await expect(first.setValue("read to", "too late")).rejects.toMatchObject({ code: "IN_USE" });
    const follows = await one.follows();
    await follows.setValue("read to", "as one that follows");
    expect(await follows.value("read to")).toBe("as one that follows");
  });
});

describe("whoever follows", () => {
  test("hands over what it was told, which stays until it was taken", async () => {
    const { url } = await database();
    const { others } = await joins(url).leads();
    const one = await joins(url).follows();
    const other = await joins(url).follows();
    await one.exchange.hand("slack", '{"text":"\\u0000 one"}');
    await other.exchange.hand("slack", "two");
    const waiting = (await others?.handed([])) ?? [];
    expect(waiting).toMatchObject([
      { platform: "slack", content: '{"text":"\\u0000 one"}', isOld: false },
      { platform: "slack", content: "two" },
    ]);
    const [first, second] = waiting.map(({ id }) => id);
    expect(await others?.handed([first ?? ""])).toMatchObject([{ id: second }]);
    await others?.taken(first ?? "");
    await others?.taken(first ?? "");
    expect(await others?.handed([])).toMatchObject([{ id: second }]);
  });

  test("tells whoever leads what is to be sent, also past a connection that broke", async () => {
    const given = await database();
    const { cable, url } = await cabled(given.url);
    const { others } = await joins(url).leads();
    const { exchange } = await joins(given.url).follows();
    const told: string[][] = [];
    await others?.listen((ids) => void told.push([...ids]));
    const many = Array.from({ length: 150 }, (_, index) => `${index}`.padStart(24, "0"));
    await exchange.tell(many);
    await expect.poll(() => told.flat(), { timeout: 60_000 }).toEqual(many);
    told.length = 0;
    await exchange.hand("slack", "one");
    await expect.poll(() => told, { timeout: 60_000 }).toEqual([[]]);
    told.length = 0;
    cable.unplug();
    await letGo(given);
    cable.plugIn();
    await expect.poll(() => told, { timeout: 60_000 }).toEqual([[]]);
    await exchange.tell(["a"]);
    await expect.poll(() => told.at(-1), { timeout: 60_000 }).toEqual(["a"]);
  });
});
