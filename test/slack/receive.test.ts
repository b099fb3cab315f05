import { describe, expect, test } from "vitest";
import { gate, type Mode, slackWithBolt } from "./receiving.ts";

const modes: Mode[] = ["HTTP", "Socket Mode"];

/** Ready to receive, in either mode. */
async function receiving(mode: Mode) {
  const given = await slackWithBolt(mode);
  if (mode === "Socket Mode") await given.connected();
  return given;
}

const modal = {
  type: "modal" as const,
  callback_id: "form",
  title: { type: "plain_text" as const, text: "Form" },
  submit: { type: "plain_text" as const, text: "Send" },
  blocks: [
    {
      type: "input" as const,
      block_id: "title",
      label: { type: "plain_text" as const, text: "Title" },
      element: { type: "plain_text_input" as const, action_id: "value" },
    },
  ],
};

const claim = { type: "plain_text" as const, text: "Claim" };
const card = {
  text: "A ticket",
  blocks: [
    {
      type: "actions" as const,
      elements: [{ type: "button" as const, action_id: "claim", text: claim }],
    },
  ],
};

describe.each(modes)("events over %s", (mode) => {
  test("are acked when the listener is done, and not before", async () => {
    const { slack, app, ada, triage } = await receiving(mode);
    const { opened, open } = gate();
    let isAtWork = false;
    app.event("message", async () => {
      isAtWork = true;
      await opened;
    });
    app.command("/ticket", async ({ ack }) => ack());
    ada.writes(triage, "hello");
    await slack.until(() => isAtWork);
    // An ack that was given too early would be there before this answer.
    await ada.types("/ticket");
    expect(slack.events.attempts.map(({ ack }) => ack)).toEqual([undefined]);
    open();
    await slack.settled();
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["acked"]);
  });

  test("that a listener fails on come again, as a retry", async () => {
    const { slack, app, ada, triage, log, waitsInVain } = await receiving(mode);
    const retries: unknown[] = [];
    app.event("message", async ({ context }) => {
      retries.push(context.retryNum);
      if (retries.length === 1) throw new Error("the disk is full");
    });
    ada.writes(triage, "a secret of mine");
    await slack.until(() => retries.length === 1 && log.lines.length > 0);
    await waitsInVain();
    await slack.until(() => slack.events.attempts[1]?.ack);
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["failed", "acked"]);
    expect(retries).toEqual([undefined, 1]);
    const [line] = log.lines.filter(({ level }) => level === "error");
    expect(line?.fields).toMatchObject({ type: "message", err: { message: "the disk is full" } });
    expect(JSON.stringify(log.lines)).not.toContain("a secret of mine");
  });

  test("are not acked when one of several listeners fails, or a middleware", async () => {
    const { slack, app, ada, triage, log, waitsInVain } = await receiving(mode);
    let times = 0;
    app.use(async ({ next }) => {
      times += 1;
      if (times === 2) throw new Error("in a middleware");
      await next();
    });
    app.event("message", async () => undefined);
    for (const name of ["one", "two"])
      app.event("message", async () => {
        if (times === 1) throw new Error(name);
      });
    ada.writes(triage, "hello");
    const failures = () => log.lines.filter(({ level }) => level === "error");
    await slack.until(() => failures().length === 2);
    await waitsInVain();
    await slack.until(() => failures().length === 3);
    await waitsInVain();
    await slack.until(() => slack.events.attempts[2]?.ack);
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual([
      ...["failed", "failed"],
      "acked",
    ]);
    expect(failures().map(({ fields }) => Object(fields.err).message)).toEqual([
      ...["one", "two"],
      "in a middleware",
    ]);
  });

  test("do not wait for each other", async () => {
    const { slack, app, ada, triage } = await receiving(mode);
    const { opened, open } = gate();
    const begun: string[] = [];
    app.message(async ({ payload }) => {
      begun.push(payload.ts);
      await opened;
    });
    ada.writes(triage, "one");
    ada.writes(triage, "two");
    await slack.until(() => begun.length === 2);
    open();
    await slack.settled();
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["acked", "acked"]);
  });

  test("that take too long come again, while the work goes on", async () => {
    const { slack, app, ada, triage, log } = await receiving(mode);
    const { opened, open } = gate();
    let begun = 0;
    let done = 0;
    app.message(async () => {
      begun += 1;
      if (begun === 1) await opened;
      done += 1;
    });
    ada.writes(triage, "hello");
    await slack.until(() => begun === 1);
    slack.clock.advance(3_000);
    await slack.until(() => slack.events.attempts[1]?.ack);
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["failed", "acked"]);
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: "warn",
        message: expect.stringContaining("longer than 3 s"),
      }),
    );
    open();
    await slack.until(() => done === 2);
  });

  test("that no one listens to are acked, and what we did ourselves is listened to", async () => {
    const { slack, app, ada, triage } = await receiving(mode);
    const heard: unknown[] = [];
    app.event("message", async ({ payload }) => void heard.push(Object(payload).bot_id));
    await app.client.chat.postMessage({
      token: slack.app.botToken,
      channel: triage,
      text: "ours",
    });
    ada.opensHome();
    await slack.settled();
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["acked", "acked"]);
    expect(heard).toEqual([slack.workspace.bot.botId]);
    expect(slack.calls.map(({ method }) => method)).not.toContain("auth.test");
  });

  test("under way when it stops are still acked", async () => {
    const { slack, app, ada, triage } = await receiving(mode);
    const { opened, open } = gate();
    let isAtWork = false;
    app.message(async () => {
      isAtWork = true;
      await opened;
    });
    ada.writes(triage, "hello");
    await slack.until(() => isAtWork);
    const stopped = app.stop();
    open();
    await stopped;
    await slack.settled();
    expect(slack.events.attempts.map(({ ack }) => ack?.kind)).toEqual(["acked"]);
  });
});

