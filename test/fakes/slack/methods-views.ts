import { isRecord, type Json, string } from "../json.ts";
import { limits } from "./limits.ts";
import { arg, type Backend, invalidArguments, type Method, method, Refusal } from "./method.ts";
import type { OpenView } from "./records.ts";
import { wrongInView } from "./views.ts";

/** The view, when nothing is wrong with it. */
export function checkedView(given: unknown, type: "modal" | "home"): Json {
  if (!isRecord(given)) throw invalidArguments(["missing required field: view"]);
  if (JSON.stringify(given).length > limits.viewBytes) throw new Refusal("view_too_large");
  const wrong = wrongInView(given, type);
  if (wrong.length > 0) throw invalidArguments(wrong);
  return given;
}

function requireNewExternalId({ views }: Backend, { external_id }: Json, own?: OpenView) {
  const externalId = string(external_id);
  const other = externalId === "" ? undefined : views.find({ externalId });
  if (other && other !== own) throw new Refusal("duplicate_external_id");
}

function exchanged({ views }: Backend, id: string): string {
  const trigger = views.exchange(id);
  if (typeof trigger === "string") throw new Refusal(trigger);
  return trigger.user;
}

const triggered = { trigger_id: arg.id, view: arg.json };

const open = method({
  args: triggered,
  run(args, backend) {
    const view = checkedView(args.view, "modal");
    requireNewExternalId(backend, view);
    const { views } = backend;
    return { view: views.show(views.open(exchanged(backend, args.trigger_id), view)) };
  },
});

const push = method({
  args: triggered,
  run(args, backend) {
    const { views } = backend;
    const view = checkedView(args.view, "modal");
    requireNewExternalId(backend, view);
    const user = exchanged(backend, args.trigger_id);
    const height = views.stack(user).length;
    if (height === 0) throw new Refusal("not_found");
    if (height >= limits.viewStack) throw new Refusal("push_limit_reached");
    return { view: views.show(views.push(user, view)) };
  },
});

const update = method({
  args: {
    view: arg.json,
    view_id: arg.optional,
    external_id: arg.optional,
    hash: arg.optional,
  },
  run(args, backend) {
    const { views } = backend;
    const found = args.view_id
      ? views.find({ id: args.view_id })
      : views.find({ externalId: args.external_id ?? "" });
    if (!found) throw new Refusal("not_found");
    if (args.hash && args.hash !== found.hash) throw new Refusal("hash_conflict");
    const view = checkedView(args.view, "modal");
    requireNewExternalId(backend, view, found);
    views.update(found, view);
    return { view: views.show(found) };
  },
});

const publish = method({
  args: { user_id: arg.id, view: arg.json, hash: arg.optional },
  run(args, backend) {
    const { app, views, workspace } = backend;
    if (!app.homeTab) throw new Refusal("not_enabled");
    if (!workspace.members.has(args.user_id)) throw new Refusal("user_not_found");
    const before = views.home(args.user_id);
    if (args.hash && args.hash !== before?.hash) throw new Refusal("hash_conflict");
    const view = checkedView(args.view, "home");
    return { view: views.show(views.publish(args.user_id, view)) };
  },
});

export const viewMethods: Record<string, Method> = {
  "views.open": open,
  "views.push": push,
  "views.update": update,
  "views.publish": publish,
};
