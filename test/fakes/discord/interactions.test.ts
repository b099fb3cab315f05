import {
  type APIModalInteractionResponseCallbackData,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  ButtonStyle,
  ChatInputCommandInteraction,
  type Client,
  ComponentType,
  GatewayDispatchEvents,
  type Interaction,
  type InteractionReplyOptions,
  MessageFlags,
  Routes,
} from "discord.js";
import { expect, onTestFinished, test } from "vitest";
import { startDiscord } from "./discord.ts";
import { readyBot } from "./tiny-bot.ts";

type Act = (interaction: Interaction) => unknown;

const quiet = { allowedMentions: { parse: [] } } as const;

const commands = [
  { name: "ticket", description: "Asks for help" },
  {
    name: "tickets",
    description: "Your tickets",
    options: [
      { name: "list", description: "All", type: ApplicationCommandOptionType.Subcommand },
      {
        name: "show",
        description: "One",
        type: ApplicationCommandOptionType.Subcommand,
        options: [
          {
            ...{ name: "ticket", description: "Which", autocomplete: true, required: true },
            type: ApplicationCommandOptionType.String,
          },
        ],
      },
    ],
  },
  { name: "Open a ticket", type: ApplicationCommandType.Message },
  { name: "panel", description: "For admins", default_member_permissions: 32, contexts: [0] },
];

/** A guild with a channel, rob and sue in it, and an app with some commands. */
async function guildAndApp() {
  const discord = await startDiscord();
  onTestFinished(async () => {
    expect(discord.violations).toEqual([]);
    expect(discord.unguarded).toEqual([]);
    await discord.stop();
  });
  const guild = discord.addGuild();
  const channel = discord.addChannel(guild, { name: "help" }).id;
  const rob = discord.person("200000000000000001", { name: "rob", globalName: "Rob" });
  const sue = discord.person("200000000000000002", { name: "sue" });
  const client = await readyBot(discord);
  await client.rest.put(Routes.applicationCommands(client.application.id), { body: commands });
  return { discord, guild, channel, rob, sue, client };
}

/** The app does this with the next interaction; what goes wrong is the answer's. */
function next(client: Client, act: Act): Promise<unknown> {
  return new Promise((resolve) => {
    client.once("interactionCreate", async (interaction) => {
      try {
        resolve(await act(interaction));
      } catch (error) {
        resolve(error);
      }
    });
  });
}

const reply = (given: InteractionReplyOptions) => (interaction: Interaction) =>
  interaction.isRepliable() ? interaction.reply({ ...quiet, ...given }) : undefined;

const inPrivate = MessageFlags.Ephemeral;

const ticketForm: APIModalInteractionResponseCallbackData = {
  custom_id: "form:1",
  title: "A ticket",
  components: [
    {
      type: ComponentType.Label,
      label: "Title",
      component: { type: ComponentType.TextInput, custom_id: "title", style: 1, max_length: 20 },
    },
    {
      type: ComponentType.Label,
      label: "Priority",
      component: {
        type: ComponentType.StringSelect,
        custom_id: "priority",
        options: [
          { label: "Low", value: "low" },
          { label: "Normal", value: "normal", default: true },
        ],
      },
    },
    {
      type: ComponentType.Label,
      label: "Files",
      component: {
        ...{ type: ComponentType.FileUpload, custom_id: "files" },
        ...{ required: false, min_values: 0, max_values: 2 },
      },
    },
  ],
};

const form: Act = (interaction) =>
  interaction.isCommand() || interaction.isMessageComponent()
    ? interaction.showModal(ticketForm)
    : undefined;

test("a command brings who used it, where, and what the app may do there", async () => {
  const { client, channel, guild, rob } = await guildAndApp();
  const got = next(client, async (interaction) => {
    await reply({ content: "hello" })(interaction);
    return interaction;
  });
  expect(await rob.types("/ticket", {}, { channel })).toEqual({
    kind: "answered",
    with: "message",
  });
  expect(await got).toMatchObject({
    ...{ commandName: "ticket", channelId: channel, guildId: guild.id, context: 0 },
    ...{ user: { id: rob.id }, locale: "en-US" },
  });
  expect(rob.reads(channel)).toMatchObject([{ from: "Deskhand", content: "hello", type: 20 }]);
});

