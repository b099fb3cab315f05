import { ticketApiContract } from "../contracts/ticket-api.ts";
import { startTicketApi } from "../fakes/ticket-api.ts";

for (const replies of ["put-threads", "post-thread", "off"] as const)
  ticketApiContract(
    `the stand-in, replies ${replies}`,
    async () => ({ ...(await startTicketApi()), replies }),
    ["newest-first"],
  );

ticketApiContract("the stand-in, below a path and with a slash at the end", async () => {
  const { url, ...rest } = await startTicketApi({ prefix: "/support" });
  return { ...rest, url: `${url}/`, replies: "put-threads" };
}, ["newest-first"]);
