import { isRecord, type Json, present, record, records, string } from "../json.ts";
import type { App } from "./app.ts";
import { whisper } from "./happenings.ts";
import { channelJson } from "./json-of.ts";
import { Refusal } from "./method.ts";
import { checkedView } from "./methods-views.ts";
import type { Outcome, Place, Submitted } from "./outcomes.ts";
import type { Channel, Ephemeral, Member, Message, OpenView } from "./records.ts";
import type { Occasion, ResponseUrls } from "./response-urls.ts";
import type { Seen } from "./seen.ts";
import { type Ack, failed, type Outbound, type Transport } from "./transport.ts";
import type { Views } from "./views.ts";
import type { Workspace } from "./workspace.ts";

/** Brings what people do to the app, and its answer back to them. */
export class Interactions {
  readonly views: Views;
  readonly #app: App;
  readonly #workspace: Workspace;
  readonly #urls: ResponseUrls;
  readonly #transport: () => Transport;
  readonly #notices = new Map<string, string[]>();
  readonly #planned: ("lose-ack" | "break-off")[] = [];

  constructor(given: {
    app: App;
    workspace: Workspace;
    views: Views;
    urls: ResponseUrls;
    transport: () => Transport;
  }) {
    this.#app = given.app;
    this.#workspace = given.workspace;
    this.views = given.views;
    this.#urls = given.urls;
    this.#transport = given.transport;
  }

  /**
   * The next click, command, shortcut or submission, or the next `times`, goes wrong: the app gets it
   * and its answer is lost, or it never gets the whole of it.
   */
  disturb(what: "lose-ack" | "break-off", { times = 1 } = {}): void {
    this.#planned.push(...Array.from({ length: times }, () => what));
  }

  noticesFor(user: string): readonly string[] {
    return this.#notices.get(user) ?? [];
  }

