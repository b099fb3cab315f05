import { describe, expect, test } from "vitest";
import {
  actionOf,
  type Dialog,
  dialogAgainId,
  dialogModal,
  missingText,
  readDialogAgainId,
  readDialogId,
  readText,
} from "../../adapters/discord/dialogs.ts";
import { wrongInBody } from "../fakes/discord/body-check.ts";

const ticket = "support_ticket_0123456789abcdef0123456789abcdef";
const key = "18446744073709551615";
const dialog = (does: Dialog["does"]): Dialog => ({ does, ticket, key });

const answering = "POST /interactions/:id/:token/callback";

describe("a dialog", () => {
  test.each([
    ["resolve", "Resolution", { do: "resolve", resolution: "We put *it* out." }],
    ["note", "Note", { do: "note", text: "We put *it* out." }],
    ["reply", "Reply", { do: "reply", text: "We put *it* out." }],
  ] as const)("to %s does it to its ticket", (does, label, action) => {
    const modal = dialogModal(dialog(does));
    expect(wrongInBody(answering, { type: 9, data: modal })).toEqual([]);
    expect(JSON.stringify(modal)).toContain(`"label":"${label}"`);
    expect(readDialogId(modal.custom_id)).toEqual(dialog(does));
    expect(actionOf(dialog(does), "We put *it* out.")).toEqual(action);
  });

  test("is opened again by its button, as the same one", () => {
    const again = dialogAgainId(dialog("resolve"));
    expect(again.length).toBeLessThanOrEqual(100);
    expect(readDialogAgainId(again)).toEqual(dialog("resolve"));
    expect(readDialogId(again)).toBeUndefined();
    expect(readDialogId("dialog:burn:1:2")).toBeUndefined();
  });

  test("has in it what was there before, unless a part of it would be lost", () => {
    const whole = "x".repeat(4_000);
    expect(JSON.stringify(dialogModal(dialog("resolve"), whole))).toContain(whole);
    expect(JSON.stringify(dialogModal(dialog("resolve"), `${whole}x`))).not.toContain("xx");
  });

  test("with nothing but blanks says that there are no words", () => {
    expect(readText({ text: ["Some words "] })).toBe("Some words ");
    expect(readText({ text: [" \n "] })).toBeUndefined();
    expect(readText({})).toBeUndefined();
    expect(missingText(dialog("resolve"))).toBe("A resolution is required to resolve a ticket");
    expect(missingText(dialog("note"))).toBe("Message is required");
  });
});
