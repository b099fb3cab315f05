/** One thing that is measured. */
export interface Scenario {
  kind: "create" | "read often" | "read any" | "list" | "list open";
  name: string;
  /** How many ask at once, each waiting for its answer before it asks again. */
  callers: number;
  status: 200 | 201;
}

const creates = (callers: number): Scenario => ({
  kind: "create",
  name: `create, ${callers} ${callers === 1 ? "caller" : "callers"}`,
  callers,
  status: 201,
});

export const scenarios: readonly Scenario[] = [
  creates(1),
  creates(32),
  { kind: "read often", name: "read one of 1,000", callers: 32, status: 200 },
  { kind: "read any", name: "read one of all", callers: 32, status: 200 },
  { kind: "list", name: "list the newest 10", callers: 32, status: 200 },
  {
    kind: "list open",
    name: "list the newest 10 that are open, and count",
    callers: 32,
    status: 200,
  },
];

/** There is nothing to read where there were no tickets at first. */
export const happensAt = ({ kind }: Scenario, size: number): boolean =>
  size > 0 || kind === "create";
