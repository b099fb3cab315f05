import { expect } from "vitest";
import type { ChatActor, ChatEvent, ChatForm, OfferedFile } from "../../src/desk/chat.ts";
import type { TicketDocument } from "../../src/desk/document.ts";
import { typedText } from "../../src/desk/text.ts";
import { amy, ann, type Engine, rob, startedEngine } from "./engine.ts";
import type { Ending } from "./simulated-platform.ts";
import type { ServiceCall, SimulatedService } from "./simulated-service.ts";

const writers: Record<string, ChatActor> = { rob, triage: ann, desk: amy };

/** Rob's ticket, which lives in a ticket service as well. */
export class ServiceStory {
  readonly engine: Engine;
  id = "";

  constructor(engine: Engine) {
    this.engine = engine;
    engine.one.fits = () => true;
    engine.two.fits = () => true;
  }

  get there(): SimulatedService {
    return this.engine.service;
  }

  /** Opens it; all have heard of it that can. */
  async open(given: Partial<ChatForm> = {}): Promise<void> {
    this.id = await this.engine.opened(given);
  }

  document = (): Promise<TicketDocument> => this.engine.document(this.id);

  /** Someone writes in the thread of this channel. */
  async says(where: string, text: string, files: OfferedFile[] = []): Promise<void> {
    await this.#happens(where, text, (about, by) => ({
      ...{ type: "message", ...about, by, files, text: typedText(text) },
    }));
  }

  async edits(where: string, message: string, text: string): Promise<void> {
    await this.#happens(where, message, (about, by) => ({
      ...{ type: "edited", ...about, by, files: [], text: typedText(text) },
    }));
  }

  async deletes(where: string, message: string): Promise<void> {
    await this.#happens(where, message, (about) => ({ type: "deleted", ...about }));
  }

  async #happens(
    where: string,
    message: string,
    event: (
      about: { platform: string; thread: string; message: string },
      by: ChatActor,
    ) => ChatEvent,
  ): Promise<void> {
    const { platform, thread } = await this.engine.place(this.id, where);
    const about = { platform, thread: thread ?? "", message };
    const heard = await this.engine.desk.heard(event(about, writers[where] ?? rob));
    expect(heard).toMatchObject({ heard: "accepted" });
    await this.engine.settled();
  }

  async acts(action: Parameters<Engine["desk"]["act"]>[1], key = "act"): Promise<void> {
    const done = await this.engine.desk.act(this.id, action, ann, key);
    expect(done).toMatchObject({ done: true });
    await this.engine.settled();
  }

  /** What agents are told by Deskhand, in the thread in triage. */
  told = (where = "triage"): string[] =>
    this.#at(where)
      .shownAt(where)
      .filter(({ kind }) => kind === "notice")
      .map(({ text }) => text);

  /** What people said, as it stands in a thread: who and what. */
  said = (where: string): string[] =>
    this.#at(where)
      .shownAt(where)
      .filter(({ kind }) => kind !== "notice")
      .map(({ by, text }) => `${by}: ${text}`);

  card(where = "triage") {
    return this.#at(where).threads.find((thread) => thread.where === where)?.card;
  }

  #at = (where: string) => (where === "desk" ? this.engine.two : this.engine.one);

  /** The next calls of this kind end so, one after the other; every other call goes well. */
  next(name: ServiceCall["do"], ...endings: Ending[]): void {
    this.there.ending = (call) => (call.do === name && endings.shift()) || "ok";
  }

  count = (name: ServiceCall["do"]): number =>
    this.there.done.filter((each) => each === name).length;

  async audit(): Promise<string[]> {
    const { audit } = await this.document();
    return audit.map(({ by, what, from, to }) => `${by} ${what} ${from} ${to}`);
  }

  /** Nothing is left to do, and both sides have the same fields. */
  async expectAlike(): Promise<void> {
    const { ticket, owes, underway, troubles } = await this.document();
    const { status, priority, assignedTo, resolution } = ticket;
    expect({ owes, underway, dead: troubles.filter(({ dead }) => dead) }).toEqual({
      ...{ owes: false, underway: [], dead: [] },
    });
    expect(this.there.ticket.fields).toEqual({ status, priority, assignedTo, resolution });
  }
}

export async function serviceStory(): Promise<ServiceStory> {
  return new ServiceStory(await startedEngine({ service: true }));
}

/** The same, once the ticket is open and has been created there. */
export async function storyThere(given: Partial<ChatForm> = {}): Promise<ServiceStory> {
  const story = await serviceStory();
  await story.open(given);
  await story.engine.poll();
  return story;
}