test("an answer for one person is seen by no one else, and comes as if it were a direct message", async () => {
  const { discord, client, channel, rob, sue } = await guildAndApp();
  const heard: unknown[] = [];
  client.ws.on(GatewayDispatchEvents.MessageCreate, (data) => heard.push(data));
  void next(client, reply({ content: "psst", flags: inPrivate }));
  await rob.types("/ticket", {}, { channel });
  expect(rob.reads(channel)).toMatchObject([{ content: "psst", ephemeral: true }]);
  expect(sue.reads(channel)).toEqual([]);
  await discord.settled();
  expect(heard).toMatchObject([{ content: "psst", channel_id: channel, flags: 64 }]);
  expect(heard[0]).not.toHaveProperty("guild_id");
});

test("a form is opened, filled, submitted with files, and answered", async () => {
  const { client, channel, rob } = await guildAndApp();
  void next(client, form);
  await rob.types("/ticket", {}, { channel });
  expect(rob.modal?.fields.map(({ label, text, chosen }) => [label, text, chosen])).toEqual([
    ["Title", "", []],
    ["Priority", "", ["normal"]],
    ["Files", "", []],
  ]);
  await expect(rob.submits({})).rejects.toThrow("Title is required");
  await expect(rob.submits({ title: "x".repeat(21) })).rejects.toThrow("too long");
  const got = next(client, async (interaction) => {
    if (!interaction.isModalSubmit()) return;
    const { fields } = interaction;
    const [file] = [...(fields.getUploadedFiles("files")?.values() ?? [])];
    const text = await (await fetch(file?.url ?? "")).text();
    await interaction.reply({ ...quiet, content: "done", flags: inPrivate });
    const priority = fields.getStringSelectValues("priority");
    return { title: fields.getTextInputValue("title"), priority, name: file?.name, text };
  });
  const files = [{ name: "log.txt", content: "boom", contentType: "text/plain" }];
  expect(await rob.submits({ Title: "Printer", Priority: "Low", files })).toEqual({
    kind: "answered",
    with: "message",
  });
  expect(await got).toEqual({
    ...{ title: "Printer", priority: ["low"], name: "log.txt", text: "boom" },
  });
  expect(rob.modal).toBeUndefined();
  expect(rob.reads(channel)).toMatchObject([{ content: "done", ephemeral: true }]);
});

test("a second press that came too late brings the same form again", async () => {
  const { client, channel, rob } = await guildAndApp();
  void next(client, form);
  await rob.types("/ticket", {}, { channel });
  const pressed = rob.holdsModal();
  const ids: string[] = [];
  client.on("interactionCreate", async (interaction) => {
    if (!interaction.isModalSubmit()) return;
    ids.push(interaction.id);
    await interaction.reply({ ...quiet, content: interaction.customId, flags: inPrivate });
  });
  await rob.submits({ title: "Printer" });
  await rob.submitsAgain(pressed);
  expect(new Set(ids).size).toBe(2);
  expect(rob.reads(channel).map(({ content }) => content)).toEqual(["form:1", "form:1"]);
  expect(() => rob.closes()).toThrow("no modal open");
});

test("an answer can be told with what became of it, read again and taken back", async () => {
  const { client, channel, rob } = await guildAndApp();
  const got = next(client, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    const given = { ...quiet, content: "psst", flags: inPrivate } as const;
    const { resource } = await interaction.reply({ ...given, withResponse: true });
    const read = await interaction.fetchReply();
    await interaction.deleteReply();
    const gone = await interaction.fetchReply().catch((error: unknown) => error);
    return { told: resource?.message?.content, read: read.content, gone };
  });
  await rob.types("/ticket", {}, { channel });
  expect(await got).toMatchObject({ told: "psst", read: "psst", gone: { code: 10_008 } });
  expect(rob.reads(channel)).toEqual([]);
});

test("a form that no one answers stays open, and can be submitted again", async () => {
  const { discord, client, channel, rob } = await guildAndApp();
  void next(client, form);
  await rob.types("/ticket", {}, { channel });
  const late = next(client, () => undefined);
  const submitting = rob.submits({ title: "Printer" });
  await late;
  discord.clock.advance(3_000);
  expect(await submitting).toMatchObject({ kind: "failed" });
  expect(rob.notices).toEqual(["Something went wrong. Try again."]);
  void next(client, reply({ content: "at last" }));
  await rob.submits();
  expect(rob.modal).toBeUndefined();
});

