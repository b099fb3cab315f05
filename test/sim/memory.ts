import type { OfferedFile } from "../../src/desk/chat.ts";
import { channels, type Said, type Version, wordsFor } from "./people.ts";
import type { Thread } from "./platform.ts";
import type { World } from "./world.ts";

/** A form that someone has submitted. */
export interface Form {
  creationKey: string;
  platform: string;
  where: string;
  requester: string;
  /** What was opened because of it, as its requester was told. */
  ticket: string | undefined;
}

/** How much is said, and by whom. */
interface Saying {
  /** The creation key of its ticket. */
  ticket: string;
  platform: string;
  writer: Said["writer"];
  isNote: boolean;
  words: number;
  files: number;
}

const content = (name: string) => Buffer.from(name);

/** What people have done, as they know it: by that it is told in the end what is to be read. */
export class Memory {
  readonly forms: Form[] = [];
  readonly said: Said[] = [];
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  says({ ticket, platform, writer, isNote, words, files }: Saying): {
    said: Said;
    version: Version;
  } {
    const number = this.said.length;
    const offered = Array.from({ length: files }, (_, index) =>
      this.offered(`${platform} ${number} ${index}`, `f${number}-${index}.txt`, platform),
    );
    const text = wordsFor(number, 0, isNote, words);
    const version = this.version(text, isNote, offered);
    const said: Said = {
      ...{ number, ticket, writer, at: undefined, versions: [version] },
      ...{ isDeleted: false, deletedAt: undefined, isDeletionTaken: false, isLost: false },
      ...{ saidAt: this.#world.scheduler.now(), triedAt: undefined, takenAt: undefined },
    };
    this.said.push(said);
    return { said, version };
  }

  version(words: string, isNote: boolean, files: readonly OfferedFile[]): Version {
    const heard = { isTried: false, isTaken: false, isRefused: false, takenAt: undefined };
    return { words, isNote, files, ...heard, writtenAt: this.#world.scheduler.steps };
  }

  /** Some files are too large, or of a type that is not taken. */
  offered(file: string, name: string, platform: string): OfferedFile {
    const { random } = this.#world;
    this.#world.platform(platform).files.set(file, content(name));
    return {
      ...{ file, name, sizeBytes: random.chance(0.1) ? 5_000 : content(name).byteLength },
      type: random.chance(0.1) ? "application/x-evil" : "text/plain",
    };
  }

  tried(said: Said, version: Version | undefined): void {
    said.triedAt ??= this.#world.scheduler.steps;
    if (version) version.isTried = true;
  }

  taken(said: Said, version: Version | undefined): void {
    said.takenAt ??= this.#world.scheduler.steps;
    if (!version) return;
    version.isTaken = true;
    version.takenAt = this.#world.scheduler.steps;
  }
}

export const channelOf = ({ where }: Thread) =>
  channels.find((channel) => channel.where === where) ?? stop(`no channel ${where}`);

/** Its writer was told that it is not taken. */
export function refuse(version: Version | undefined): void {
  if (version) version.isRefused = true;
}

export function stop(what: string): never {
  throw new Error(`The simulation is wrong: ${what}`);
}
