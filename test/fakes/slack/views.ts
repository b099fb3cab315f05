import { z } from "zod";
import { type Json, records, string } from "../json.ts";
import { plain } from "./block-elements.ts";
import { elementsOf, inWords, named, viewBlocks, wrongIds } from "./blocks.ts";
import { limits } from "./limits.ts";
import type { OpenView } from "./records.ts";
import type { Workspace } from "./workspace.ts";

const shared = {
  blocks: viewBlocks,
  private_metadata: z.string().max(limits.privateMetadata).optional(),
  callback_id: z.string().max(limits.callbackId).optional(),
  external_id: z.string().max(limits.externalId).optional(),
};

/** https://docs.slack.dev/reference/views/modal-views */
const modal = z
  .strictObject({
    type: z.literal("modal"),
    title: plain(limits.viewTitle),
    submit: plain(limits.viewButton).optional(),
    close: plain(limits.viewButton).optional(),
    clear_on_close: z.boolean().optional(),
    notify_on_close: z.boolean().optional(),
    submit_disabled: z.boolean().optional(),
    ...shared,
  })
  .refine(({ submit, blocks }) => submit ?? !blocks.some(({ type }) => type === "input"), {
    message: "must define `submit` to use an `input` block",
  });

/** https://docs.slack.dev/reference/views/home-tab-views */
const home = z.strictObject({ type: z.literal("home"), ...shared });

const shapes = { modal, home };

/** What is wrong with a view, in Slack's words. */
export function wrongInView(view: unknown, type: "modal" | "home"): string[] {
  const shape = shapes[type].safeParse(view, { reportInput: true });
  const blocks = z.looseObject({ blocks: z.unknown() }).safeParse(view).data?.blocks;
  const wrong = shape.success ? [] : shape.error.issues.map((issue) => inWords(issue, "/view"));
  const all = [...wrong, ...wrongIds(blocks, "/view/blocks")];
  return all.length === 0
    ? []
    : ["failed to match all allowed schemas [json-pointer:/view]", ...all];
}

/** What was typed into fields that are still there. */
function kept({ content, values }: OpenView): OpenView["values"] {
  const fields = records(content.blocks).map((block) => {
    const ids = elementsOf(block).map(({ action_id }) => string(action_id));
    const typed = Object.entries(values[string(block.block_id)] ?? {});
    return [string(block.block_id), Object.fromEntries(typed.filter(([id]) => ids.includes(id)))];
  });
  return Object.fromEntries(fields);
}

interface Trigger {
  user: string;
  at: number;
  used: boolean;
}

export type TriggerProblem = "invalid_trigger_id" | "expired_trigger_id" | "exchanged_trigger_id";

/** The views that are open before people, and the triggers that open one. */
export class Views {
  readonly #workspace: Workspace;
  readonly #triggers = new Map<string, Trigger>();
  /** The last one lies on top. */
  readonly #stacks = new Map<string, OpenView[]>();
  readonly #homes = new Map<string, OpenView>();

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  newTrigger(user: string): string {
    const id = `${this.#workspace.newId("1")}.${this.#workspace.newId("2")}.abcdef`;
    this.#triggers.set(id, { user, at: this.#workspace.clock.now(), used: false });
    return id;
  }

  /** Whose trigger it is: good once, for 3 s. */
  exchange(id: string): { user: string } | TriggerProblem {
    const trigger = this.#triggers.get(id);
    if (!trigger) return "invalid_trigger_id";
    if (trigger.used) return "exchanged_trigger_id";
    if (this.#workspace.clock.now() - trigger.at > limits.triggerMs) return "expired_trigger_id";
    trigger.used = true;
    return trigger;
  }

  stack(user: string): readonly OpenView[] {
    return this.#stacks.get(user) ?? [];
  }

  top(user: string): OpenView | undefined {
    return this.stack(user).at(-1);
  }

  home(user: string): OpenView | undefined {
    return this.#homes.get(user);
  }

  open(user: string, content: Json): OpenView {
    const id = this.#workspace.newId("V");
    const view = this.#new({ id, user, rootId: id, previousId: undefined, content });
    this.#stacks.set(user, [view]);
    this.#workspace.changed();
    return view;
  }

  push(user: string, content: Json): OpenView {
    const stack = this.stack(user);
    const id = this.#workspace.newId("V");
    const rootId = stack[0]?.id ?? id;
    const view = this.#new({ id, user, rootId, previousId: stack.at(-1)?.id, content });
    this.#stacks.set(user, [...stack, view]);
    this.#workspace.changed();
    return view;
  }

  publish(user: string, content: Json): OpenView {
    const id = this.home(user)?.id ?? this.#workspace.newId("V");
    const view = this.#new({ id, user, rootId: id, previousId: undefined, content });
    this.#homes.set(user, view);
    this.#workspace.changed();
    return view;
  }

  /** Fields whose block and action are the same keep what was typed. */
  update(view: OpenView, content: Json): void {
    view.content = this.#named(content);
    view.hash = this.#workspace.newId("hash");
    view.errors = {};
    view.values = kept(view);
    this.#workspace.changed();
  }

  close(view: OpenView): void {
    this.#stacks.set(
      view.user,
      this.stack(view.user).filter(({ id }) => id !== view.id),
    );
    this.#workspace.changed();
  }

  clear(user: string): void {
    this.#stacks.delete(user);
    this.#workspace.changed();
  }

  find(wanted: { id: string } | { externalId: string }): OpenView | undefined {
    const open = [...this.#stacks.values()].flat();
    return [...open, ...this.#homes.values()].find(({ id, content }) =>
      "id" in wanted ? id === wanted.id : content.external_id === wanted.externalId,
    );
  }

  #new(given: Omit<OpenView, "hash" | "values" | "errors">): OpenView {
    const hash = this.#workspace.newId("hash");
    return { ...given, hash, values: {}, errors: {}, content: this.#named(given.content) };
  }

  #named(content: Json): Json {
    const blocks = named(records(content.blocks), () => this.#workspace.newId("b"));
    return { ...content, blocks };
  }

  /** https://docs.slack.dev/reference/methods/views.open: the answer's view. */
  show(view: OpenView): Json {
    const { team, bot } = this.#workspace;
    const { id, hash, rootId, previousId, content, values } = view;
    return {
      ...{ id, team_id: team.id, hash, root_view_id: rootId },
      ...{ previous_view_id: previousId ?? null, app_id: bot.appId, bot_id: bot.botId },
      app_installed_team_id: team.id,
      ...{ private_metadata: "", callback_id: "", external_id: "" },
      ...{ title: null, close: null, submit: null },
      ...{ clear_on_close: false, notify_on_close: false },
      ...content,
      state: { values },
    };
  }
}
