/** Where Discord keeps files. https://docs.discord.com/developers/reference#signed-attachment-cdn-urls */
const hosts: ReadonlySet<string> = new Set(["cdn.discordapp.com", "media.discordapp.net"]);

/**
 * Whether a file may be fetched from this address: of Discord's own hosts over https, and of the
 * origin of the API that is configured.
 */
export function isDiscordsOwn(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { origin, protocol, hostname, port, username, password } = new URL(address);
  if (username !== "" || password !== "") return false;
  if (apiUrl !== undefined && origin === new URL(apiUrl).origin) return true;
  return protocol === "https:" && port === "" && hosts.has(hostname);
}
