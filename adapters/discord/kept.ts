/**
 * What someone has typed, kept in the message that says why it was not taken: it is read from there
 * when the form is opened again, also after a restart.
 */
import { type APIEmbed, ButtonStyle } from "discord.js";
import type { OfferedFile } from "../../src/desk/chat.ts";
import { shownName } from "../../src/desk/file-name.ts";
import { shortened } from "../../src/desk/shortened.ts";
import type { Said } from "./answers.ts";
import { button, linkButton, rowsOf, typed } from "./components.ts";
import { mostFiles, optionLabel, optionValue, type Typed } from "./form.ts";
import type { PressedMessage } from "./interactions.ts";

const choices = { Priority: "priority", Category: "category" } as const;

/** `again` is the custom id of the button that opens the form with all of this in it. */
export function keeping(why: string, what: Typed, again: string): Said {
  const { title, description, files } = what;
  const kept = files.slice(0, mostFiles).flatMap(linkTo);
  const fields = Object.entries(choices).flatMap(([name, field]) => {
    const value = optionLabel(field, what[field]);
    return value === undefined ? [] : [{ name, value, inline: true }];
  });
  const embed: APIEmbed = {
    ...(title !== "" && { title }),
    ...(description !== "" && { description }),
    fields,
  };
  const isEmpty = title === "" && description === "" && fields.length === 0;
  const lost = files.filter(({ file }) => !kept.some((each) => each.file === file));
  return {
    content: [why, ...leftOut(lost)].join("\n"),
    embeds: isEmpty ? [] : [embed],
    components: [
      ...rowsOf([button("Open the form again", again, ButtonStyle.Primary)]),
      ...rowsOf(kept.map(({ link }) => link)),
    ],
  };
}

function leftOut(files: readonly OfferedFile[]): string[] {
  if (files.length === 0) return [];
  const names = files.map(({ name }) => shownName(name)).join(", ");
  return [`Please add these files again: ${typed(shortened(names, mostOfNames))}`];
}

const mostOfNames = 500;

/** https://docs.discord.com/developers/components/reference#button */
const mostOfAddress = 512;

/** Leads to the file and, in the fragment, says what else is known of it. */
function linkTo({ file, name, sizeBytes, type }: OfferedFile) {
  const [id = "", address = ""] = file.split(" ");
  if (!URL.canParse(address)) return [];
  const url = new URL(address);
  url.hash = new URLSearchParams({ id, size: `${sizeBytes}`, type }).toString();
  return url.href.length > mostOfAddress ? [] : [{ file, link: linkButton(name, url.href) }];
}

/** What is kept in a message. */
export function readKept({ title, description, fields, links }: PressedMessage): Typed {
  const said = (name: keyof typeof choices) => {
    const label = fields.find((field) => field.name === name)?.value;
    return optionValue(choices[name], label);
  };
  const [priority, category] = [said("Priority"), said("Category")];
  return {
    title,
    description,
    ...(priority !== undefined && { priority }),
    ...(category !== undefined && { category }),
    files: links.flatMap(fileAt),
  };
}

function fileAt({ url: address }: { url: string }): OfferedFile[] {
  if (!URL.canParse(address)) return [];
  const url = new URL(address);
  const known = new URLSearchParams(url.hash.slice(1));
  const [name = "", id = ""] = url.pathname.split("/").reverse();
  url.hash = "";
  return [
    {
      file: `${known.get("id") ?? id} ${url.href}`,
      name: decoded(name) || "file",
      sizeBytes: Number(known.get("size") ?? 0),
      type: known.get("type") ?? "application/octet-stream",
    },
  ];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
