import { createHash } from "node:crypto";
import {
  chmod,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createLinks } from "../src/attachments/links.ts";
import { checkAttachments, openAttachments } from "../src/attachments/open.ts";
import { attachmentsSecret, SecretError, sharedSecret } from "../src/attachments/secret.ts";
import { addressName, readStoredAddress, storedAddress } from "../src/desk/attachment-address.ts";
import { keptLog } from "./log.ts";
import { temporaryFolder } from "./temporary.ts";

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex");
const content = Buffer.from("a picture of what went wrong");
const hash = sha256(content);

let folder: string;
let log: ReturnType<typeof keptLog>;
beforeEach(async () => {
  folder = await temporaryFolder();
  log = keptLog();
});

const open = () => openAttachments({ folder, log });
/** The first copy that is there. */
const file = async (hash: string) => {
  const within = join(folder, "attachments", hash.slice(0, 2));
  const [name = ""] = (await readdir(within)).filter((each) => each.startsWith(hash));
  return join(within, name);
};
const all = async (stream: ReadableStream<Uint8Array> | undefined) =>
  Buffer.from(await new Response(stream ?? null).arrayBuffer());

describe("an attachment in a folder", () => {
  test("is for its owner only", async () => {
    await (await open()).keep(content);
    expect((await stat(await file(hash))).mode & 0o777).toBe(0o600);
  });

  test("from before there were copies, named by its hash alone, is there until it is unused", async () => {
    const attachments = await open();
    const within = join(folder, "attachments", hash.slice(0, 2));
    await mkdir(within);
    await writeFile(join(within, hash), content);
    expect(await attachments.read(hash)).toEqual(content);
    expect(await attachments.removeUnused(hash, Date.now(), async () => true)).toBe(true);
    expect(await readdir(within)).toEqual([]);
  });

  test("what a crash left of a write is gone after the next start", async () => {
    await mkdir(join(folder, "attachments"));
    await writeFile(join(folder, "attachments", `${hash}.tmp`), "a pict");
    const attachments = await open();
    expect(await readdir(join(folder, "attachments"))).toEqual([]);
    expect(await attachments.read(hash)).toBeUndefined();
  });

  test("that others share: what they may be writing is left alone for a day", async () => {
    const names = ["theirs.tmp", "of-a-crash.tmp"];
    for (const name of names) await writeFile(join(folder, name), "a pict");
    const then = Date.now() / 1_000 - 25 * 60 * 60;
    await utimes(join(folder, "of-a-crash.tmp"), then, then);
    await openAttachments({ folder: "unused", config: { kind: "folder", path: folder }, log });
    expect(await readdir(folder)).toEqual(["theirs.tmp"]);
  });

  test("that others share is not made when it is not mounted", async () => {
    const config = { kind: "folder" as const, path: join(folder, "share") };
    const opening = openAttachments({ folder, config, log });
    await expect(opening).rejects.toThrow("is not there. Mount it, or make it.");
    expect(await checkAttachments(config)).toMatchObject({ ok: false });
    expect(await readdir(folder)).toEqual([]);
    await mkdir(config.path);
    expect(await checkAttachments(config)).toMatchObject({ ok: true });
    expect(await readdir(config.path)).toEqual([]);
  });

  test("that is cut short while it is passed on ends in an error, not as if it were whole", async () => {
    const attachments = await open();
    await attachments.keep(content);
    const opened = await attachments.open(hash);
    await truncate(await file(hash), 5);
    await expect(all(opened?.content)).rejects.toMatchObject({ code: "READ_FAILED" });
  });

  test("that vanished is not there", async () => {
    const attachments = await open();
    await attachments.keep(content);
    const opened = await attachments.open(hash);
    await rm(await file(hash));
    expect(await attachments.read(hash)).toBeUndefined();
    expect(await attachments.open(hash)).toBeUndefined();
    await expect(all(opened?.content)).rejects.toMatchObject({ code: "READ_FAILED" });
  });

  test("that cannot be read is a fault of the disk, and not taken for gone", async () => {
    const attachments = await open();
    await mkdir(join(folder, "attachments", hash.slice(0, 2), hash), { recursive: true });
    await expect(attachments.read(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
    await expect(attachments.open(hash)).rejects.toMatchObject({ code: "READ_FAILED" });
  });

  test("that cannot be written is told, and can be kept later", async () => {
    const attachments = await open();
    const inTheWay = join(folder, "attachments", hash.slice(0, 2));
    await writeFile(inTheWay, "");
    await expect(attachments.keep(content)).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringContaining("Check that the disk has room"),
    });
    await rm(inTheWay);
    await attachments.keep(content);
    expect(await attachments.read(hash)).toEqual(content);
  });

  test.each(["", "..", "../../api-tokens.json", hash.toUpperCase(), `${hash}\0`, `${hash}/..`])(
    "%j names none",
    async (name) => {
      const attachments = await open();
      await attachments.keep(content);
      await writeFile(join(folder, "api-tokens.json"), "secret");
      expect(await attachments.read(name)).toBeUndefined();
      expect(await attachments.open(name)).toBeUndefined();
    },
  );
});

