/**
 * Whether files may be sent to, and the token be shown at, this address: Slack's own hosts over https,
 * and the origin of the Web API that is configured.
 */
export function isSlacksOwn(address: string, apiUrl: string | undefined): boolean {
  if (!URL.canParse(address)) return false;
  const { origin, protocol, hostname, username, password } = new URL(address);
  if (username !== "" || password !== "") return false;
  if (apiUrl !== undefined && origin === new URL(apiUrl).origin) return true;
  return protocol === "https:" && (hostname === "slack.com" || hostname.endsWith(".slack.com"));
}