test("what comes after three seconds is refused, and so is a second answer", async () => {
  const { discord, client, channel, rob } = await guildAndApp();
  const late = next(client, async (interaction) => {
    discord.clock.advance(3_000);
    await reply({ content: "late" })(interaction);
  });
  expect(await rob.types("/ticket", {}, { channel })).toMatchObject({ kind: "failed" });
  expect(await late).toMatchObject({ code: 10_062, status: 404 });
  expect(rob.notices).toEqual(["The application did not respond"]);
  const twice = next(client, async (interaction) => {
    if (!interaction.isRepliable()) return;
    await interaction.reply({ ...quiet, content: "once" });
    const callback = `/interactions/${interaction.id}/${interaction.token}/callback` as const;
    await client.rest.post(callback, { body: { type: 6 }, auth: false });
  });
  await rob.types("/ticket", {}, { channel });
  expect(await twice).toMatchObject({ code: 40_060, status: 400 });
});

test("after a deferral the answer is put in its place, for fifteen minutes", async () => {
  const { discord, client, channel, rob, sue } = await guildAndApp();
  const deferred = next(client, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply({ flags: inPrivate });
    return interaction;
  });
  expect(await rob.types("/ticket", {}, { channel })).toMatchObject({ with: "thinking" });
  expect(rob.reads(channel)).toMatchObject([{ thinking: true, ephemeral: true }]);
  const interaction = await deferred;
  if (!(interaction instanceof ChatInputCommandInteraction)) throw new Error("no interaction");
  await interaction.editReply({ ...quiet, content: "there" });
  expect(rob.reads(channel)).toMatchObject([
    { thinking: false, content: "there", ephemeral: true, edited: false },
  ]);
  await interaction.followUp({ ...quiet, content: "and for all" });
  expect(sue.reads(channel)).toMatchObject([{ content: "and for all" }]);
  discord.clock.advance(15 * 60_000);
  const late = interaction.editReply({ ...quiet, content: "too late" });
  await expect(late).rejects.toThrow("Invalid Webhook Token");
});

test("a form cannot follow a deferral, nor a form", async () => {
  const { discord, client, channel, rob } = await guildAndApp();
  const tried = next(client, async (interaction) => {
    if (!interaction.isChatInputCommand()) return;
    await interaction.deferReply();
    interaction.deferred = false;
    await interaction.showModal(ticketForm);
  });
  await rob.types("/ticket", {}, { channel });
  expect(await tried).toMatchObject({ code: 40_060 });
  void next(client, form);
  await rob.types("/ticket", {}, { channel });
  const again = next(client, async (interaction) => {
    const callback = `/interactions/${interaction.id}/${interaction.token}/callback` as const;
    const data = { custom_id: "form:2", title: "Again", components: labels };
    await client.rest.post(callback, { body: { type: 9, data }, auth: false });
  });
  const submitting = rob.submits({ title: "Printer" });
  expect(await again).toMatchObject({ code: 50_035 });
  discord.clock.advance(3_000);
  await submitting;
});

const labels = [{ type: 18, label: "Title", component: { type: 4, custom_id: "title", style: 1 } }];

test("a button is clicked: the message changes, or nothing is seen of it", async () => {
  const { client, channel, rob } = await guildAndApp();
  void next(
    client,
    reply({
      content: "a card",
      components: [
        {
          type: ComponentType.ActionRow,
          components: [
            {
              type: ComponentType.Button,
              style: ButtonStyle.Primary,
              label: "Claim",
              customId: "claim:1",
            },
          ],
        },
        {
          type: ComponentType.ActionRow,
          components: [
            {
              type: ComponentType.StringSelect,
              customId: "status:1",
              options: [
                { label: "Open", value: "open" },
                { label: "Waiting", value: "waiting" },
              ],
            },
          ],
        },
      ],
    }),
  );
  await rob.types("/ticket", {}, { channel });
  const [card] = rob.reads(channel);
  if (!card) throw new Error("no card");
  expect(card).toMatchObject({ buttons: ["claim:1"], selects: ["status:1"] });
  expect(card.words).toBe("a card\nClaim");
  void next(client, (interaction) =>
    interaction.isButton() ? interaction.update({ ...quiet, content: "claimed" }) : undefined,
  );
  expect(await rob.clicks(card, "Claim")).toMatchObject({ with: "update" });
  expect(rob.reads(channel)).toMatchObject([{ id: card.id, content: "claimed" }]);
  const chosen = next(client, async (interaction) => {
    if (!interaction.isStringSelectMenu()) return;
    await interaction.deferUpdate();
    return [interaction.values, interaction.message.id];
  });
  expect(await rob.chooses(card, "status", "Waiting")).toMatchObject({ with: "deferred update" });
  expect(await chosen).toEqual([["waiting"], card.id]);
  void next(client, reply({ content: "no", flags: inPrivate }));
  await rob.clicks(card, "claim");
  expect(rob.reads(channel).at(-1)).toMatchObject({ content: "no", replyTo: card.id });
});

