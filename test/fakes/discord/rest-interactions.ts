import { refused } from "./errors.ts";
import type { Ask, Routes } from "./rest-route.ts";
import type { InteractionDesk } from "./server.ts";

/**
 * https://docs.discord.com/developers/interactions/receiving-and-responding#endpoints: these need no
 * bot token, for the one in their path says who asks.
 */
export const interactionRoutes: Routes = {
  "POST /interactions/:id/:token/callback": (ask) => {
    const [id = "", token = ""] = ask.params;
    const withResponse = ask.query.get("with_response") === "true";
    return deskOf(ask).answer(id, token, { ...given(ask), withResponse });
  },
  "POST /webhooks/:id/:token": (ask) => deskOf(ask).followUp(tokenOf(ask), given(ask)),
  "GET /webhooks/:id/:token/messages/@original": (ask) =>
    deskOf(ask).original(tokenOf(ask), "@original"),
  "GET /webhooks/:id/:token/messages/:id": (ask) =>
    deskOf(ask).original(tokenOf(ask), message(ask)),
  "PATCH /webhooks/:id/:token/messages/@original": (ask) =>
    deskOf(ask).editOriginal(tokenOf(ask), "@original", given(ask)),
  "PATCH /webhooks/:id/:token/messages/:id": (ask) =>
    deskOf(ask).editOriginal(tokenOf(ask), message(ask), given(ask)),
  "DELETE /webhooks/:id/:token/messages/@original": (ask) =>
    deskOf(ask).deleteOriginal(tokenOf(ask), "@original"),
  "DELETE /webhooks/:id/:token/messages/:id": (ask) =>
    deskOf(ask).deleteOriginal(tokenOf(ask), message(ask)),
};

const given = ({ body, files }: Ask) => ({ body, files });
const message = ({ params }: Ask) => params[2] ?? "";

function deskOf({ server }: Ask): InteractionDesk {
  if (!server.interactions) throw refused(10062);
  return server.interactions;
}

function tokenOf({ server, params: [application, token = ""] }: Ask): string {
  if (application !== server.application.id) throw refused(10015);
  return token;
}
