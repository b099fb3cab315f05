#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import type { Logger } from "pino";
import { SecretError } from "./attachments/secret.ts";
import { ConfigError, loadConfig, version } from "./config.ts";
import { StoreError } from "./desk/ports.ts";
import { greeting } from "./greeting.ts";
import { InputError } from "./import-input.ts";
import { createLog } from "./log.ts";
import { start } from "./main.ts";

const exitCodes = { done: 0, failed: 1, usage: 2, inUse: 3 } as const;

/** By then the process is gone, whatever still holds it. */
const stopDeadlineMs = 10_000;

const orphanCheckMs = 250;

// What only one command needs is loaded by it, so that a start is quick and small.
const program = new Command("deskhand")
  .description("Opens support tickets from chat, and keeps the conversation in chat")
  .version(version)
  .exitOverride();

program
  .command("start", { isDefault: true })
  .description("serve the ticket API, and every chat platform that has credentials")
  .action(async () => {
    const config = loadConfig();
    const log = await createLog(config.logLevel);
    for (const name of config.ignored)
      log.warn({ name }, `${name} does nothing: what it is for is off`);
    const starting = start(config, log);
    const stop = stopOnce(log, async () => (await starting).stop());
    void starting.then(async ({ failed }) => {
      const error = await failed;
      process.stderr.write(`${wordsOf(error)}\n`);
      stop("it cannot go on", exitCodeOf(error));
    }, failsBelow);
    process.on("SIGTERM", (signal) => stop(signal)).on("SIGINT", (signal) => stop(signal));
    if (config.startedByNpm) whenOrphaned(() => stop("npm is gone"));
    // Nobody may be there to be greeted; the service runs all the same.
    process.stdout.on("error", () => undefined);
    process.stdout.write(greeting(config, await starting));
  });

program
  .command("doctor")
  .description("check configuration, tokens, scopes, intents, channels and the store")
  .action(async () => {
    const { runDoctor } = await import("./doctor.ts");
    process.stdout.on("error", onOutputError);
    const allOk = await runDoctor((line) => process.stdout.write(`${line}\n`));
    process.exitCode = allOk ? exitCodes.done : exitCodes.failed;
  });

program
  .command("register")
  .description("register the commands of Discord: /ticket, /tickets, Open a ticket, /ticket-panel")
  .action(async () => {
    const { register } = await import("./register.ts");
    process.stdout.on("error", onOutputError);
    const { ok, sentence } = await register(loadConfig());
    process.stdout.write(`${sentence}\n`);
    process.exitCode = ok ? exitCodes.done : exitCodes.failed;
  });

program
  .command("export")
  .description("write every ticket to standard output, as JSON lines, with agents' notes")
  .action(async () => {
    const { exportTickets } = await import("./export.ts");
    const config = loadConfig();
    process.stdout.on("error", onOutputError);
    const unreadable = await exportTickets(
      config,
      await createLog(config.logLevel),
      process.stdout,
    );
    process.exitCode = unreadable === 0 ? exitCodes.done : exitCodes.failed;
  });

const importing = program
  .command("import")
  .description("read what export has written into the store, which must have no other tickets")
  .argument("[file]", "what deskhand export has written; - or none: standard input")
  .action(async (file: string | undefined) => {
    if (file === undefined && process.stdin.isTTY)
      importing.error("Name a file that deskhand export has written, or pipe one in.");
    const { importTickets } = await import("./import.ts");
    const config = loadConfig();
    process.stdout.on("error", onOutputError);
    const isDone = await importTickets({
      ...{ config, log: await createLog(config.logLevel), say, input: process.stdin },
      file: file === "-" ? undefined : file,
    });
    process.exitCode = isDone ? exitCodes.done : exitCodes.failed;
  });

program
  .command("migrate")
  .description(
    "copy every ticket of DATA_DIR into the database at DATABASE_URL, while neither is used",
  )
  .action(async () => {
    const { migrateTickets } = await import("./migrate.ts");
    const config = loadConfig();
    process.stdout.on("error", onOutputError);
    const isDone = await migrateTickets(config, await createLog(config.logLevel), say);
    process.exitCode = isDone ? exitCodes.done : exitCodes.failed;
  });

