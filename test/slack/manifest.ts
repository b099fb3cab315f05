import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const path = new URL("../../manifest.yml", import.meta.url);

/** `manifest.yml`, as it is pasted into Slack. */
export const rawManifest: unknown = parse(readFileSync(path, "utf8"));

const shape = z.object({
  features: z.object({
    app_home: z.object({
      home_tab_enabled: z.boolean(),
      messages_tab_enabled: z.boolean(),
      messages_tab_read_only_enabled: z.boolean(),
    }),
    bot_user: z.object({ always_online: z.boolean() }),
    shortcuts: z.array(z.looseObject({ callback_id: z.string() })),
    slash_commands: z.array(z.looseObject({ command: z.string() })),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({
    event_subscriptions: z.object({ bot_events: z.array(z.string()) }),
    interactivity: z.object({ is_enabled: z.boolean() }),
    socket_mode_enabled: z.boolean(),
  }),
});

export const manifest = shape.parse(rawManifest);

const { app_home, shortcuts, slash_commands } = manifest.features;

/** The app that Slack makes of it. */
export const appOfManifest = {
  scopes: manifest.oauth_config.scopes.bot,
  events: manifest.settings.event_subscriptions.bot_events,
  commands: slash_commands.map(({ command }) => command),
  shortcuts: shortcuts.map(({ callback_id }) => callback_id),
  messagesTab: tabOf(app_home),
  homeTab: app_home.home_tab_enabled,
};

function tabOf({
  messages_tab_enabled,
  messages_tab_read_only_enabled,
}: typeof app_home): "on" | "read-only" | "off" {
  if (!messages_tab_enabled) return "off";
  return messages_tab_read_only_enabled ? "read-only" : "on";
}
