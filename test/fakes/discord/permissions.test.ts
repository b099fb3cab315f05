import { describe, expect, test } from "vitest";
import { HandClock } from "../clock.ts";
import { has, permission, permissionsOfNames, usualPermissions } from "./permissions.ts";
import { channelType, type Overwrite } from "./records.ts";
import { Server } from "./server.ts";
import { joinThread, startThread } from "./threads.ts";

function world() {
  const application = {
    id: "100",
    name: "deskhand",
    token: "t",
    revoked: false,
    messageContent: true,
  };
  const server = new Server(new HandClock(), application);
  const guild = server.addGuild({ name: "Works" });
  const agents = server.addRole(guild, { name: "agents" });
  const rob = server.addUser({ name: "rob" }).id;
  const ada = server.addUser({ name: "ada" }).id;
  server.addMember(guild, rob);
  server.addMember(guild, ada, { roles: [agents.id] });
  const addChannel = (overwrites: Overwrite[] = []) =>
    server.addChannel(guild, { name: "triage", overwrites });
  return { server, guild, agents, rob, ada, addChannel };
}

const view = permission.viewChannel;

describe("who may do what", () => {
  test("everyone may do what @everyone may; who is not a member, nothing", () => {
    const { server, rob, addChannel } = world();
    const { id } = addChannel();
    expect(server.permissionsOf(rob, id)).toBe(usualPermissions);
    expect(server.permissionsOf(server.addUser({ name: "eve" }).id, id)).toBe(0n);
  });

  test("a channel hidden from everyone is there for a role that it is opened to", () => {
    const { server, guild, agents, rob, ada, addChannel } = world();
    const { id } = addChannel([
      { id: guild.id, type: 0, allow: 0n, deny: view },
      { id: agents.id, type: 0, allow: view, deny: 0n },
    ]);
    expect(server.permissionsOf(rob, id)).toBe(0n);
    expect(has(server.permissionsOf(ada, id), "sendMessages")).toBe(true);
  });

  test("what one member is denied counts for more than what their role is allowed", () => {
    const { server, agents, ada, addChannel } = world();
    const { id } = addChannel([
      { id: agents.id, type: 0, allow: view, deny: 0n },
      { id: ada, type: 1, allow: 0n, deny: view },
    ]);
    expect(server.permissionsOf(ada, id)).toBe(0n);
  });

  test("administrators and the owner may do everything, whatever a channel says", () => {
    const { server, guild, ada, agents, addChannel } = world();
    const { id } = addChannel([{ id: guild.id, type: 0, allow: 0n, deny: view }]);
    agents.permissions = permissionsOfNames(["administrator"]);
    expect(has(server.permissionsOf(ada, id), "manageThreads")).toBe(true);
    expect(has(server.permissionsOf(guild.owner, id), "manageChannels")).toBe(true);
  });

  test("who may not send may not embed or attach either", () => {
    const { server, guild, rob, addChannel } = world();
    const { id } = addChannel([
      { id: guild.id, type: 0, allow: 0n, deny: permission.sendMessages },
    ]);
    const all = server.permissionsOf(rob, id);
    expect(has(all, "viewChannel")).toBe(true);
    expect([has(all, "embedLinks"), has(all, "attachFiles")]).toEqual([false, false]);
  });

  test("a private thread is there for its members and for who manages threads", () => {
    const { server, agents, rob, ada, addChannel } = world();
    const parent = addChannel();
    const given = { name: "T-1", type: channelType.privateThread, owner: server.application.id };
    const thread = startThread(server, parent, given);
    expect(server.permissionsOf(rob, thread.id)).toBe(0n);
    joinThread(server, thread, rob);
    expect(has(server.permissionsOf(rob, thread.id), "sendMessagesInThreads")).toBe(true);
    expect(server.permissionsOf(ada, thread.id)).toBe(0n);
    agents.permissions = permissionsOfNames(["manageThreads"]);
    expect(has(server.permissionsOf(ada, thread.id), "viewChannel")).toBe(true);
  });

  test("in a thread the channel's own rules hold, and sending has its own permission", () => {
    const { server, guild, rob, addChannel } = world();
    const parent = addChannel([
      { id: guild.id, type: 0, allow: 0n, deny: permission.sendMessages },
    ]);
    const given = { name: "T-1", type: channelType.publicThread, owner: server.application.id };
    const thread = startThread(server, parent, given);
    expect(has(server.permissionsOf(rob, thread.id), "attachFiles")).toBe(true);
  });

  test("direct messages are for the two in them", () => {
    const { server, rob, ada } = world();
    const { id } = server.directMessages(rob);
    expect(has(server.permissionsOf(rob, id), "sendMessages")).toBe(true);
    expect(has(server.permissionsOf(server.application.id, id), "attachFiles")).toBe(true);
    expect(server.permissionsOf(ada, id)).toBe(0n);
  });
});
