import type { Failure } from "../../src/desk/chat.ts";
import type {
  ServiceEntry,
  ServiceTicket,
  SharedFields,
  TicketService,
} from "../../src/desk/service.ts";
import { mayMove } from "../../src/tickets/lifecycle.ts";
import type { Entry, NewTicket } from "../../src/tickets/ticket.ts";
import type { Life } from "./life.ts";
import type { Ending } from "./simulated-platform.ts";

export interface ServiceCall {
  do: Exclude<keyof TicketService, "platform" | "failureOf">;
  /** What was sent, in words. */
  said: string;
}

interface Kept {
  id: string;
  key: string;
  asked: NewTicket;
  fields: SharedFields;
  updatedAt: string;
  entries: KeptEntry[];
}

/** `id` stays the same, whatever name it is given. */
type KeptEntry = ServiceEntry & { id?: string };

class Fault extends Error {
  readonly outcome: Failure["outcome"];

  readonly isDown: boolean;

  constructor(outcome: Failure["outcome"], message: string, isDown = false) {
    super(message);
    this.outcome = outcome;
    this.isDown = isDown;
  }
}

const refused = (words: string) => new Fault("dead", words);

/**
 * A ticket service in memory, that people use as well: it outlives the processes that call it, and
 * ends calls as it is told.
 */
export class SimulatedService {
  readonly platform = "service";
  readonly tickets: Kept[] = [];
  readonly calls: ServiceCall[] = [];
  /** Every word that was ever sent there. */
  readonly ever: string[] = [];
  ending: (call: ServiceCall) => Ending = () => "ok";
  /** Why it does not take a ticket; undefined: it does. */
  refusal: string | undefined;
  /** Why it does not take an entry. */
  refusesEntry: ((message: string) => string | undefined) | undefined;
  /** Whether it keeps replies, lets them be changed, and shows them. */
  keeps = true;
  lets = true;
  shows = true;
  /**
   * When it gives its entries other times, and those that our token has written its account's name:
   * then an entry is named otherwise than before.
   */
  renames: "never" | "at writes" | "at reads" = "never";
  /** What its status may do is as here. */
  isStrict = true;
  readonly #now: () => number;
  #held: (() => void)[] = [];
  #made = 0;
  /** What the tickets that are created get as their id, whichever they are. */
  givesId: string | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The only ticket there. */
  get ticket(): Kept {
    const [ticket] = this.tickets;
    if (!ticket || this.tickets.length > 1) throw new Error("There is not one ticket");
    return ticket;
  }

  get words(): string[] {
    return this.ticket.entries.map(({ message }) => message);
  }

  /** The kinds of calls that were made, in order. */
  get done(): string[] {
    return this.calls.map((call) => call.do);
  }

  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** Someone writes there. Resolves to the entry's first name. */
  writes(type: ServiceEntry["type"], author: string | null, message: string): string {
    this.#add(this.ticket, { type, author, message, timestamp: this.#time() });
    return this.ticket.entries.at(-1)?.id ?? "";
  }

  /** `ref` is what it was named at first, as for all that people do there. */
  edits(ref: string, message: string): void {
    this.#entry(this.ticket, ref).message = message;
    this.#touch(this.ticket);
  }

  takesOff(ref: string): void {
    const { ticket } = this;
    const taken = this.#entry(ticket, ref);
    ticket.entries = ticket.entries.filter((entry) => entry !== taken);
    this.#touch(ticket);
  }

  changes(fields: Partial<SharedFields>): void {
    Object.assign(this.ticket.fields, fields);
    this.#touch(this.ticket);
  }

  /** As it is read. */
  seen(id: string): ServiceTicket {
    if (this.renames === "at reads") this.#rename(this.#ticket(id));
    const { fields, updatedAt, entries } = this.#ticket(id);
    const shown = entries.map(({ id: _, ...entry }) => entry);
    return structuredClone({ id, fields, updatedAt, entries: this.shows ? shown : undefined });
  }