describe("the secret that links are signed with", () => {
  test("is that of the data folder where it comes to be in a store, and the same in each process", async () => {
    const values = new Map<string, string>();
    const store = {
      value: async (name: string) => values.get(name),
      valueOr: async (name: string, value: string) => {
        values.set(name, values.get(name) ?? value);
        return values.get(name) ?? value;
      },
    };
    const secret = await attachmentsSecret(folder);
    expect(await sharedSecret(store, folder)).toEqual(secret);
    expect(await sharedSecret(store, await temporaryFolder())).toEqual(secret);
    values.clear();
    const other = await sharedSecret(store, await temporaryFolder());
    expect([other.byteLength, other.equals(secret)]).toEqual([32, false]);
    expect(await sharedSecret(store, folder)).toEqual(other);
    for (const damaged of ["", "abc"]) {
      values.set("attachments-secret", damaged);
      await expect(sharedSecret(store, folder)).rejects.toThrow(SecretError);
    }
  });

  test("is made once, random, for its owner only", async () => {
    const secret = await attachmentsSecret(folder);
    expect(secret.byteLength).toBe(32);
    expect(await attachmentsSecret(folder)).toEqual(secret);
    expect((await stat(join(folder, "attachments-secret"))).mode & 0o777).toBe(0o600);
    expect(await attachmentsSecret(await temporaryFolder())).not.toEqual(secret);
    expect(await readdir(folder)).toEqual(["attachments-secret"]);
  });

  test("is the same for all who make it at once", async () => {
    // Each comes a little later than the one before it, in some rounds while that one is writing.
    for (let round = 0; round < 20; round += 1) {
      const folder = await temporaryFolder();
      const makers = Array.from({ length: 8 }, async (_, maker) => {
        for (let turn = 0; turn < maker * round; turn += 1) await setImmediate();
        return (await attachmentsSecret(folder)).toString("hex");
      });
      expect(new Set(await Promise.all(makers)).size).toBe(1);
      expect(await readdir(folder)).toEqual(["attachments-secret"]);
    }
  });

  test("damaged is told, with what to do and without what is left of it", async () => {
    const path = join(folder, "attachments-secret");
    await writeFile(path, "5ec4e7");
    const error = await attachmentsSecret(folder).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(SecretError);
    expect(String(error)).toContain("delete it and start again");
    expect(String(error)).not.toContain("5ec4e7");
    expect(await readFile(path, "utf8")).toBe("5ec4e7");
  });

  test("that may not be read is a fault, and no reason to make another", async () => {
    await mkdir(join(folder, "attachments-secret"));
    await expect(attachmentsSecret(folder)).rejects.toMatchObject({ code: "EISDIR" });
  });

  test.skipIf(process.getuid?.() === 0)("that cannot be written leaves nothing", async () => {
    await chmod(folder, 0o500);
    await expect(attachmentsSecret(folder)).rejects.toMatchObject({ code: "EACCES" });
    await chmod(folder, 0o700);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** Names as people and programs make them: of any characters, some of them no text at all. */
const names = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({
    unit: fc.constantFrom("%", "/", ".", "\\", "\0", "é", "😀", "\ud800", "'", "#", "?"),
  }),
  fc.constantFrom("", ".", "..", "...", "../../etc/passwd", "a".repeat(5_000), "é.pdf"),
);

describe("the address of a kept file in a ticket", () => {
  test("is read back as it was made, whatever the file's name is, and fits the contract", () => {
    fc.assert(
      fc.property(names, (name) => {
        const type = "text/plain; charset=utf-8";
        const address = storedAddress({ hash, name, type });
        expect(address.length).toBeLessThan(2_048);
        expect(new URL(address).pathname.startsWith(`/${hash}/`)).toBe(true);
        expect(readStoredAddress(address)).toEqual({ hash, name: addressName(name), type });
        expect(addressName(addressName(name))).toBe(addressName(name));
      }),
    );
  });

  test.each([
    ["screen shot.png", "screen shot.png"],
    ["Überblick 😀.pdf", "Überblick 😀.pdf"],
    ["..", "file"],
    ["", "file"],
    ["a/b\\c\0d.txt", "a_b_c_d.txt"],
    ["harmless\u202Egpj.exe", "harmless_gpj.exe"],
    [`${"x".repeat(2_000)}.tar.gz`, `${"x".repeat(897)}.gz`],
    [`${"😀".repeat(200)}.png`, `${"😀".repeat(74)}.png`],
    [`x.${"y".repeat(2_000)}`, `x.${"y".repeat(898)}`],
  ])("%j is named %j", (name, expected) => {
    expect(addressName(name)).toBe(expected);
  });

  test.each([
    "https://example.com/a.png",
    `https://attachments.deskhand.invalid/${hash}/a.png?type=image/png`,
    `http://attachments.deskhand.invalid.example.com/${hash}/a.png?type=image/png`,
    `http://attachmentsxdeskhand.invalid/${hash}/a.png?type=image/png`,
    `http://attachments.deskhand.invalid/${hash}`,
    `http://attachments.deskhand.invalid/${hash}/a.png`,
    `http://attachments.deskhand.invalid/abc/a.png?type=image/png`,
    `http://attachments.deskhand.invalid/${hash}/%FF?type=image/png`,
  ])("%s is another's", (url) => {
    expect(readStoredAddress(url)).toBeUndefined();
  });
});

describe("a link", () => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  let now: number;
  beforeEach(() => {
    now = start;
  });
  const linksWith = (secret: string) =>
    createLinks({
      secret: Buffer.from(secret),
      publicUrl: () => "https://desk.example.com/support",
      now: () => now,
      linkMs: 60_000,
    });
  const links = linksWith("a secret");
  const given = { hash, name: "a b.png", type: "image/png" };
  const parts = (url: string) => {
    const { searchParams: query } = new URL(url);
    return { expires: query.get("expires") ?? "", signature: query.get("signature") ?? "" };
  };

  test("stands under the public address, and names the file and when it ends", () => {
    const url = new URL(links.urlFor(given));
    expect(url.origin + url.pathname).toBe(
      `https://desk.example.com/support/attachments/${hash}/a%20b.png`,
    );
    expect(url.searchParams.get("type")).toBe("image/png");
    expect(url.searchParams.get("expires")).toBe(String((start + 60_000) / 1_000));
  });

  test("is good until it ends, and not a moment longer", () => {
    const { expires, signature } = parts(links.urlFor(given));
    now = start + 59_999;
    expect(links.check(given, expires, signature)).toBeUndefined();
    now = start + 60_000;
    expect(links.check(given, expires, signature)).toEqual({ refused: "LINK_EXPIRED" });
  });

  test("is good for nothing else, and no one else's is", () => {
    const { expires, signature } = parts(links.urlFor(given));
    const wrong = { refused: "LINK_INVALID" };
    const other = `${hash.slice(0, -1)}${hash.endsWith("0") ? "1" : "0"}`;
    expect(links.check({ ...given, hash: other }, expires, signature)).toEqual(wrong);
    expect(links.check({ ...given, name: "a b.html" }, expires, signature)).toEqual(wrong);
    expect(links.check({ ...given, type: "text/html" }, expires, signature)).toEqual(wrong);
    expect(links.check(given, `${Number(expires) + 1}`, signature)).toEqual(wrong);
    expect(links.check(given, `${expires}.0`, signature)).toEqual(wrong);
    expect(links.check(given, expires, "")).toEqual(wrong);
    expect(links.check(given, expires, `${signature}=`)).toEqual(wrong);
    expect(links.check(given, expires, "é".repeat(43))).toEqual(wrong);
    expect(linksWith("another secret").check(given, expires, signature)).toEqual(wrong);
    for (let at = 0; at < signature.length; at += 1) {
      const changed = signature[at] === "A" ? "B" : "A";
      const forged = signature.slice(0, at) + changed + signature.slice(at + 1);
      expect(links.check(given, expires, forged)).toEqual(wrong);
    }
  });
});
