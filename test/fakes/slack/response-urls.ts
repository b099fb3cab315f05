import { z } from "zod";
import type { Clock } from "../clock.ts";
import { type Json, records } from "../json.ts";
import { whisper } from "./happenings.ts";
import { limits } from "./limits.ts";
import type { Ephemeral, Message } from "./records.ts";
import type { Workspace } from "./workspace.ts";

/** What an interaction or a command happened on. */
export interface Occasion {
  channel: string;
  user: string;
  original?: { message: Message } | { ephemeral: Ephemeral } | undefined;
  threadTs?: string | undefined;
}

const shape = z.looseObject({
  text: z.string().optional(),
  blocks: z.array(z.unknown()).optional(),
  response_type: z.enum(["ephemeral", "in_channel"]).optional(),
  replace_original: z.boolean().optional(),
  delete_original: z.boolean().optional(),
});

/** https://docs.slack.dev/interactivity/handling-user-interaction#message_responses */
export class ResponseUrls {
  readonly #workspace: Workspace;
  readonly #clock: Clock;
  readonly #given = new Map<string, { occasion: Occasion; until: number; left: number }>();

  constructor(workspace: Workspace, clock: Clock) {
    this.#workspace = workspace;
    this.#clock = clock;
  }

  newUrl(occasion: Occasion): string {
    const id = this.#workspace.newId("response-");
    const until = this.#clock.now() + limits.responseUrlMs;
    this.#given.set(id, { occasion, until, left: limits.responseUrlUses });
    return `${this.#workspace.origin}/actions/${id}`;
  }

  /** What the app sends to such a URL; no token is needed, nor that the bot is there. */
  use(id: string, body: unknown): { status: number; body: Json } {
    const given = this.#given.get(id);
    const parsed = shape.safeParse(body);
    if (!given || given.left < 1 || this.#clock.now() > given.until) {
      return { status: 404, body: { ok: false, error: "used_url" } };
    }
    if (!parsed.success) return { status: 400, body: { ok: false, error: "invalid_payload" } };
    given.left -= 1;
    this.respond(given.occasion, parsed.data);
    return { status: 200, body: { ok: true } };
  }

  respond(occasion: Occasion, answer: z.infer<typeof shape>): void {
    const { text = "", replace_original, delete_original, response_type } = answer;
    const content = { text, blocks: records(answer.blocks) };
    if (delete_original) this.#remove(occasion);
    else if (replace_original && occasion.original) this.#replace(occasion, content);
    else this.#post(occasion, content, response_type === "in_channel");
  }

  #post(occasion: Occasion, content: { text: string; blocks: Json[] }, forAll: boolean) {
    const channel = this.#workspace.channelOf(occasion);
    const { user, threadTs } = occasion;
    if (forAll) {
      const { userId } = this.#workspace.bot;
      this.#workspace.post(channel, { ...content, user: userId, byApp: true, threadTs });
    } else {
      whisper(this.#workspace, { ...content, channel, user, threadTs });
    }
  }

  #replace({ original }: Occasion, content: { text: string; blocks: Json[] }) {
    if (original && "message" in original) this.#workspace.edit(original.message, content);
    if (original && "ephemeral" in original) Object.assign(original.ephemeral, content);
    this.#workspace.changed();
  }

  #remove({ original }: Occasion) {
    if (original && "message" in original) this.#workspace.remove(original.message);
    if (original && "ephemeral" in original) {
      const { ephemerals } = this.#workspace;
      ephemerals.splice(ephemerals.indexOf(original.ephemeral), 1);
    }
    this.#workspace.changed();
  }
}
