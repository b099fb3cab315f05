import { type Json, record, records } from "../json.ts";
import { changeOf, draftOf } from "./drafts.ts";
import { invalidForm, refused } from "./errors.ts";
import { type OpenModal, opened } from "./filling.ts";
import { interactionObject, metadataOf } from "./interaction-payloads.ts";
import { edit, newMessage, post, remove } from "./messages.ts";
import { messageEvent, messageObject } from "./objects-message.ts";
import { type AnswerType, answers, type Deed, interactionType, type Outcome } from "./outcomes.ts";
import { type Draft, type Message, messageFlag, messageType } from "./records.ts";
import type { Answering, InteractionDesk, Result, Server } from "./server.ts";

/** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback */
const answerWithinMs = 3_000;
const tokenLifeMs = 15 * 60_000;

interface Interaction {
  readonly id: string;
  readonly token: string;
  readonly deed: Deed;
  readonly metadata: Json;
  readonly expiresAt: number;
  state: "waiting" | "answered" | "failed";
  /** What `@original` is. */
  original: Message | undefined;
  /** Every message that its token may change. */
  readonly messages: Message[];
  readonly settle: (outcome: Outcome) => void;
}

/** A modal in front of a person, and what it was opened by. */
export interface ShownModal {
  readonly modal: OpenModal;
  readonly channel: Deed["channel"];
  readonly source: Message | undefined;
  readonly opener: Json;
}

/** What may answer what. */
const allowed: Record<Deed["type"], readonly number[]> = {
  [interactionType.command]: [4, 5, 9],
  [interactionType.component]: [4, 5, 6, 7, 9],
  [interactionType.autocomplete]: [8],
  [interactionType.modal]: [4, 5, 6, 7],
};

const isAnswerType = (type: unknown): type is AnswerType =>
  typeof type === "number" && Object.hasOwn(answers, type);

/** Brings what people do to the app, and its answers back to them. */
export class Interactions implements InteractionDesk {
  readonly #server: Server;
  readonly #all: Interaction[] = [];
  /** Messages that one person sees; they are in no channel. */
  readonly #whispers: { to: string; message: Message }[] = [];
  readonly #modals = new Map<string, ShownModal>();

  constructor(server: Server) {
    this.#server = server;
    server.interactions = this;
  }

  /** How many wait for an answer that can still come. */
  underway(): number {
    return this.#all.filter(({ state }) => state === "waiting").length;
  }

  whispersTo(user: string, channel: string): Message[] {
    return this.#whispers
      .filter(({ to, message }) => to === user && message.channel === channel)
      .map(({ message }) => message);
  }

  modalOf(user: string): ShownModal | undefined {
    return this.#modals.get(user);
  }

  closeModal(user: string): void {
    this.#modals.delete(user);
    this.#server.changed();
  }

