/** `deskhand import`: reads what `deskhand export` has written into the store. */
import type { Readable } from "node:stream";
import { SingleBar } from "cli-progress";
import type { Config } from "./config.ts";
import type { Say } from "./deliveries.ts";
import { assertNotBegunBy, atOnce, type CopyTarget, compareAll, onTarget } from "./desk/copy.ts";
import type { TicketDocument } from "./desk/document.ts";
import { forgetHeard } from "./desk/heard-until.ts";
import type { Log, TicketStore } from "./desk/ports.ts";
import { type Checked, check } from "./import-check.ts";
import { type Input, InputError, type Line, openInput } from "./import-input.ts";
import { copyTarget, storeWords } from "./open-store.ts";
import { progressName } from "./service.ts";

interface Given {
  config: Config;
  log: Log;
  say: Say;
  /** Undefined: `input` has it. */
  file: string | undefined;
  input: Readable;
}

/**
 * Reads every ticket of a file into the store, which has to have no others. All of it is looked at
 * before anything is written, and compared with what is there at the end; what was broken off goes on
 * where it was. Resolves to whether all is there. Throws an InputError or a StoreError that says what to
 * do, and what the disk says.
 */
export async function importTickets({ config, log, say, file, input }: Given): Promise<boolean> {
  const given = await openInput(file, input);
  const bar = new SingleBar({
    ...{ stream: process.stderr, noTTYOutput: false, clearOnComplete: true },
    format: " {bar} {percentage}% | ETA: {eta_formatted}",
  });
  bar.start(given.sizeBytes * 3, 0);
  const onStep = (sizeBytes: number) => bar.increment(sizeBytes);
  try {
    const target = await copyTarget(config, log);
    const { problems, written } = await onTarget(target, (store) =>
      checkAndWrite({ config, target, store, given, onStep }),
    );
    const isSame = problems.length === 0 && (await compared(target, given, onStep));
    bar.stop();
    for (const line of problems.length > 0 ? problems : told(config, given, written, isSame))
      say(line);
    return isSame;
  } finally {
    bar.stop();
    await given.close();
  }
}

interface Work {
  config: Config;
  target: CopyTarget;
  store: TicketStore;
  given: Input;
  onStep(sizeBytes: number): void;
}

interface Written {
  count: number;
  latest: string;
}

/** With any problem, nothing is written. */
async function checkAndWrite(work: Work): Promise<{ problems: string[]; written: Written }> {
  const { target, store, given, onStep } = work;
  await assertNotBegunBy(target, store, "migrate");
  const checked = await check(target, store, given.lines(), onStep);
  const written = { count: 0, latest: checked.latest };
  if (checked.lines === 0)
    throw new InputError(
      `There is no ticket in ${given.name}. Did deskhand export end well that was to write it?`,
    );
  const problems = problemsIn(work, checked);
  if (problems.length > 0) return { problems, written };
  if (checked.missing > 0) written.count = await write(work, checked);
  return { problems, written };
}

function problemsIn({ config, given }: Work, { problems, wrong, others }: Checked): string[] {
  if (wrong === 0 && others === 0) return [];
  const where = storeWords(config);
  const more = wrong > problems.length ? [`… and ${wrong - problems.length} more`] : [];
  const lines = wrong === 1 ? "1 line" : `${wrong} lines`;
  const are = others === 1 ? "1 ticket is" : `${others} tickets are`;
  return [
    ...problems.map(({ number, problem }) => `Line ${number} ${problem}`),
    ...more,
    ...(wrong > 0 ? [`${lines} of ${given.name} cannot be taken.`] : []),
    ...(others > 0
      ? [
          `${are} in ${where} that ${given.name} has not: tickets are imported only where there are no others.`,
        ]
      : []),
    "Nothing was changed. Put the file right, or give a store without tickets: another folder in DATA_DIR, this one without its folder tickets, or another database in DATABASE_URL.",
  ];
}

async function write(work: Work, checked: Checked): Promise<number> {
  const { config, target, store, given, onStep } = work;
  if ((await target.begunBy(store)) === undefined) await target.begin(store, "import");
  // The store may have been told until when was heard after the file was written.
  await forgetHeard(store, checked.chats);
  for (const platform of config.remote ? checked.services : [])
    if (config.remote) await store.setValue(progressName(platform, config.remote), "");
  let count = 0;
  await atOnce(target.atOnce, given.lines(), async (line) => {
    if ("document" in line && (await store.create(line.document)) === "created") count += 1;
    onStep(line.sizeBytes);
  });
  return count;
}

/** Opened anew, so that what is compared comes from where it is kept. */
const compared = (target: CopyTarget, given: Input, onStep: Work["onStep"]): Promise<boolean> =>
  onTarget(target, async (store) => {
    const found = await compareAll(target, store, stepped(given.lines(), onStep), () => undefined);
    const isSame = found.differing + found.unreadable + found.others === 0;
    // Where no import has brought anything, a mark is of something else: it stays.
    if (isSame && (await target.begunBy(store)) !== undefined) await target.finish(store);
    return isSame;
  });

async function* stepped(
  lines: AsyncIterable<Line>,
  onStep: Work["onStep"],
): AsyncIterable<{ document: TicketDocument } | { error: unknown }> {
  for await (const line of lines) {
    onStep(line.sizeBytes);
    yield "document" in line ? line : { error: line.problem };
  }
}

function told(config: Config, { name }: Input, written: Written, isSame: boolean): string[] {
  const where = storeWords(config);
  if (!isSame)
    return [
      `What is in ${where} is not the same as ${name}, which may have changed meanwhile. Run this again with the same file; until then, Deskhand does not start there.`,
    ];
  return [
    `Every ticket of ${name} is in ${where} as it is there, ${written.count} of them written now. The latest change of one was at ${written.latest}.`,
    "An export has tickets and no more. Attachments are still where they were: their folder or bucket, and the files attachments-secret and api-tokens.json of the data folder, have to be there as before. How far platforms were read is not in it: the next start reads back up to seven days.",
  ];
}