  service(life: Life): TicketService {
    const call = <T>(name: ServiceCall["do"], said: string, effect: () => T): Promise<T> =>
      this.#call(life, { do: name, said }, effect);
    return {
      platform: this.platform,
      failureOf: (error) =>
        error instanceof Fault
          ? {
              ...{ outcome: error.outcome, reason: error.message, ...this.#logged(error) },
              ...(error.isDown && { isDown: true }),
            }
          : { outcome: "uncertain", reason: String(error) },
      create: (ticket, key) => call("create", ticket.title, () => this.#create(ticket, key)),
      findCreated: (key) =>
        call("findCreated", key, () => {
          const found = this.tickets.find((each) => each.key === key);
          return found && this.seen(found.id);
        }),
      append: (id, entry) => call("append", entry.message, () => this.#append(id, entry)),
      findAppended: (id, entry, _key, others) =>
        call("findAppended", entry.message, () => this.#find(id, entry, others)),
      rewrite: (id, ref, message) =>
        call("rewrite", message, () => {
          if (!this.lets) throw refused("the service lets no one change replies");
          this.ever.push(message);
          this.#named(this.#ticket(id), ref).message = message;
          this.#touch(this.#ticket(id));
        }),
      remove: (id, ref) =>
        call("remove", ref, () => {
          if (!this.lets) throw refused("the service lets no one take replies off");
          const ticket = this.#ticket(id);
          const left = ticket.entries.filter((entry) => entry.ref !== ref);
          const isTakenOff = left.length < ticket.entries.length;
          ticket.entries = left;
          if (isTakenOff) this.#touch(ticket);
          return isTakenOff;
        }),
      change: (id, change) =>
        call("change", JSON.stringify(change), () => {
          const ticket = this.#ticket(id);
          const { status = ticket.fields.status } = change;
          if (this.isStrict && !mayMove(ticket.fields.status, status))
            throw refused("The ticket's status does not allow that");
          Object.assign(ticket.fields, change);
          this.#touch(ticket);
        }),
      read: (id) => call("read", id, () => this.seen(id)),
    };
  }

  /** What it says in words is told to agents only. */
  #logged = ({ outcome }: Fault) => (outcome === "dead" ? { logged: "it said no (HTTP 400)" } : {});

  async #call<T>(life: Life, call: ServiceCall, effect: () => T): Promise<T> {
    return life.live(async () => {
      this.calls.push(call);
      const ending = this.ending(call);
      await this.#before(life, ending);
      if (life.isOver) return new Promise<T>(() => undefined);
      if (ending === "retry" || ending === "dead")
        throw new Fault(ending, `it was made to end so: ${ending}`);
      if (ending === "down-before") throw new Fault("retry", "it cannot be reached", true);
      if (ending === "uncertain-before") throw new Fault("uncertain", "no answer");
      const result = effect();
      await this.#after(life, ending);
      return result;
    });
  }

  async #before(life: Life, ending: Ending): Promise<void> {
    if (ending === "crash-before") life.end();
    if (ending === "slow-before") await this.#hold(life);
  }

  async #after(life: Life, ending: Ending): Promise<void> {
    if (ending === "crash-after") life.end();
    if (ending === "slow-after") await this.#hold(life);
    if (ending === "uncertain-after") throw new Fault("uncertain", "no answer");
  }

  #hold(life: Life): Promise<void> {
    return life.held(() => new Promise((resolve) => this.#held.push(resolve)));
  }

  #create(asked: NewTicket, key: string): ServiceTicket {
    if (this.refusal !== undefined) throw refused(this.refusal);
    this.#made += 1;
    const { priority, description } = asked;
    const ticket: Kept = {
      ...{
        id: this.givesId ?? `there-${this.#made}`,
        key,
        asked,
        updatedAt: this.#time(),
        entries: [],
      },
      fields: { status: "open", priority, assignedTo: null, resolution: null },
    };
    this.tickets.push(ticket);
    this.ever.push(asked.title);
    const first = { type: "user", author: "our-account", message: description } as const;
    this.#add(ticket, { ...first, timestamp: this.#time() });
    return this.seen(ticket.id);
  }

  #append(id: string, { type, author, message, timestamp }: Entry): string {
    if (!this.keeps) throw refused("the service keeps no replies");
    const why = this.refusesEntry?.(message);
    if (why !== undefined) throw refused(why);
    this.ever.push(message);
    return this.#add(this.#ticket(id), { type, author, message, timestamp });
  }

  #find(id: string, { type, message }: Entry, others: readonly string[]): string | undefined {
    return this.#ticket(id).entries.find(
      (entry) => entry.type === type && entry.message === message && !others.includes(entry.ref),
    )?.ref;
  }

  #add(ticket: Kept, entry: Omit<ServiceEntry, "ref">): string {
    this.#made += 1;
    const ref = `e${this.#made}`;
    const kept = { id: ref, ref, ...entry };
    ticket.entries.push(kept);
    this.#touch(ticket);
    return kept.ref;
  }

  #ticket(id: string): Kept {
    const ticket = this.tickets.find((each) => each.id === id);
    if (!ticket) throw refused("there is no such ticket");
    return ticket;
  }

  #entry(ticket: Kept, id: string): KeptEntry {
    return ticket.entries.find((each) => each.id === id) ?? this.#named(ticket, id);
  }

  #named(ticket: Kept, ref: string): KeptEntry {
    const entry = ticket.entries.find((each) => each.ref === ref);
    if (!entry) throw refused("there is no such entry");
    return entry;
  }

  #touch(ticket: Kept): void {
    ticket.updatedAt = this.#time();
    if (this.renames === "at writes") this.#rename(ticket);
  }

  #rename(ticket: Kept): void {
    for (const entry of ticket.entries) {
      this.#made += 1;
      entry.ref = `e${this.#made}`;
      entry.timestamp = this.#time();
      if (entry.author !== null && /^(?:one|two):/.test(entry.author)) entry.author = "our-account";
    }
  }

  #time = (): string => new Date(this.#now()).toISOString();
}
