/** People in a ticket's threads, whichever platform they sit at: one story is told for all of them. */
import type { Category, Priority, Status } from "../../src/tickets/ticket.ts";

export type PlatformName = "slack" | "discord";

/** A message as it stands on its reader's screen. */
export interface Line {
  /** What it is edited and deleted by. */
  id: string;
  from: string;
  /** As its platform writes it. */
  words: string;
  files: string[];
  /** What its writer is shown of its way. */
  marks: ("sending" | "delivered" | "failed")[];
  /** Whom it calls. */
  pings: string[];
}

export interface Seat {
  name: string;
  /** As the ticket knows them. */
  personId: string;
  /** What stands in their thread, the card left out, oldest first. */
  lines(): Line[];
  /** The words of the card. */
  card(): string;
  /** `text` is as the platform stores what people write. */
  writes(text: string, files?: { name: string; content: string | Buffer }[]): Line;
  edits(line: Line, text: string): void;
  deletes(line: Line): void;
  /** What the bot has told them about what they did or wrote, and no one else's thread shows. */
  told(): string[];
  /** The thread is open, and not archived. */
  isOpen(): boolean;
  /** What is posted in their thread next is refused, for good. */
  refusesNext(): void;
}

export interface AgentSeat extends Seat {
  /** Names of what the card offers. */
  offers(): string[];
  clicks(button: "claim" | "release" | "reopen"): Promise<void>;
  fills(dialog: "resolve" | "note" | "reply", text: string): Promise<void>;
  sets(what: "status" | "priority", value: Status | Priority): Promise<void>;
  /** Tries again what the newest notice of a failure tells of. */
  retries(): Promise<void>;
}

export interface Fields {
  title: string;
  description: string;
  priority: Priority;
  category: Category;
}

/** What a platform brings into a team. */
export interface Platform {
  name: PlatformName;
  /** What Deskhand needs to be connected to it. */
  environment(): Record<string, string>;
  /** `platform:channel`: where agents are. */
  triage: string;
  underway(): number;
  started(url: string): Promise<void>;
  /** Rob asks for help; resolves when the form is submitted. */
  asks(fields: Fields, passing: Passing): Promise<void>;
  /** Rob in the thread of the ticket with this title, once there is one. */
  requester(title: string): Seat | undefined;
  /** Ada or Bea in the agents' thread of it, once there is one. */
  agent(title: string, who?: "ada" | "bea"): AgentSeat | undefined;
  /** Everything that anyone may read who is not an agent. */
  inPublic(): string;
  /** Whether the thread of a closed ticket is archived there. */
  archives: boolean;
  /** From now on nothing can be posted there, until what it returns is called. */
  goesDown(): () => void;
  /** From now on nothing of that is answered, until what it returns is called. */
  falters(): () => void;
  /** From now on no call gets through to it, until what it returns is called. */
  cutsOff(): () => void;
}

export type Passing = <Found>(look: () => Found) => Promise<NonNullable<Found>>;

export function held(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