test("a click on what only one person sees, and a form opened from it", async () => {
  const { client, channel, rob } = await guildAndApp();
  const button = {
    ...{ type: ComponentType.Button, style: ButtonStyle.Primary, label: "Open the form again" },
    customId: "again",
  } as const;
  const row = { type: ComponentType.ActionRow, components: [button] } as const;
  void next(client, reply({ content: "wrong", flags: inPrivate, components: [row] }));
  await rob.types("/ticket", {}, { channel });
  const [whispered] = rob.reads(channel);
  if (!whispered) throw new Error("nothing was said");
  void next(client, form);
  expect(await rob.clicks(whispered, "again")).toMatchObject({ with: "modal" });
  void next(client, (interaction) =>
    interaction.isModalSubmit() && interaction.isFromMessage()
      ? interaction.update({ ...quiet, content: "all is well", components: [] })
      : undefined,
  );
  expect(await rob.submits({ title: "Printer" })).toMatchObject({ with: "update" });
  expect(rob.reads(channel)).toMatchObject([{ content: "all is well", buttons: [] }]);
});

test("choices are offered while an option is typed", async () => {
  const { client, rob } = await guildAndApp();
  const got = next(client, async (interaction) => {
    if (!interaction.isAutocomplete()) return;
    await interaction.respond([{ name: "T-4: printer", value: "T-4" }]);
    return interaction.options.getFocused(true);
  });
  const choices = await rob.autocompletes("/tickets show", { ticket: "T-" });
  expect(choices).toEqual([{ name: "T-4: printer", value: "T-4" }]);
  expect(await got).toMatchObject({ name: "ticket", value: "T-", focused: true });
  const shown = next(client, async (interaction) => {
    await reply({ content: "here", flags: inPrivate })(interaction);
    if (!interaction.isChatInputCommand()) return;
    return [interaction.options.getSubcommand(), interaction.options.getString("ticket")];
  });
  await rob.types("/tickets show", { ticket: "T-4" });
  expect(await shown).toEqual(["show", "T-4"]);
});

test("a command in a message's menu brings the message, whatever the intents", async () => {
  const { client, channel, rob, sue } = await guildAndApp();
  const message = sue.writes(channel, "it burns");
  const got = next(client, async (interaction) => {
    await reply({ content: "thanks" })(interaction);
    return interaction.isMessageContextMenuCommand() && interaction.targetMessage.content;
  });
  await rob.usesOnMessage("Open a ticket", message);
  expect(await got).toBe("it burns");
});

test("only what is offered can be used", async () => {
  const { discord, guild, channel, rob } = await guildAndApp();
  const inChannel = { channel };
  await expect(rob.types("/nothing")).rejects.toThrow("there is no command nothing");
  await expect(rob.types("/tickets")).rejects.toThrow("cannot be used alone");
  await expect(rob.types("/tickets show")).rejects.toThrow("ticket is required");
  await expect(rob.types("/ticket", { title: "x" })).rejects.toThrow("no option title");
  await expect(rob.types("/panel", {}, inChannel)).rejects.toThrow("may not use panel");
  await expect(rob.types("/panel")).rejects.toThrow("not offered");
  const role = discord.addRole(guild, { name: "admins", permissions: ["manageGuild"] });
  discord.givesRole(guild, rob.id, role.id);
  void rob.types("/panel", {}, inChannel);
  discord.removesPermissions(channel, ["useApplicationCommands"], guild.id);
  await expect(rob.types("/ticket", {}, inChannel)).rejects.toThrow("may not use commands");
});

test("the same interaction can come twice; its second answer is refused", async () => {
  const { discord, client, channel, rob } = await guildAndApp();
  const outcomes: unknown[] = [];
  client.on("interactionCreate", async (interaction) => {
    outcomes.push(
      await Promise.resolve(reply({ content: "hello" })(interaction)).then(
        () => "answered",
        (error: unknown) => error,
      ),
    );
  });
  discord.gateway.repeatsDispatches(1, "INTERACTION_CREATE");
  await rob.types("/ticket", {}, { channel });
  await discord.until(() => outcomes.length === 2);
  expect(outcomes).toMatchObject(["answered", { code: 40_060 }]);
  expect(rob.reads(channel)).toHaveLength(1);
});