describe.each(modes)("what people do, over %s", (mode) => {
  test("a command, a shortcut, a click and a form get their listeners' answers", async () => {
    const { slack, app, ada, triage } = await receiving(mode);
    app.command("/ticket", async ({ ack, client, payload }) => {
      await ack("one moment");
      await client.views.open({ trigger_id: payload.trigger_id, view: modal });
    });
    app.view("form", async ({ ack, view }) => {
      const typed = view.state.values.title?.value?.value;
      if (typed === "x") await ack({ response_action: "errors", errors: { title: "Say more" } });
      else await ack();
    });
    app.shortcut("open_ticket", async ({ ack }) => ack());
    expect(await ada.types("/ticket")).toEqual({ kind: "acked" });
    expect(ada.reads(ada.dm).at(-1)).toMatchObject({ words: "one moment", ephemeral: true });
    await slack.until(() => ada.modal);
    ada.fills({ title: "x" });
    expect(await ada.submits()).toEqual({ kind: "errors", errors: { title: "Say more" } });
    ada.fills({ title: "the printer is on fire" });
    expect(await ada.submits()).toEqual({ kind: "closed" });
    expect(await ada.uses("open_ticket", ada.writes(triage, "help"))).toEqual({ kind: "acked" });
    app.action("claim", async ({ ack }) => ack());
    await app.client.chat.postMessage({ token: slack.app.botToken, channel: triage, ...card });
    const [posted] = ada.reads(triage).filter(({ buttons }) => buttons.length > 0);
    if (!posted) throw new Error("there is no card");
    expect(await ada.clicks(posted, "claim")).toEqual({ kind: "acked" });
  });

  test("is answered at once, however long the listener goes on", async () => {
    const { app, ada, slack } = await receiving(mode);
    const { opened, open } = gate();
    let isDone = false;
    app.command("/ticket", async ({ ack }) => {
      await ack();
      await opened;
      isDone = true;
    });
    expect(await ada.types("/ticket")).toEqual({ kind: "acked" });
    expect(isDone).toBe(false);
    open();
    await slack.until(() => isDone);
  });

  test("is seen to fail when the listener does, and the error is in the log", async () => {
    const { slack, app, ada, log, waitsInVain } = await receiving(mode);
    app.command("/ticket", async () => {
      throw new Error("broken");
    });
    const typed = ada.types("/ticket my secret");
    await slack.until(() => log.lines.some(({ level }) => level === "error"));
    await waitsInVain();
    expect((await typed).kind).toBe("failed");
    expect(log.lines.filter(({ level }) => level === "error")).toMatchObject([
      { fields: { command: "/ticket", err: { message: "broken" } } },
    ]);
    expect(JSON.stringify(log.lines)).not.toContain("my secret");
  });

  test("is seen to fail when the listener never acks, or there is none", async () => {
    const { slack, app, ada, triage, log, waitsInVain } = await receiving(mode);
    const { opened, open } = gate();
    let isAtWork = false;
    app.command("/ticket", async () => {
      isAtWork = true;
      await opened;
    });
    const typed = ada.types("/ticket");
    await slack.until(() => isAtWork);
    slack.clock.advance(3_000);
    expect((await typed).kind).toBe("failed");
    open();
    const used = ada.uses("open_ticket", ada.writes(triage, "help"));
    await slack.until(() => log.lines.find(({ fields }) => fields.callback === "open_ticket"));
    await waitsInVain();
    expect((await used).kind).toBe("failed");
    expect(log.lines.map(({ message }) => message)).toContainEqual(
      expect.stringContaining("longer than 3 s"),
    );
  });

  test("counts when the listener fails after its answer, and the error is in the log", async () => {
    const { slack, app, ada, log } = await receiving(mode);
    app.command("/ticket", async ({ ack }) => {
      await ack();
      await ack();
    });
    expect(await ada.types("/ticket")).toEqual({ kind: "acked" });
    const failed = () => log.lines.find(({ level }) => level === "error");
    await slack.until(failed);
    expect(failed()?.message).toContain("answered before");
  });
});
