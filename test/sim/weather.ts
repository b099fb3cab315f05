import type { Failure } from "../../src/desk/chat.ts";
import { Random } from "./random.ts";

/** How a call of a platform ends; of the uncertain ones, one has had its effect. */
export type Ending = "ok" | "retry" | "uncertain-before" | "uncertain-after" | "dead";

/** How a write ends. Of an unsure one it is not known whether it would survive a power cut. */
export type WriteEnding = "ok" | "fails" | "unsure";

/** What may go wrong in a history, each as a share of the cases. */
interface Climate {
  retry: number;
  uncertain: number;
  dead: number;
  write: number;
  slow: number;
  hurry: number;
  /** About how many steps lie between two crashes; 0: there are none. */
  crashEvery: number;
}

const fair: Climate = {
  ...{ retry: 0, uncertain: 0, dead: 0, write: 0 },
  ...{ slow: 0.05, hurry: 0.01, crashEvery: 0 },
};

const climates: readonly (readonly [weight: number, climate: Climate])[] = [
  [2, fair],
  [3, { ...fair, crashEvery: 150 }],
  [2, { ...fair, retry: 0.1, uncertain: 0.15, slow: 0.2, hurry: 0.1 }],
  [2, { ...fair, write: 0.05, crashEvery: 200, slow: 0.2 }],
  [
    4,
    { ...fair, retry: 0.05, uncertain: 0.1, write: 0.01, crashEvery: 200, slow: 0.2, hurry: 0.05 },
  ],
  [1, { ...fair, retry: 0.05, dead: 0.05, uncertain: 0.05, crashEvery: 300 }],
  [
    1,
    {
      ...fair,
      retry: 0.3,
      uncertain: 0.3,
      write: 0.1,
      dead: 0.02,
      crashEvery: 80,
      slow: 0.4,
      hurry: 0.2,
    },
  ],
];

export interface Told {
  /** Faults to leave out, by their number: to find the few that matter. */
  without?: ReadonlySet<number>;
}

/** What goes wrong, and when: told by the seed. */
export class Weather {
  readonly #random: Random;
  readonly #crashes: Random;
  /** What a crash leaves, apart from when there is one: it is the same for crashes that are told. */
  readonly #remains: Random;
  readonly #climate: Climate;
  readonly #without: ReadonlySet<number>;
  readonly #down = new Set<string>();
  #faults = 0;
  #isCalm = false;

  constructor(seed: number, { without = new Set() }: Told) {
    this.#random = new Random(seed, "weather");
    this.#crashes = new Random(seed, "crashes");
    this.#remains = new Random(seed, "remains");
    this.#climate = this.#random.weighed(climates);
    this.#without = without;
  }

  get rules(): Pick<Climate, "slow" | "hurry"> {
    return this.#climate;
  }

  /** How many faults there were, those that were left out among them. */
  get faults(): number {
    return this.#faults;
  }

  get isCalm(): boolean {
    return this.#isCalm;
  }

  /** From now on, all goes well. */
  calm(): void {
    this.#isCalm = true;
    this.#down.clear();
  }

  /** How many steps go well before the next crash. */
  untilCrash(): number {
    const { crashEvery } = this.#climate;
    if (this.#isCalm || crashEvery === 0) return Number.POSITIVE_INFINITY;
    // Some come soon after another: while what it left is put right.
    const most = this.#crashes.chance(0.3) ? 30 : crashEvery * 2;
    return 1 + this.#crashes.below(most);
  }

  isDown = (platform: string): boolean => this.#down.has(platform);

  setDown(platform: string, isDown: boolean): void {
    if (isDown && !this.#isCalm) this.#down.add(platform);
    else this.#down.delete(platform);
  }

  call(platform: string, mayDie: boolean): Ending {
    if (this.#down.has(platform)) return this.#random.chance(0.7) ? "retry" : "uncertain-before";
    const { retry, uncertain, dead } = this.#climate;
    const drawn = this.#random.next();
    const isAfter = this.#random.chance(0.5);
    if (drawn < dead) return this.#fault(mayDie ? "dead" : "retry", "ok");
    if (drawn < dead + retry) return this.#fault("retry", "ok");
    if (drawn < dead + retry + uncertain)
      return this.#fault(isAfter ? "uncertain-after" : "uncertain-before", "ok");
    return "ok";
  }

  write(): WriteEnding {
    const { write } = this.#climate;
    const drawn = this.#random.next();
    if (drawn >= write) return "ok";
    return this.#fault(drawn < write / 2 ? "fails" : "unsure", "ok");
  }

  /** How long a platform asks to be left alone, if it does; and whether it is down. */
  more(platform: string): Pick<Failure, "retryAfterMs" | "isDown"> {
    const mayAsk = this.#random.chance(0.2);
    if (this.#down.has(platform)) return { isDown: true };
    return mayAsk ? { retryAfterMs: this.#random.pick([1, 1_000, 20_000]) } : {};
  }

  /** Whether what had left a process, or was being written, when it died has its effect. */
  arrives = (): boolean => this.#remains.chance(0.5);

  /** How long no process runs after a crash. */
  downMs = (): number => this.#remains.pick([0, 10, 1_000, 10_000, 10_000, 600_000]);

  #fault<T>(fault: T, otherwise: T): T {
    if (this.#isCalm) return otherwise;
    this.#faults += 1;
    return this.#without.has(this.#faults) ? otherwise : fault;
  }
}
