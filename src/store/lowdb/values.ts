import { Low } from "lowdb";
import { z } from "zod";
import type { Log } from "../../desk/ports.ts";
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

  get all(): Readonly<Record<string, string>> {
    return this.#kept;
  }

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

async function kept(file: DurableFile<KeptValues>, log: Log): Promise<KeptValues> {
  try {
    return valuesSchema.parse(await file.read());
  } catch (err) {
    if (isDiskFault(err)) {
      if (err.code === "ENOENT") return {};
      throw err;
    }
    log.error({ file: fileName, err }, `${fileName} is damaged: how far things were read is lost`);
    return {};
  }
}
