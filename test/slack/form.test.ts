import type { types } from "@slack/bolt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formError, readSubmission, ticketModal } from "../../adapters/slack/form.ts";
import { ticketForm } from "../../src/tickets/form.ts";
import { categories, priorities } from "../../src/tickets/ticket.ts";
import { type Json, record, records, string } from "../fakes/json.ts";
import { elementsOf, optionsOf } from "../fakes/slack/blocks.ts";
import { slackWithApp } from "../fakes/slack/tiny-app.ts";
import { wrongInView } from "../fakes/slack/views.ts";

const metadata = { where: "D0ROB0001" };

/** A person before the modal, in front of an app that answers as the form says. */
async function atTheForm(given: Partial<Parameters<typeof ticketModal>[0]> = {}) {
  const { slack, app, rob, call } = await slackWithApp();
  await rob.types("/ticket");
  const { trigger_id } = app.received.at(-1)?.body ?? {};
  const { view } = ticketModal({ metadata, ...given });
  const opened = await call("views.open", { trigger_id, view });
  expect(opened).toMatchObject({ ok: true });
  const submitted = () => record(app.received.at(-1)?.body.view);
  app.reply = () => {
    const read = readSubmission(submitted());
    return "errors" in read
      ? { body: { response_action: "errors", errors: read.errors } }
      : { status: 200 };
  };
  return { slack, app, rob, submitted };
}

/** A view as it is submitted when nothing in it was touched but what is given, by block. */
function untouched(view: types.ModalView, filled: Json = {}): Json {
  const values = records(view.blocks).flatMap((block) => {
    const [element] = block.type === "input" ? elementsOf(block) : [];
    if (!element) return [];
    const { initial_value, initial_option } = element;
    const slot = { value: initial_value ?? null, selected_option: initial_option ?? null };
    const id = string(block.block_id);
    return [[id, { [string(element.action_id)]: filled[id] ?? slot }] as const];
  });
  return { state: { values: Object.fromEntries(values) } };
}

const general = { category: { selected_option: { value: "general" } } };
const good = { Title: "Printer on fire", Description: "It burns.", Category: "Technical" };

describe("the ticket form", () => {
  test("brings what was typed and chosen", async () => {
    const { rob, submitted } = await atTheForm();
    const files = [{ name: "fire.png", content: "png", mimetype: "image/png" }];
    const tags = " printer, fire ,, Büro，紙,fire";
    const filled = { ...good, Priority: "Urgent", Attachments: files, Tags: tags };
    expect(await rob.submits(filled)).toEqual({ kind: "closed" });
    expect(readSubmission(submitted())).toEqual({
      form: {
        title: "Printer on fire",
        description: "It burns.",
        priority: "urgent",
        category: "technical",
        tags: ["printer", "fire", "Büro", "紙"],
      },
      files: [
        { file: expect.any(String), name: "fire.png", sizeBytes: 3, type: expect.any(String) },
      ],
    });
    expect(JSON.parse(string(submitted().private_metadata))).toEqual(metadata);
  });

  test("asks for a title, a description and a category; all else may be left as it is", async () => {
    const { rob, submitted } = await atTheForm();
    const required = "Please complete this required field.";
    expect(await rob.submits()).toEqual({
      kind: "refused by the client",
      errors: { title: required, description: required, category: required },
    });
    expect(await rob.submits(good)).toEqual({ kind: "closed" });
    const form = { priority: "medium", tags: [] };
    expect(readSubmission(submitted())).toMatchObject({ form, files: [] });
  });

  test("has every field of the form, with every choice", () => {
    const blocks = records(ticketModal({ metadata }).view.blocks);
    expect(blocks.map(({ block_id }) => block_id)).toEqual(ticketForm.map(({ name }) => name));
    const choices = blocks
      .flatMap(elementsOf)
      .map((each) => optionsOf(each).map(({ value }) => value));
    expect(choices.filter(({ length }) => length > 0)).toEqual([[...priorities], [...categories]]);
  });

  test("says below a field what is wrong with it, and keeps what was typed", async () => {
    const { rob } = await atTheForm();
    const many = Array.from({ length: 21 }, (_, at) => `tag ${at}`).join();
    expect(await rob.submits({ ...good, Title: " \t ", Tags: many })).toEqual({
      kind: "errors",
      errors: {
        title: "Title is required",
        tags: "Tags must be a list of at most 20, each of 1 to 50 characters",
      },
    });
    expect(await rob.submits({ Title: "Printer", Tags: "fire" })).toEqual({ kind: "closed" });
  });

  test("says at its first field what kept it from becoming a ticket", async () => {
    const { app, rob } = await atTheForm();
    app.reply = () => ({ body: formError("Saving takes longer than usual. Please try again.") });
    expect(await rob.submits(good)).toEqual({
      kind: "errors",
      errors: { title: "Saving takes longer than usual. Please try again." },
    });
  });

  test("with a field that the modal does not have, the first one says what is wrong", () => {
    const values = {
      title: { value: { value: "Printer" } },
      description: { value: { value: "x" } },
    };
    expect(readSubmission({ state: { values } })).toEqual({
      errors: { title: "Priority is required" },
    });
  });

  test("takes a file of which Slack says no more than its id", () => {
    const view = ticketModal({ title: "Printer", description: "Fire", metadata }).view;
    const attachments = { files: [{ id: "F1", file_access: "check_file_info", size: null }] };
    expect(readSubmission(untouched(view, { ...general, attachments }))).toMatchObject({
      files: [{ file: "F1", name: "file", sizeBytes: 0, type: "application/octet-stream" }],
    });
  });

  test("is not opened with more metadata than Slack takes", () => {
    const open = () => ticketModal({ metadata: { words: "x".repeat(3_000) } });
    expect(open).toThrow(expect.objectContaining({ code: "METADATA_TOO_LONG" }));
  });
});

