import { createServer, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Wire, wire } from "./wire.ts";

describe("a wire", () => {
  let server: Server;
  let line: Wire;
  beforeEach(async () => {
    server = createServer((_, response) => void response.end("here"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    line = await wire(`http://127.0.0.1:${address.port}/api/`);
  });
  afterEach(async () => {
    await line.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const asks = async () => (await fetch(line.url)).text();

  test("leads to a server by another address of the same shape", async () => {
    expect(line.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/$/);
    expect(await asks()).toBe("here");
  });

  test("refuses connections, and is at the same address once it is whole again", async () => {
    await line.refuses();
    await expect(asks()).rejects.toThrow("fetch failed");
    await line.heals();
    expect(await asks()).toBe("here");
  });

  test("lets nothing through while it stalls, and loses nothing", async () => {
    line.stalls();
    let said: string | undefined;
    const asking = asks().then((text) => {
      said = text;
    });
    await new Promise<void>((resolve) => server.getConnections(() => resolve()));
    expect(said).toBeUndefined();
    await line.heals();
    await asking;
    expect(said).toBe("here");
  });

  test("breaks what is under way", async () => {
    server.removeAllListeners("request");
    server.on("request", () => line.cuts());
    await expect(asks()).rejects.toThrow("fetch failed");
  });
});