const deliveries = program
  .command("deliveries")
  .description("list what could not be delivered, also while Deskhand runs")
  .option("--json", "as JSON lines, one for each delivery")
  .action(async ({ json = false }: { json?: boolean }) => {
    const { listDeliveries } = await import("./deliveries.ts");
    const config = loadConfig();
    process.stdout.on("error", onOutputError);
    const unreadable = await listDeliveries(config, await createLog(config.logLevel), say, json);
    process.exitCode = unreadable === 0 ? exitCodes.done : exitCodes.failed;
  });

deliveries
  .command("retry")
  .description("send again what was given up: all of it of one ticket, or one delivery")
  .argument("[ticket]", "its reference, such as T-4F7K2M, or its id")
  .argument("[delivery]", "such as p2/m1; left out, all that the ticket has given up")
  .option("--all", "what all tickets have given up")
  .action(async (ticket: string | undefined, delivery: string | undefined, { all = false }) => {
    if (all === (ticket !== undefined))
      deliveries.error("Name the ticket, or use --all for every ticket.");
    const { retryDeliveries } = await import("./deliveries-retry.ts");
    const config = loadConfig();
    process.stdout.on("error", onOutputError);
    const log = await createLog(config.logLevel);
    const allDone = await retryDeliveries({ config, log, say }, ticket, delivery);
    process.exitCode = allDone ? exitCodes.done : exitCodes.failed;
  });

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Stops in order when first called, with the reason; later calls do nothing. */
function stopOnce(
  log: Logger,
  stop: () => Promise<void>,
): (reason: string, exitCode?: number) => void {
  let stopping = false;
  return (reason, exitCode = exitCodes.done) => {
    if (stopping) return;
    stopping = true;
    log.info({ reason }, "stopping");
    setTimeout(() => process.exit(exitCodes.failed), stopDeadlineMs).unref();
    stop().then(
      () => process.exit(exitCode),
      (err: unknown) => {
        log.error({ err }, "It did not stop in order");
        process.exit(exitCode || exitCodes.failed);
      },
    );
  };
}

/** A start that fails is told of where it is waited for. */
const failsBelow = (): void => undefined;

/** npm passes signals on to its shell, and many a shell ends without passing them on to us. */
function whenOrphaned(then: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    then();
  }, orphanCheckMs);
  watch.unref();
}

/** A reader that has had enough, such as `head`, is no failure; a disk that is full is one. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exitCodes.done);
  process.stderr.write(`Standard output cannot be written: ${error.message}\n`);
  process.exit(exitCodes.failed);
}

/** Says why in words: a stack is for faults that nobody foresaw. */
function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return;
  }
  process.exitCode = exitCodeOf(error);
  process.stderr.write(`${wordsOf(error)}\n`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return exitCodes.usage;
  return error instanceof StoreError && error.code === "IN_USE"
    ? exitCodes.inUse
    : exitCodes.failed;
}

function wordsOf(error: unknown): string {
  if (isInWords(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRINUSE")
    return "Another program listens where HTTP was to be served. Stop it, or set another HOST or PORT.";
  return foreseen[code ?? ""] ? `${error.message}. ${foreseen[code ?? ""]}` : `${error.stack}`;
}

/** Its message says what to do. */
const isInWords = (error: unknown): error is Error =>
  error instanceof ConfigError ||
  error instanceof StoreError ||
  error instanceof SecretError ||
  error instanceof InputError;

const foreseen: Record<string, string> = {
  EEXIST: "DATA_DIR must be a folder.",
  ENOTDIR: "DATA_DIR must be a folder.",
  EACCES: "This user may not do that: check the rights on DATA_DIR, and PORT.",
  EADDRNOTAVAIL: "HOST is no address of this machine.",
  ENOENT: "Check DATA_DIR.",
  ENOTFOUND: "HOST is no address of this machine.",
  EROFS: "DATA_DIR is on a read-only disk.",
};

await program.parseAsync().catch(fail);
