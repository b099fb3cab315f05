import { beforeEach, describe, expect, test } from "vitest";
import { Circuit, type Sign } from "../../src/desk/circuit.ts";

const start = 1_000_000;
let circuit: Circuit;
let now: number;

beforeEach(() => {
  circuit = new Circuit(() => 1);
  now = start;
});

/** One call, that ends so. */
const call = (sign?: Sign) => circuit.end(sign, circuit.begin(), now);

function opened() {
  for (let each = 0; each < 5; each += 1) call("down");
}

describe("a platform is taken to be down", () => {
  test("after five calls in a row that it did not answer, since the first of them", () => {
    for (let each = 0; each < 4; each += 1) {
      expect(call("down")).toBeUndefined();
      now += 1_000;
    }
    expect(call("down")).toBe("opened");
    expect(circuit.openSince).toBe(start);
  });

  test("not when it answered in between, be it with a refusal", () => {
    for (const sign of ["down", "down", "down", "down", "answers", "down"] as const)
      expect(call(sign)).toBeUndefined();
    expect(circuit.openSince).toBeUndefined();
  });

  test("also when calls in between said nothing of it", () => {
    for (const sign of ["down", "down", undefined, "down", "down"] as const) call(sign);
    expect(call("down")).toBe("opened");
  });

  test("not when that took minutes", () => {
    for (let each = 0; each < 20; each += 1) {
      expect(call("down")).toBeUndefined();
      now += 20_000;
    }
  });
});

describe("while it is down", () => {
  test("one call at a time may try it, after 1, 2, 4, … seconds, and at least every minute", () => {
    opened();
    const waits: number[] = [];
    for (let each = 0; each < 9; each += 1) {
      waits.push(circuit.probeAt - now);
      now = circuit.probeAt;
      const isProbe = circuit.begin();
      expect([isProbe, circuit.probeAt]).toEqual([true, Number.POSITIVE_INFINITY]);
      expect(circuit.end("down", isProbe, now)).toBeUndefined();
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
  });

  test("who tries it is not told in one moment with all others: the wait has a part of chance", () => {
    circuit = new Circuit(() => 0);
    opened();
    expect(circuit.probeAt - now).toBe(500);
  });

  test("what was on its way by then, and fails, makes no one wait for longer", () => {
    opened();
    const { probeAt } = circuit;
    circuit.end("down", false, now + 100);
    expect(circuit.probeAt).toBe(probeAt);
  });

  test("a try that says nothing is followed by another at once", () => {
    opened();
    now = circuit.probeAt;
    call();
    expect(circuit.probeAt).toBe(now);
    expect(circuit.openSince).toBe(start);
  });
});

test.each([
  ["a try", true],
  ["what was on its way all the while", false],
])("it is back once %s is answered, and then it takes five calls again", (_, isProbe) => {
  opened();
  if (isProbe) circuit.begin();
  expect(circuit.end("answers", isProbe, now)).toBe("closed");
  expect([circuit.openSince, circuit.probeAt]).toEqual([undefined, 0]);
  for (let each = 0; each < 4; each += 1) expect(call("down")).toBeUndefined();
  expect(call("down")).toBe("opened");
});

test("where one call is told to be enough, it is, and it is tried as often as is told", () => {
  circuit = new Circuit(() => 1, { mostDown: 1, longestProbeMs: 3_000 });
  expect(call("down")).toBe("opened");
  const waits: number[] = [];
  for (let each = 0; each < 4; each += 1) {
    waits.push(circuit.probeAt - now);
    now = circuit.probeAt;
    call("down");
  }
  expect(waits).toEqual([1_000, 2_000, 3_000, 3_000]);
});
