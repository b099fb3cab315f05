import { expect, test } from "vitest";
import { atTheDesk, opens } from "./at-the-desk.ts";

test("what has come when it is stopped in order is taken in, all of it", async () => {
  const world = await atTheDesk();
  const { discord, rob, ada, tickets } = world;
  const { own, agents } = await opens(world);
  rob.writes(own, "Before");
  await discord.until(() => {
    discord.clock.advance(100);
    return ada.reads(agents).some((seen) => seen.words.includes("Before"));
  });
  const said = Array.from({ length: 15 }, (_, n) => `Message ${n}`);
  for (const each of said) rob.writes(own, each);
  await discord.until(() => discord.gateway.underway() === 0);
  await world.restart();
  const [ticket] = await tickets();
  expect(ticket?.ticket.threads.slice(2).map(({ message }) => message)).toEqual(said);
});
