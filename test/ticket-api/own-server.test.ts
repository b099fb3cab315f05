import { ticketApiContract } from "../contracts/ticket-api.ts";
import { startApi, tokens } from "../http/api.ts";

ticketApiContract("our own server", async () => {
  const { url } = await startApi();
  const [client, , agent] = tokens;
  const nothingMore = async () => undefined;
  return {
    url,
    clientToken: client.token,
    agentToken: agent.token,
    replies: "post-thread",
    stop: nothingMore,
  };
}, [
  "idempotency-key",
  "status-machine",
  "client-visibility",
  "counts-before-filter",
  "more-filters",
  "newest-first",
]);