  /** https://docs.slack.dev/interactivity/implementing-slash-commands */
  async command(
    member: Member,
    channel: Channel,
    given: { command: string; text: string; thread?: string | undefined },
  ): Promise<Outcome> {
    const { command, text, thread } = given;
    const isKnown = this.#app.commands.includes(command) && this.#app.scopes.includes("commands");
    if (!isKnown) return this.#refuse(member, `${command} is not a valid command.`);
    if (thread) return this.#refuse(member, `${command} is not supported in threads. Sorry!`);
    const { team, bot } = this.#workspace;
    const occasion = { channel: channel.id, user: member.id };
    const ack = await this.#bring("command", {
      token: "verification-token-of-the-stand-in",
      ...{ team_id: team.id, team_domain: team.domain, channel_id: channel.id },
      channel_name: channel.kind === "im" ? "directmessage" : channel.name,
      ...{ user_id: member.id, user_name: member.name, command, text },
      ...{ api_app_id: bot.appId, is_enterprise_install: "false" },
      response_url: this.#urls.newUrl(occasion),
      trigger_id: this.views.newTrigger(member.id),
    });
    if (ack.kind === "acked") return this.#answered(occasion, ack.body);
    const why = ack.reason === "http_timeout" ? "operation_timeout" : "dispatch_failed";
    this.#notice(member, `${command} failed with the error "${why}"`);
    return { kind: "failed", why };
  }

  /** https://docs.slack.dev/interactivity/implementing-shortcuts */
  shortcut(member: Member, callbackId: string, message: Message | undefined): Promise<Outcome> {
    const { shortcuts, scopes } = this.#app;
    if (!shortcuts.includes(callbackId) || !scopes.includes("commands")) {
      return Promise.resolve({ kind: "refused by the client", why: "there is no such shortcut" });
    }
    const payload = { ...this.#about(member), callback_id: callbackId };
    const action_ts = this.#workspace.eventTs();
    if (!message) return this.#interact(member, { ...payload, type: "shortcut", action_ts });
    const { channel, ts } = message;
    const occasion = { channel, user: member.id, original: { message } };
    return this.#interact(member, {
      ...payload,
      type: "message_action",
      action_ts,
      message_ts: ts,
      channel: this.#channelOf(channel),
      message: this.#workspace.show(message),
      response_url: this.#urls.newUrl(occasion),
    });
  }

  /** The blocks that a person has before them. */
  surface(member: Member, on: Seen | "modal" | "home"): { blocks: unknown; place: Place } {
    if (typeof on === "string") {
      const view = on === "modal" ? this.views.top(member.id) : this.views.home(member.id);
      if (!view) throw new Error(`${member.name} has no ${on} open`);
      return { blocks: view.content.blocks, place: { on: "view", view } };
    }
    const { ephemerals } = this.#workspace;
    const same = (each: Ephemeral) => each.ts === on.ts && each.channel === on.channel;
    const ephemeral = on.ephemeral ? ephemerals.find(same) : undefined;
    if (ephemeral) return { blocks: ephemeral.blocks, place: { on: "ephemeral", ephemeral } };
    const message = this.#workspace.message(this.#workspace.channelOf(on), on.ts);
    if (!message) throw new Error(`there is no message ${on.ts} any more`);
    return { blocks: message.blocks, place: { on: "message", message } };
  }

  /** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
  action(member: Member, place: Place, action: Json): Promise<Outcome> {
    const action_ts = this.#workspace.eventTs();
    return this.#interact(member, {
      ...this.#about(member),
      type: "block_actions",
      actions: [{ ...action, action_ts }],
      ...this.#where(member, place),
    });
  }

  #where(member: Member, place: Place): Json {
    if (place.on === "view") {
      const { view } = place;
      const shown = this.views.show(view);
      return { container: { type: "view", view_id: view.id }, view: shown, state: shown.state };
    }
    const on = place.on === "message" ? place.message : place.ephemeral;
    const original =
      place.on === "message" ? { message: place.message } : { ephemeral: place.ephemeral };
    const { channel, ts, threadTs } = on;
    const occasion: Occasion = { channel, user: member.id, original, threadTs };
    return present({
      container: present({
        type: "message",
        message_ts: ts,
        channel_id: channel,
        is_ephemeral: place.on === "ephemeral",
        thread_ts: threadTs,
      }),
      channel: this.#channelOf(channel),
      message: place.on === "message" ? this.#workspace.show(place.message) : undefined,
      state: { values: {} },
      response_url: this.#urls.newUrl(occasion),
    });
  }

  /** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
  async submit(member: Member, view: OpenView): Promise<Submitted> {
    const ack = await this.#bring("interaction", {
      ...this.#about(member),
      type: "view_submission",
      view: this.views.show(view),
      response_urls: [],
    });
    if (ack.kind === "failed") return { kind: "trouble", why: ack.reason };
    return this.#take(view, ack.body);
  }

  /** The cross of a modal; the app hears of it when it asked to. */
  async closed(member: Member, view: OpenView): Promise<Outcome> {
    const all = view.content.clear_on_close === true;
    if (all) this.views.clear(view.user);
    else this.views.close(view);
    if (view.content.notify_on_close !== true) return { kind: "acked" };
    const { trigger_id: _, ...about } = this.#about(member);
    const shown = this.views.show(view);
    return this.#interact(member, { ...about, type: "view_closed", view: shown, is_cleared: all });
  }

  /** https://docs.slack.dev/surfaces/modals#response_actions */
  #take(view: OpenView, body: unknown): Submitted {
    if (body === undefined || (isRecord(body) && Object.keys(body).length === 0)) {
      this.views.close(view);
      return { kind: "closed" };
    }
    const { response_action: action, errors, view: next } = record(body);
    switch (action) {
      case "clear":
        this.views.clear(view.user);
        return { kind: "cleared" };
      case "errors":
        return this.#mark(view, record(errors));
      case "update":
        return this.#show(next, (content) => this.views.update(view, content), "updated");
      case "push":
        return this.#show(next, (content) => this.views.push(view.user, content), "pushed");
      default:
        return { kind: "trouble", why: `what is ${JSON.stringify(body)}?` };
    }
  }

  #mark(view: OpenView, errors: Json): Submitted {
    const inputs = records(view.content.blocks).filter(({ type }) => type === "input");
    const known = new Set(inputs.map(({ block_id }) => block_id));
    const stray = Object.keys(errors).find((id) => !known.has(id));
    if (stray !== undefined) return { kind: "trouble", why: `there is no input block ${stray}` };
    const marks = Object.entries(errors).map(([id, text]) => [id, string(text)]);
    if (marks.length === 0 || marks.some(([, text]) => text === "")) {
      return { kind: "trouble", why: "an error without words" };
    }
    view.errors = Object.fromEntries(marks);
    this.#workspace.changed();
    return { kind: "errors", errors: view.errors };
  }

  #show(next: unknown, show: (content: Json) => void, kind: "updated" | "pushed"): Submitted {
    try {
      show(checkedView(next, "modal"));
      return { kind };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { kind: "trouble", why: JSON.stringify(error.answer) };
    }
  }

  #answered(occasion: Occasion, body: unknown): Outcome {
    const { channel, user } = occasion;
    if (typeof body === "string") {
      const at = this.#workspace.channelOf({ channel });
      whisper(this.#workspace, { channel: at, user, text: body, blocks: [] });
    } else if (isRecord(body) && (body.text ?? body.blocks) !== undefined) {
      this.#urls.respond(occasion, body);
    }
    return { kind: "acked" };
  }

  async #interact(member: Member, payload: Json): Promise<Outcome> {
    const ack = await this.#bring("interaction", payload);
    if (ack.kind === "acked") return { kind: "acked" };
    this.#notice(member, "This app did not respond.");
    return { kind: "failed", why: ack.reason };
  }

  async #bring(kind: Outbound["kind"], payload: Json): Promise<Ack> {
    const transport = this.#transport();
    const planned = this.#planned.shift();
    if (planned === "break-off") return transport.breakOff({ kind, payload });
    const ack = await transport.deliver({ kind, payload });
    return planned === "lose-ack" ? failed("http_timeout") : ack;
  }

  #about({ id, name }: Member): Json {
    const { team, bot } = this.#workspace;
    return {
      token: "verification-token-of-the-stand-in",
      team: { id: team.id, domain: team.domain },
      user: { id, username: name, name, team_id: team.id },
      api_app_id: bot.appId,
      enterprise: null,
      is_enterprise_install: false,
      trigger_id: this.views.newTrigger(id),
    };
  }

  #channelOf(id: string): Json {
    const channel = this.#workspace.channelOf({ channel: id });
    const { name = "directmessage" } = channelJson(this.#workspace, channel);
    return { id, name };
  }

  #refuse(member: Member, why: string): Outcome {
    this.#notice(member, why);
    return { kind: "refused by the client", why };
  }

  #notice({ id }: Member, text: string) {
    this.#notices.set(id, [...this.noticesFor(id), text]);
    this.#workspace.changed();
  }
}