  /** Tells the app, and waits for its answer, for as long as Discord does. */
  bring(deed: Deed): Promise<Outcome> {
    const { clock } = this.#server;
    const id = this.#server.newId();
    const token = `aW50ZXJhY3Rpb24${Buffer.from(id).toString("base64url")}`;
    return new Promise((resolve) => {
      const made: Interaction = {
        ...{ id, token, deed, state: "waiting", original: undefined, messages: [] },
        metadata: metadataOf(this.#server, id, deed),
        expiresAt: clock.now() + tokenLifeMs,
        settle: (outcome) => {
          cancel();
          resolve(outcome);
          this.#server.changed();
        },
      };
      const cancel = clock.after(answerWithinMs, () => {
        made.state = "failed";
        made.settle({ kind: "failed", why: "nothing came within 3 s" });
      });
      this.#all.push(made);
      const { guild } = deed.channel;
      this.#server.tell("INTERACTION_CREATE", interactionObject(this.#server, made, deed), {
        guild,
      });
    });
  }

  answer(id: string, token: string, given: Answering & { withResponse: boolean }): Result {
    const made = this.#all.find((each) => each.id === id && each.token === token);
    if (!made || made.state === "failed") throw refused(10062);
    if (made.state === "answered") throw refused(40060);
    const { type, data } = given.body;
    if (!isAnswerType(type) || !canAnswer(made, type)) {
      const message = `Value must be one of {${allowed[made.deed.type].join(", ")}}.`;
      throw invalidForm([{ at: "type", code: "BASE_TYPE_CHOICES", message }]);
    }
    const message = this.#apply(made, type, { body: record(data), files: given.files });
    made.state = "answered";
    const choices = type === 8 ? { choices: records(record(data).choices) } : {};
    made.settle({ kind: "answered", with: answers[type], ...choices });
    return given.withResponse ? this.#described(made, type, message) : { status: 204 };
  }

  original(token: string, message: string): Result {
    const { found } = this.#messageOf(token, message);
    return { status: 200, body: messageObject(this.#server, found) };
  }

  editOriginal(token: string, message: string, given: Answering): Result {
    const { found } = this.#messageOf(token, message);
    this.#change(found, given);
    return { status: 200, body: messageObject(this.#server, found) };
  }

  deleteOriginal(token: string, message: string): Result {
    const { made, found } = this.#messageOf(token, message);
    const place = this.#whispers.findIndex((each) => each.message === found);
    if (place >= 0) this.#whispers.splice(place, 1);
    else remove(this.#server, found);
    made.messages.splice(made.messages.indexOf(found), 1);
    if (made.original === found) made.original = undefined;
    this.#server.changed();
    return { status: 204 };
  }

  /** The first one after “thinking …” takes its place, and is seen by whom that was for. */
  followUp(token: string, given: Answering): Result {
    const made = this.#live(token);
    const { original } = made;
    if (original && (original.flags & messageFlag.loading) !== 0) {
      this.#change(original, given);
      return { status: 200, body: messageObject(this.#server, original) };
    }
    const message = this.#say(made, given, isEphemeral(given.body));
    return { status: 200, body: messageObject(this.#server, message) };
  }

  #apply(made: Interaction, type: AnswerType, given: Answering): Message | undefined {
    const { user, channel, source } = made.deed;
    switch (type) {
      case 4:
        made.original = this.#say(made, given, isEphemeral(given.body));
        return made.original;
      case 5:
        made.original = this.#think(made, isEphemeral(given.body));
        return made.original;
      case 6:
      case 7:
        made.original = source;
        if (source) made.messages.push(source);
        if (source && type === 7) this.#change(source, given);
        return source;
      case 8:
        return undefined;
      case 9:
        this.#modals.set(user, {
          ...{ modal: opened(given.body), channel, source, opener: made.metadata },
        });
        return undefined;
    }
  }

  #say(made: Interaction, given: Answering, ephemeral: boolean): Message {
    const { channel } = made.deed;
    const writing = { channel, author: this.#server.application.id, interaction: true, ephemeral };
    return this.#put(made, draftOf(this.#server, writing, given), ephemeral);
  }

  #think(made: Interaction, ephemeral: boolean): Message {
    const draft = { author: this.#server.application.id, flags: messageFlag.loading };
    return this.#put(made, draft, ephemeral);
  }

  #put(made: Interaction, draft: Draft, ephemeral: boolean): Message {
    const { channel, user } = made.deed;
    const flags = (draft.flags ?? 0) | (ephemeral ? messageFlag.ephemeral : 0);
    const full: Draft = {
      ...draft,
      ...kindOf(made),
      ...{ flags, interaction: made.metadata, webhook: this.#server.application.id },
    };
    const message = ephemeral
      ? newMessage(this.#server, channel, full)
      : post(this.#server, channel, full);
    made.messages.push(message);
    if (ephemeral) {
      this.#whispers.push({ to: user, message });
      this.#tellOfWhisper("MESSAGE_CREATE", message);
    }
    return message;
  }

  #change(message: Message, given: Answering) {
    const ephemeral = (message.flags & messageFlag.ephemeral) !== 0;
    const isFirst = (message.flags & messageFlag.loading) !== 0;
    const change = changeOf(this.#server, message, { ...given, interaction: true, ephemeral });
    const flags = (change.flags ?? message.flags) & ~messageFlag.loading;
    const full = { ...change, flags, editedAt: isFirst ? undefined : change.editedAt };
    if (!ephemeral) return edit(this.#server, message, full);
    if (!this.#whispers.some((each) => each.message === message)) throw refused(10008);
    Object.assign(message, full);
    this.#tellOfWhisper("MESSAGE_UPDATE", message);
  }

  /**
   * Discord brings them to the app as if they were direct messages, without a guild:
   * https://github.com/discord/discord-api-docs/issues/4557
   */
  #tellOfWhisper(event: string, message: Message) {
    const { guild_id: _, member: __, ...data } = messageEvent(this.#server, message);
    this.#server.tell(event, data);
  }

  /** https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback-interaction-callback-response-object */
  #described({ id, deed }: Interaction, type: AnswerType, message: Message | undefined): Result {
    const shown = message && messageObject(this.#server, message);
    const ofMessage = message && {
      response_message_id: message.id,
      response_message_loading: (message.flags & messageFlag.loading) !== 0,
      response_message_ephemeral: (message.flags & messageFlag.ephemeral) !== 0,
    };
    return {
      status: 200,
      body: {
        interaction: { id, type: deed.type, ...ofMessage },
        resource: { type, ...(shown && { message: shown }) },
      },
    };
  }

  /** https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages */
  #live(token: string): Interaction {
    const made = this.#all.find((each) => each.token === token);
    if (!made || made.expiresAt <= this.#server.clock.now()) throw refused(50027);
    if (made.state !== "answered") throw refused(10015);
    return made;
  }

  #messageOf(token: string, id: string): { made: Interaction; found: Message } {
    const made = this.#live(token);
    const found = id === "@original" ? made.original : made.messages.find((each) => each.id === id);
    if (!found || !this.#isThere(found)) throw refused(10008);
    return { made, found };
  }

  #isThere(message: Message): boolean {
    const whispered = this.#whispers.some((each) => each.message === message);
    return whispered || this.#server.message(message.channel, message.id) !== undefined;
  }
}

const isEphemeral = ({ flags }: Json): boolean =>
  typeof flags === "number" && (flags & messageFlag.ephemeral) !== 0;

/** What updates a message needs one to update. */
const canAnswer = ({ deed: { type, source } }: Interaction, answer: AnswerType): boolean =>
  allowed[type].includes(answer) && (source !== undefined || (answer !== 6 && answer !== 7));

/** What answers a click shows as a reply to what was clicked on. */
function kindOf({ deed: { type, data, source, channel } }: Interaction): Partial<Draft> {
  if (type === interactionType.command) {
    return { type: data.type === 3 ? messageType.contextMenuCommand : messageType.command };
  }
  if (!source) return { type: messageType.command };
  const { guild, id } = channel;
  const reference = { type: 0, message: source.id, channel: id, guild } as const;
  return { type: messageType.reply, reference };
}
