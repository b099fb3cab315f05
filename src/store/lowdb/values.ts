import { join } from "node:path";
import { Low } from "lowdb";
import { z } from "zod";
import { type Log, StoreError } from "../../desk/ports.ts";
import { Serial } from "../../desk/serial.ts";
import { isDiskFault } from "./documents.ts";
import { DurableFile, type DurableFolder } from "./durable.ts";

const fileName = "values.json";
const valuesSchema = z.record(z.string(), z.string());

type KeptValues = z.infer<typeof valuesSchema>;

/** Small values by their names, in one file of the data folder. */
export class Values {
  readonly #file: DurableFile<KeptValues>;
  readonly #serial = new Serial();
  #kept: KeptValues;

  private constructor(file: DurableFile<KeptValues>, kept: KeptValues) {
    this.#file = file;
    this.#kept = kept;
  }

  /** A damaged file is told of, and begun anew. Throws what the disk says. */
  static async open(folder: DurableFolder, log: Log): Promise<Values> {
    const file = new DurableFile<KeptValues>(folder, fileName);
    return new Values(file, await kept(file, log));
  }

  get = (name: string): string | undefined => this.#kept[name];

  /** Durable when it resolves. Throws what the disk says, or NotSynced. */
  set = (name: string, value: string): Promise<void> =>
    this.#serial.run(fileName, () => this.#write(name, value));

  /** As `set`, unless there is one; resolves to the one that holds. */
  getOrSet = (name: string, value: string): Promise<string> =>
    this.#serial.run(fileName, async () => {
      const there = this.#kept[name];
      if (there === undefined) await this.#write(name, value);
      return there ?? value;
    });

  async #write(name: string, value: string): Promise<void> {
    const values = { ...this.#kept, [name]: value };
    await new Low(this.#file, values).write();
    this.#kept = values;
  }

  settled = (): Promise<void> => this.#serial.settled();
}

/** All of them. Throws `DAMAGED`, and what the disk says. */
export async function readValues(folder: DurableFolder): Promise<Readonly<KeptValues>> {
  try {
    return await read(new DurableFile<KeptValues>(folder, fileName));
  } catch (cause) {
    if (isDiskFault(cause)) throw cause;
    throw new StoreError(
      "DAMAGED",
      `${join(folder.path, fileName)} is damaged: how far platforms were read is in it, and the key of links to shared attachments. Put it right, or bring back a backup of it. Without it, up to seven days are read back, and links that were given out may end: if that may be, take the file away.`,
      { cause },
    );
  }
}

/** None where there is no file. Throws what the disk, the JSON or the schema says. */
async function read(file: DurableFile<KeptValues>): Promise<KeptValues> {
  try {
    return valuesSchema.parse(await file.read());
  } catch (error) {
    if (isDiskFault(error) && error.code === "ENOENT") return {};
    throw error;
  }
}

async function kept(file: DurableFile<KeptValues>, log: Log): Promise<KeptValues> {
  try {
    return await read(file);
  } catch (err) {
    if (isDiskFault(err)) throw err;
    log.error({ file: fileName, err }, `${fileName} is damaged: how far things were read is lost`);
    return {};
  }
}
