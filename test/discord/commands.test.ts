import { describe, expect, test } from "vitest";
import { commands, registerCommands, whatIsRegistered } from "../../adapters/discord/commands.ts";
import { createRest } from "../../adapters/discord/rest.ts";
import { wrongInBody } from "../fakes/discord/body-check.ts";
import { string } from "../fakes/json.ts";
import { atTheDesk, lastWhisper, opens, printer } from "./at-the-desk.ts";
import { discordServer } from "./listening.ts";

describe("the commands", () => {
  test("are such as Discord takes", () => {
    expect(wrongInBody("PUT /applications/:id/commands", commands)).toEqual([]);
  });

  test("are registered when they differ, and only then", async () => {
    const { discord } = await discordServer();
    const { token, apiUrl, server } = discord;
    const rest = createRest({ token, apiUrl });
    const { id } = server.application;
    expect(await whatIsRegistered(rest, id)).toBe("none");
    expect(await registerCommands(rest, id)).toBe("registered");
    expect(await whatIsRegistered(rest, id)).toBe("same");
    expect(await registerCommands(rest, id)).toBe("same");
    expect([...server.commands.values()].map(({ name }) => name).sort()).toEqual([
      "Open a ticket",
      "ticket",
      "ticket-panel",
      "tickets",
    ]);
    expect(discord.violations).toEqual([]);
  });
});

describe("/tickets", () => {
  test("list has someone's open tickets, for them alone", async () => {
    const world = await atTheDesk();
    const { rob, ada, general } = world;
    await rob.types("/tickets list", {}, { channel: general });
    const none = lastWhisper(rob, general);
    expect(none?.words).toContain("You have no open tickets");
    if (none) await rob.clicks(none, "Open a ticket");
    await rob.submits(printer);
    await rob.types("/tickets list", {}, { channel: general });
    expect(lastWhisper(rob, general)?.words).toMatch(
      /1 open ticket\n\*\*T-\w{6}\*\* Printer on fire/,
    );
    expect(ada.reads(general)).toEqual([]);
  });

  test.each([
    ["/tickets help", {}],
    ["/ticket", { title: "Help" }],
  ] as const)(
    "%s %j tells what there is, for them alone, with a way to the form",
    async (command, options) => {
      const { discord, rob, ada, general } = await atTheDesk();
      await rob.types(command, { ...options }, { channel: general });
      const help = lastWhisper(rob, general);
      for (const each of commands.filter(({ name }) => /^tickets?$/.test(name)))
        expect(help?.words).toContain(`/${each.name}`);
      expect(help?.words).toContain("Open a ticket opens the form");
      expect(ada.reads(general)).toEqual([]);
      if (help) await rob.clicks(help, "Open a ticket");
      expect(rob.modal?.fields[0]?.text).toBe("");
      expect(discord.violations).toEqual([]);
    },
  );

  test("show has one of their own tickets, and suggests them", async () => {
    const world = await atTheDesk();
    const { rob, ada, general } = world;
    const { reference } = await opens(world);
    const show = "/tickets show";
    const at = { channel: general };
    const suggested = await rob.autocompletes(show, { ticket: "PRINT" }, at);
    expect(suggested).toEqual([{ name: `${reference} Printer on fire (open)`, value: reference }]);
    expect(await rob.autocompletes(show, { ticket: "flood" }, at)).toEqual([]);
    expect(await ada.autocompletes(show, { ticket: "" }, at)).toEqual([]);
    await rob.types(show, { ticket: reference.toLowerCase() }, at);
    const card = lastWhisper(rob, general);
    expect(card?.words).toContain("Printer on fire");
    expect(card?.buttons).toEqual([]);
    await ada.types(show, { ticket: reference }, at);
    expect(lastWhisper(ada, general)?.words).toContain(`You have no ticket ${reference}`);
  });

  test("say so when tickets cannot be looked up, and suggest none", async () => {
    const world = await atTheDesk();
    const { rob, general, weather } = world;
    const at = { channel: general };
    weather.fails = true;
    for (const [line, options] of [
      ["/tickets list", {}],
      ["/tickets show", { ticket: "T-1" }],
    ] as const) {
      await rob.types(line, options, at);
      expect(string(lastWhisper(rob, general)?.words)).toContain("cannot be looked up just now");
    }
    expect(await rob.autocompletes("/tickets show", { ticket: "" }, at)).toEqual([]);
  });

  test("suggest nothing rather than too late", async () => {
    const { discord, rob, general, weather } = await atTheDesk();
    weather.holds = true;
    const suggested = rob.autocompletes("/tickets show", { ticket: "" }, { channel: general });
    await discord.until(() => {
      discord.clock.advance(100);
      return discord.interactions.underway() === 0;
    });
    expect(await suggested).toEqual([]);
    weather.holds = false;
  });
});