describe("a form that is opened on a message", () => {
  const paragraphs = (count: number) =>
    Array.from({ length: count }, (_, at) => `${at}: ${"it burns ".repeat(30).trim()}.`);

  test("has all of a long message, and people can change every part of it", async () => {
    const description = paragraphs(34).join("\n\n");
    expect(description.length).toBeGreaterThan(9_000);
    const { rob, submitted } = await atTheForm({ title: "Printer", description });
    const shown = Object.keys(rob.modal?.values ?? {});
    const [last = ""] = shown.filter((id) => id.startsWith("description")).slice(-1);
    expect(await rob.submits({ Category: "General" })).toEqual({ kind: "closed" });
    expect(readSubmission(submitted())).toMatchObject({ form: { description } });
    const again = await atTheForm({ title: "Printer", description });
    await again.rob.submits({ Category: "General", [last]: "" });
    const { form } = readForm(again.submitted());
    expect(form.description.length).toBeGreaterThan(6_000);
    expect(description.startsWith(form.description)).toBe(true);
  });

  test("nothing of it is lost or doubled, wherever it is cut", () => {
    const word = fc.oneof(
      { weight: 8, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }) },
      { weight: 1, arbitrary: fc.constant("漢".repeat(3_500)) },
      { weight: 1, arbitrary: fc.constant("👩‍🚒".repeat(700)) },
    );
    const space = fc.constantFrom(" ", "\n", "\n\n", "\n    ", " \t ", "\u3000");
    const text = fc
      .array(fc.tuple(word, space), { minLength: 1, maxLength: 300 })
      .map((all) => all.flat().join(""))
      .filter((all) => all.trim() !== "");
    fc.assert(
      fc.property(text, (typed) => {
        const { view, rest } = ticketModal({ title: "Printer", description: typed, metadata });
        expect(wrongInView(view, "modal")).toEqual([]);
        const { form } = readForm(untouched(view, general));
        const wanted = typed.toWellFormed().replace(/\r\n?/g, "\n").replaceAll("\0", "\uFFFD");
        if (rest === "") expect(form.description).toBe(wanted.trim());
        else expect(squeezed(form.description + rest)).toBe(squeezed(wanted));
      }),
      { numRuns: 200 },
    );
  });

  test("says how much of it no ticket can hold, and hands that back", () => {
    const description = "fire ".repeat(2_400);
    const { view, rest } = ticketModal({ title: "Printer", description, metadata });
    const { form } = readForm(untouched(view, general));
    expect(form.description.length).toBeGreaterThan(9_990);
    expect(squeezed(form.description + rest)).toBe(squeezed(description));
    expect(JSON.stringify(view.blocks[0])).toContain(
      `its last ${rest.length.toLocaleString("en")} characters are not in this form`,
    );
  });

  test("ten thousand emoji are no more than a ticket can hold", () => {
    const description = "🔥".repeat(10_000);
    const { view, rest } = ticketModal({ title: "Printer", description, metadata });
    expect(readForm(untouched(view, general)).form.description).toBe(description);
    expect(rest).toBe("");
  });

  test("a title that is too long is cut where it can be seen, and stands whole below", () => {
    const title = "the printer is on fire again ".repeat(10).trim();
    const { view } = ticketModal({ title, description: "Come quick.", metadata });
    const { form } = readForm(untouched(view, general));
    expect(form.title).toMatch(/^the printer .*…$/);
    expect(form.title.length).toBeLessThanOrEqual(150);
    expect(form.description).toBe(`${title}\n\nCome quick.`);
  });

  test.each<[string, Parameters<typeof ticketModal>[0]]>([
    ["emoji", { title: "🔥".repeat(150), description: "🔥".repeat(10_000), metadata }],
    ["one endless word", { title: "x".repeat(9_000), description: "x".repeat(40_000), metadata }],
    ["blank space", { title: "\n \n", description: "\n".repeat(20_000), metadata }],
    ["markup", { title: "<!channel> *now*", description: "&<>".repeat(3_000), metadata }],
    ["a long notice", { notice: "This is it. ".repeat(1_000), metadata }],
    ["much metadata", { metadata: { words: "x".repeat(2_980) } }],
  ])("Slack takes it with %s", async (_, given) => {
    const { rob } = await atTheForm(given);
    expect(rob.modal?.content.type).toBe("modal");
  });
});

const squeezed = (text: string) => text.replaceAll(/\s+/g, "");

function readForm(view: unknown) {
  const read = readSubmission(view);
  if ("errors" in read) throw new Error(JSON.stringify(read.errors));
  return read;
}
