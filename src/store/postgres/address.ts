export interface PostgresAddress {
  /** `postgresql://user:password@host:port/name`; never shown to anyone. */
  url: string;
}

/** Host, port and name of the database, for people to read: without user and password. */
export function whereIs({ url }: PostgresAddress): string {
  const { host, pathname, searchParams } = new URL(url);
  return `${host || searchParams.get("host") || "on this machine"}${decodeURIComponent(pathname)}`;
}
