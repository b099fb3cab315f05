import { type Json, record, records } from "../json.ts";
import { type Field, kinds, type OpenModal } from "./filling.ts";
import { attachmentObject } from "./objects-message.ts";
import type { Channel } from "./records.ts";
import { numberOr } from "./rule-parts.ts";
import type { Server } from "./server.ts";
import { keepFiles } from "./writing.ts";

/** The data of a modal's submission. Its files are uploaded first, and are in no message. */
export function submission(
  server: Server,
  { modal, channel }: { modal: OpenModal; channel: Channel },
): Json {
  const stored = new Map(
    modal.fields.map((each) => [each, keepFiles(server, channel, each.files, true)]),
  );
  const components = submitted(modal, (field) => (stored.get(field) ?? []).map(({ id }) => id));
  const files = [...stored.values()].flat();
  const shown = files.map((each) => [each.id, attachmentObject(server, each)]);
  const attachments = Object.fromEntries(shown);
  const resolved = files.length > 0 ? { resolved: { attachments } } : {};
  return { custom_id: modal.customId, components, ...resolved };
}

/**
 * What is sent of a modal: each field in the shape in which it was given.
 * https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-modal-submit-data-structure
 *
 * @param attachments the ids under which a field's files were uploaded
 */
function submitted(modal: OpenModal, attachments: (field: Field) => string[]): Json[] {
  const answers = new Map(
    modal.fields.map((each) => [each.component, answer(each, attachments(each))]),
  );
  let id = 0;
  const numbered = (component: Json, rest: () => Json): Json => {
    id = numberOr(component.id, id + 1);
    return { type: component.type, id, ...rest() };
  };
  const answered = (component: Json) => numbered(component, () => answers.get(component) ?? {});
  return modal.components.map((component) =>
    numbered(component, () => {
      if (component.type === kinds.textDisplay) return {};
      if (component.type === kinds.row) {
        return { components: records(component.components).map(answered) };
      }
      return { component: answered(record(component.component)) };
    }),
  );
}

function answer({ customId, component, text, chosen }: Field, attachments: string[]): Json {
  switch (component.type) {
    case kinds.textInput:
      return { custom_id: customId, value: text };
    case kinds.fileUpload:
      return { custom_id: customId, values: attachments };
    default:
      return { custom_id: customId, values: [...chosen] };
  }
}
