import { ButtonBuilder, ButtonStyle, Routes } from "discord.js";
import { describe, expect, test } from "vitest";
import { type Json, record } from "../json.ts";
import { wrongInBody } from "./body-check.ts";
import { refusal, restHost, said } from "./rest-host.ts";

const postRoute = "POST /channels/:id/messages";
const button = (more: Json = {}) => ({
  type: 2,
  style: 1,
  label: "Claim",
  custom_id: "claim",
  ...more,
});
const option = (value: string) => ({ label: value, value });
const select = (more: Json = {}) => ({
  ...{ type: 3, custom_id: "priority", options: [option("low"), option("high")] },
  ...more,
});
const row = (...components: Json[]) => ({ type: 1, components });
const numbers = (count: number) => Array.from({ length: count }, (_, place) => String(place));

const wrong = (route: string, body: unknown) => wrongInBody(route, body).map(({ at }) => at);

describe("a message", () => {
  test("that is good in every way passes", () => {
    const components = [row(button(), button({ custom_id: "close" })), row(select())];
    const embeds = [
      { title: "T-1", description: "x".repeat(4_096), fields: [{ name: "a", value: "b" }] },
    ];
    expect(wrong(postRoute, { ...said("hi").body, components, embeds })).toEqual([]);
  });

  test.each<[string, Json, string]>([
    ["too long", { content: "x".repeat(2_001) }, "content"],
    ["of another type", { content: 1 }, "content"],
    [
      "with too much in its embeds",
      { embeds: [1, 2].map(() => ({ description: "x".repeat(3_001) })) },
      "embeds",
    ],
    ["with a title too long", { embeds: [{ title: "x".repeat(257) }] }, "embeds.0.title"],
    [
      "with six rows",
      { components: numbers(6).map((custom_id) => row(button({ custom_id }))) },
      "components",
    ],
    [
      "with six buttons in a row",
      { components: [row(...numbers(6).map((custom_id) => button({ custom_id })))] },
      "components.0.components",
    ],
    [
      "with two selects in a row",
      { components: [row(select(), select({ custom_id: "b" }))] },
      "components.0.components",
    ],
    ["with a button outside a row", { components: [button()] }, "components.0.type"],
    [
      "with the same custom id twice",
      { components: [row(button(), button())] },
      "components.0.components.1.custom_id",
    ],
    [
      "with a custom id too long",
      { components: [row(button({ custom_id: "x".repeat(101) }))] },
      "components.0.components.0.custom_id",
    ],
    [
      "with a label too long",
      { components: [row(button({ label: "x".repeat(81) }))] },
      "components.0.components.0.label",
    ],
    [
      "with a button that says nothing",
      { components: [row(button({ label: undefined }))] },
      "components.0.components.0",
    ],
    [
      "with a link that has a custom id",
      { components: [row(button({ style: 5, url: "https://a.example" }))] },
      "components.0.components.0",
    ],
    [
      "with too many options",
      { components: [row(select({ options: numbers(26).map(option) }))] },
      "components.0.components.0.options",
    ],
    [
      "with the same option twice",
      { components: [row(select({ options: [option("a"), option("a")] }))] },
      "components.0.components.0.options",
    ],
    ["with text beside the newer components", { content: "hi", flags: 1 << 15 }, "content"],
  ])("%s is refused", (_, body, at) => {
    expect(wrong(postRoute, body)).toContain(at);
  });

  test("that is wrong is answered 50035 with the place, and remembered", async () => {
    const { api, channel, rest } = await restHost();
    const sent = api.post(Routes.channelMessages(channel.id), said("x".repeat(2_001)));
    expect(await refusal(sent)).toMatchObject({
      ...{ status: 400, code: 50035, message: "Invalid Form Body" },
      errors: { content: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH" }] } },
    });
    expect(rest.violations).toEqual([
      `${postRoute}: content: Must be 2000 or fewer in length. (BASE_TYPE_MAX_LENGTH)`,
    ]);
    expect(channel.messages).toEqual([]);
  });

  test("keeps its components, each with a number", async () => {
    const { api, channel } = await restHost();
    const claim = new ButtonBuilder({
      customId: "claim",
      label: "Claim",
      style: ButtonStyle.Primary,
    });
    const components = [row({ ...claim.toJSON() })];
    const made = record(
      await api.post(Routes.channelMessages(channel.id), said("T-1", { components })),
    );
    expect(made.components).toMatchObject([
      { id: 1, type: 1, components: [{ id: 2, type: 2, custom_id: "claim", label: "Claim" }] },
    ]);
  });
});

describe("a modal", () => {
  const answerRoute = "POST /interactions/:id/:token/callback";
  const label = (component: Json, more: Json = {}) => ({
    type: 18,
    label: "Title",
    component,
    ...more,
  });
  const text = (more: Json = {}) => ({ type: 4, style: 1, custom_id: "title", ...more });
  const modal = (components: Json[], more: Json = {}) => ({
    type: 9,
    data: { custom_id: "ticket", title: "Open a ticket", components, ...more },
  });

  test("with everything that the form needs passes", () => {
    const parts = [
      label(text({ min_length: 1, max_length: 100, value: "Printer" })),
      label(text({ custom_id: "description", style: 2, max_length: 4_000 })),
      label(select()),
      label(select({ custom_id: "category", required: false, min_values: 0 })),
      label({ type: 19, custom_id: "files", required: false, min_values: 0, max_values: 10 }),
    ];
    expect(wrong(answerRoute, modal(parts))).toEqual([]);
  });

  const inside = "data.components.0.component";
  test.each<[string, Json, string]>([
    ["with a title too long", modal([label(text())], { title: "x".repeat(46) }), "data.title"],
    ["without parts", modal([]), "data.components"],
    [
      "with six parts",
      modal(numbers(6).map((custom_id) => label(text({ custom_id })))),
      "data.components",
    ],
    ["with an input outside a label", modal([text()]), "data.components.0.type"],
    [
      "with a label too long",
      modal([label(text(), { label: "x".repeat(46) })]),
      "data.components.0.label",
    ],
    [
      "with a description too long",
      modal([label(text(), { description: "x".repeat(101) })]),
      "data.components.0.description",
    ],
    ["with a text too long", modal([label(text({ max_length: 4_001 }))]), inside],
    [
      "with more text than its input takes",
      modal([label(text({ max_length: 3, value: "four" }))]),
      `${inside}.value`,
    ],
    [
      "with a select that is needed and takes nothing",
      modal([label(select({ min_values: 0 }))]),
      `${inside}.min_values`,
    ],
    ["with eleven files", modal([label({ type: 19, custom_id: "f", max_values: 11 })]), inside],
    ["with a button", modal([label(button())]), `${inside}.type`],
    [
      "with the same custom id twice",
      modal([label(text()), label(text())]),
      "data.components.1.component.custom_id",
    ],
  ])("%s is refused", (_, body, at) => {
    expect(wrong(answerRoute, body)).toContain(at);
  });

  test("is not all that an interaction is answered with: choices are counted too", () => {
    const choices = numbers(26).map((each) => ({ name: each, value: each }));
    expect(wrong(answerRoute, { type: 8, data: { choices } })).toContain("data.choices");
    expect(wrong(answerRoute, { type: 8, data: { choices: choices.slice(1) } })).toEqual([]);
    expect(wrong(answerRoute, { type: 5, data: { flags: 64 } })).toEqual([]);
    expect(wrong(answerRoute, { type: 4, data: { content: "x".repeat(2_001) } })).toContain(
      "data.content",
    );
  });
});

describe("commands", () => {
  const ticket = { name: "ticket", description: "Open a ticket" };
  const list = { type: 1, name: "list", description: "List them" };

  test("are registered all at once, and keep their ids", async () => {
    const { api, server } = await restHost();
    const path = Routes.applicationCommands(server.application.id);
    const body = [
      ticket,
      { name: "tickets", description: "Yours", options: [list] },
      { name: "Open a ticket", type: 3 },
    ];
    const first = await api.put(path, { body });
    expect(first).toMatchObject([
      { ...ticket, type: 1 },
      { options: [list] },
      { type: 3, description: "" },
    ]);
    expect(await api.put(path, { body: [ticket] })).toMatchObject([
      { id: record((first as Json[])[0]).id, name: "ticket" },
    ]);
    expect(await api.get(path)).toHaveLength(1);
  });

  test.each<[string, Json, string]>([
    ["a name with a space", { name: "a ticket", description: "x" }, "0.name"],
    ["a name in capitals", { name: "Ticket", description: "x" }, "0.name"],
    ["no description", { name: "ticket" }, "0.description"],
    ["a description too long", { name: "ticket", description: "x".repeat(101) }, "0.description"],
    [
      "a needed option after one that is not",
      {
        ...ticket,
        options: [
          { type: 3, name: "a", description: "a" },
          { type: 3, name: "b", description: "b", required: true },
        ],
      },
      "0.options.1",
    ],
    [
      "choices beside autocomplete",
      {
        ...ticket,
        options: [
          {
            type: 3,
            name: "a",
            description: "a",
            autocomplete: true,
            choices: [{ name: "a", value: "a" }],
          },
        ],
      },
      "0.options.0",
    ],
  ])("with %s are refused", (_, command, at) => {
    expect(wrong("PUT /applications/:id/commands", [command])).toContain(at);
  });
});
